//! JavaScript values read into Rust.

use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use super::error::into_js;
use crate::problem::{Problem, Text};

/// Reads a JavaScript value.
///
/// # Errors
/// A thrown problem that says which part has the wrong form.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        into_js(Problem::new(
            "page.message",
            Text::new(
                format!("The page and the engine misunderstood each other: {error}."),
                format!("页面与引擎之间的消息有误：{error}。"),
            ),
            Text::new(
                "Reload the page: its parts may be of different versions.",
                "请重新加载页面：它的各部分可能版本不一致。",
            ),
        ))
    })
}
