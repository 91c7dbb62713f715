//! Finding elements as assistive technology does: by role and accessible name.

use crate::driver::{Driver, Element};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// The one element with the role whose accessible name is `name`, or else the one whose name contains it.
///
/// # Errors
/// When there is none, or more than one.
pub fn find(driver: &Driver, role: &str, name: &str) -> Result<Element> {
    let tree = driver.devtools("Accessibility.getFullAXTree", &json!({}))?;
    let nodes = tree["nodes"]
        .as_array()
        .context("the browser gave no accessibility tree")?;
    let of_role: Vec<&Value> = nodes
        .iter()
        .filter(|node| node["ignored"] != true && node["role"]["value"] == role)
        .collect();
    let named = |matches: &dyn Fn(&str) -> bool| -> Vec<&Value> {
        let is_match = |node: &&&Value| node["name"]["value"].as_str().is_some_and(matches);
        of_role.iter().filter(is_match).copied().collect()
    };
    let mut found = named(&|candidate| candidate == name);
    if found.is_empty() {
        found = named(&|candidate| candidate.contains(name));
    }
    match found[..] {
        [node] => element_of(driver, node),
        [] => bail!(
            "there is no {role} named {name:?}, only {}",
            names(&of_role)
        ),
        _ => bail!(
            "{} elements are a {role} named {name:?}: {}",
            found.len(),
            names(&found)
        ),
    }
}

fn names(nodes: &[&Value]) -> String {
    let names: Vec<&str> = nodes
        .iter()
        .filter_map(|node| node["name"]["value"].as_str())
        .collect();
    format!("{names:?}")
}

/// The developer protocol and WebDriver number elements differently: a mark on the element leads from one to the other.
fn element_of(driver: &Driver, node: &Value) -> Result<Element> {
    let object = driver.devtools(
        "DOM.resolveNode",
        &json!({ "backendNodeId": node["backendDOMNodeId"] }),
    )?;
    let call = |code: &str| {
        let parameters =
            json!({ "objectId": object["object"]["objectId"], "functionDeclaration": code });
        driver.devtools("Runtime.callFunctionOn", &parameters)
    };
    call("function () { this.setAttribute('data-found-by-test', '') }")?;
    let element = driver.find("[data-found-by-test]");
    call("function () { this.removeAttribute('data-found-by-test') }")?;
    element
}
