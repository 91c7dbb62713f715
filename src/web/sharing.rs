//! The page's side of links and project files: written from what the engine says, read into what it takes over.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::{into_js, to_js};
use super::values::from_js;
use crate::experiment::{Experiment, Unchecked, link, project};

/// The fragment of a link to an experiment, as the engine gave it.
///
/// # Errors
/// A thrown problem where the experiment is not valid, or too long for a link.
#[wasm_bindgen(js_name = writeLink)]
pub fn write_link(experiment: JsValue) -> Result<String, JsValue> {
    link::write(&checked(experiment)?).map_err(into_js)
}

/// The text of the project file of an experiment, as the engine gave it.
///
/// # Errors
/// A thrown problem where the experiment is not valid.
#[wasm_bindgen(js_name = writeProject)]
pub fn write_project(experiment: JsValue) -> Result<String, JsValue> {
    project::write(&checked(experiment)?).map_err(into_js)
}

/// Reads a link (a whole address, or its fragment) into its experiment.
///
/// # Errors
/// A thrown problem that says what is wrong with the link.
#[wasm_bindgen(js_name = readLink)]
pub fn read_link(text: &str) -> Result<JsValue, JsValue> {
    link::read(text)
        .map(|experiment| to_js(&experiment))
        .map_err(into_js)
}

/// Reads the text of a project file into its experiment.
///
/// # Errors
/// A thrown problem that says what is wrong with the file.
#[wasm_bindgen(js_name = readProject)]
pub fn read_project(text: &str) -> Result<JsValue, JsValue> {
    project::read(text)
        .map(|experiment| to_js(&experiment))
        .map_err(into_js)
}

/// The bytes of the largest project file.
#[wasm_bindgen(js_name = largestProject)]
#[must_use]
pub fn largest_project() -> usize {
    project::LARGEST
}

/// The bytes of a log that travels inside a link or project file.
///
/// # Errors
/// A thrown problem where the data is damaged or too large.
#[wasm_bindgen(js_name = inlineLog)]
pub fn inline_log(data: &str) -> Result<Vec<u8>, JsValue> {
    link::unpack(data, project::LARGEST as u64).map_err(into_js)
}

fn checked(experiment: JsValue) -> Result<Experiment, JsValue> {
    let unchecked: Unchecked = from_js(experiment)?;
    unchecked.check().map_err(into_js)
}
