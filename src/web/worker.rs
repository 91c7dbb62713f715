//! The worker's side: one laboratory, driven by requests, bytes and slices of work.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::decoders;
use super::error::{into_js, to_js};
use super::values::from_js;
use crate::experiment::Unchecked;
use crate::lab::Lab;

/// The laboratory of one worker.
#[wasm_bindgen]
pub struct Engine(Lab);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

#[wasm_bindgen]
impl Engine {
    /// An empty laboratory with default settings.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "JavaScript knows constructors only"
    )]
    pub fn new() -> Self {
        Self(Lab::with_clock(now))
    }

    /// Takes over the settings of an experiment, as the page's module read it.
    ///
    /// # Errors
    /// A thrown problem where the experiment is not valid.
    pub fn open(&mut self, experiment: JsValue) -> Result<(), JsValue> {
        let unchecked: Unchecked = from_js(experiment)?;
        self.0.open(unchecked.check().map_err(into_js)?);
        Ok(())
    }

    /// Reads later logs with decoders of the second module: `{decoder(label), unpacker()}`.
    #[wasm_bindgen(js_name = useDecoders)]
    pub fn use_decoders(&mut self, maker: decoders::Maker) {
        self.0.use_decoders(decoders::loaded(maker));
    }

    /// Carries out a request and answers with responses.
    ///
    /// # Errors
    /// A thrown problem where the request has the wrong form.
    pub fn request(&mut self, request: &JsValue) -> Result<JsValue, JsValue> {
        Ok(to_js(&self.0.request(from_js(by_type(request))?)))
    }

    /// The next bytes of the log being imported.
    pub fn push(&mut self, bytes: &[u8]) -> JsValue {
        to_js(&self.0.push(bytes))
    }

    /// Does about `work` elementary operations of what is under way.
    pub fn advance(&mut self, work: f64) -> JsValue {
        to_js(&self.0.advance(work as u64))
    }

    /// Whether `advance` has anything to do.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn busy(&self) -> bool {
        self.0.busy()
    }
}

#[cfg(feature = "whole")]
#[wasm_bindgen]
impl Engine {
    /// Has a network with the weights of a safetensors file recommend; answers with responses.
    #[wasm_bindgen(js_name = takeWeights)]
    pub fn take_weights(&mut self, model: &str, bytes: &[u8]) -> JsValue {
        to_js(&self.0.take_weights(model, bytes))
    }

    /// The weights of the network that recommends, as the bytes of a safetensors file.
    ///
    /// # Errors
    /// A thrown problem where no network recommends.
    pub fn weights(&self) -> Result<Vec<u8>, JsValue> {
        self.0.weights().map_err(into_js)
    }
}

/// `{type, ...}` as `{type: {type, ...}}`, or as the type's name alone where there is nothing else. A `request` inside is
/// one to a part of the laboratory: `{type, request: {...}}` as `{type: {...}}`.
fn by_type(request: &JsValue) -> JsValue {
    let field = |name: &str| Reflect::get(request, &name.into()).unwrap_or_default();
    let kind = field("type");
    match request.dyn_ref::<Object>() {
        Some(fields) if Object::keys(fields).length() > 1 => {
            let outer = Object::new();
            let inner = field("request");
            let content = if inner.is_object() {
                by_type(&inner)
            } else {
                request.clone()
            };
            // Setting a field of an ordinary object that was just made can't fail.
            let _ = Reflect::set(&outer, &kind, &content);
            outer.into()
        }
        _ => kind,
    }
}

/// The generated shop's log, as pieces of a CSV file.
#[wasm_bindgen]
pub struct ShopCsv(Box<dyn Iterator<Item = Vec<u8>>>);

#[wasm_bindgen]
impl ShopCsv {
    /// The shop that these settings (values of the parameter table by key) describe.
    ///
    /// # Errors
    /// A thrown problem where a setting is out of range.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: JsValue) -> Result<Self, JsValue> {
        let settings = super::catalog::settings(settings)?;
        let rows = crate::lab::generator(&settings).map_err(into_js)?;
        Ok(Self(Box::new(rows)))
    }

    /// The next piece; nothing after the last.
    #[allow(
        clippy::should_implement_trait,
        reason = "named as JavaScript's iterators are"
    )]
    pub fn next(&mut self) -> Option<Vec<u8>> {
        self.0.next()
    }
}
