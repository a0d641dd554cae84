//! A text that editors run: the REST Client of VS Code, and others that read its format.

use std::fmt::Write;

use serde_json::Value;

use super::{Kept, Request, VARIABLES, base, chapters};

/// The text of a description.
pub(crate) fn http_file(spec: &Value) -> String {
    let mut text = format!("# {}\n\n@base_url = {}\n", spec["info"]["title"].as_str().unwrap_or_default(), base(spec));
    for (name, value) in VARIABLES {
        text.push_str(format!("@{name} = {value}").trim_end());
        text.push('\n');
    }
    text.push_str("\n# From the answers to these requests, once they were sent.\n");
    for Kept { name, from } in super::KEPT {
        let _ = writeln!(text, "@{name} = {{{{{from}.response.body.$.{name}}}}}");
    }
    for chapter in chapters(spec) {
        for one in &chapter.requests {
            request(&mut text, chapter.name, one);
        }
    }
    text
}

/// A line that begins with `###` ends the request before it.
fn request(text: &mut String, chapter: &str, request: &Request<'_>) {
    let Request { id, title, method, path, headers, body, .. } = request;
    let _ = write!(text, "\n### {chapter}: {title}\n# @name {id}\n{method} {{{{base_url}}}}{path}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    if let Some(body) = body {
        let _ = write!(text, "Content-Type: application/json\n\n{body:#}\n");
    }
}
