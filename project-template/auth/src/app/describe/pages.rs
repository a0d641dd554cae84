//! Operations that a browser also reaches, by the link in a mail or the form of a page.

use serde_json::{Value, json};

use super::members;

/// Marks a handler that answers `Accept: text/html` with pages.
const MARK: &str = "x-pages";
/// Statuses of refusals before the handler, which are always JSON.
const EARLY: [&str; 3] = ["408", "413", "415"];

pub(super) fn complete(operation: &mut Value) {
    let mark = operation.as_object_mut().and_then(|operation| operation.remove(MARK));
    if mark.is_none() {
        return;
    }
    for (_, response) in members(&mut operation["responses"]).filter(|(status, _)| !EARLY.contains(&status.as_str())) {
        if response["content"].is_object() {
            response["content"]["text/html"] = json!({ "schema": { "type": "string" } });
        }
    }
}
