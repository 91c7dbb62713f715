//! The single place where a [`Problem`] becomes a JavaScript value.

use js_sys::{Error, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::problem::Problem;

/// An `Error` to be thrown: `message` in English, and the fields `code`, `what`, `place` and `mend` of the problem.
#[allow(clippy::needless_pass_by_value)] // stands in `map_err`
pub fn into_js(problem: Problem) -> JsValue {
    let error = Error::new(&problem.to_string());
    error.set_name("Problem");
    let set = |key: &str, value: &JsValue| {
        // Setting a field of an ordinary object that was just made can't fail.
        let _ = Reflect::set(&error, &key.into(), value);
    };
    set("code", &JsValue::from_str(&problem.code));
    set("what", &to_js(&problem.what));
    set("mend", &to_js(&problem.mend));
    set("place", &to_js(&problem.place));
    error.into()
}

/// A plain JavaScript value: maps as objects, nothing as null.
pub fn to_js(value: &impl Serialize) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).unwrap_or(JsValue::NULL)
}
