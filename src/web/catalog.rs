//! What the page needs to know before anything is asked: parameters and problems.

use std::collections::BTreeMap;

use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::{into_js, to_js};
use super::values::from_js;
use crate::experiment::VERSION;
use crate::experiment::parameters::{Parameter, Settings, Value, parameter, parameters};
use crate::lab::problems::{ProblemInfo, problems};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Catalog {
    version: &'static str,
    parameters: Vec<&'static Parameter>,
    problems: Vec<ProblemInfo>,
}

/// The version, the parameter table and the decision problems.
#[wasm_bindgen]
#[must_use]
pub fn catalog() -> JsValue {
    to_js(&Catalog {
        version: VERSION,
        parameters: parameters().collect(),
        problems: problems(),
    })
}

/// Why this value can't be taken for this parameter; `null` if it can.
///
/// # Errors
/// A thrown problem where the value is neither number, text nor truth value.
#[wasm_bindgen(js_name = checkParameter)]
pub fn check_parameter(key: &str, value: JsValue) -> Result<JsValue, JsValue> {
    let value: Value = from_js(value)?;
    match parameter(key).and_then(|parameter| parameter.check(&value)) {
        Ok(()) => Ok(JsValue::NULL),
        Err(problem) => Ok(to_js(&problem)),
    }
}

/// A seed that nobody chose.
///
/// # Errors
/// A thrown problem where the browser has no source of randomness.
#[wasm_bindgen(js_name = newSeed)]
pub fn new_seed() -> Result<u32, JsValue> {
    getrandom::u32().map_err(|error| JsValue::from_str(&error.to_string()))
}

/// Checked settings from values by key.
///
/// # Errors
/// A thrown problem for an unknown key or a value out of range.
pub(super) fn settings(values: JsValue) -> Result<Settings, JsValue> {
    let values: BTreeMap<String, Value> = from_js(values)?;
    Settings::from_values(&values).map_err(into_js)
}
