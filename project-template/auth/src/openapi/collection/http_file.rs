//! The collection as a text for httpYac, its editor extensions and its command line.

use std::fmt::Write;

use serde_json::Value;

use super::{BY_HAND, KEPT, Request, VARIABLES, base, chapters, quoted};

/// With an empty value, httpYac would read the next line as the value.
const NONE: &str = "none";

pub(crate) fn http_file(spec: &Value) -> String {
    let title = spec["info"]["title"].as_str().unwrap_or_default();
    let mut text = format!("# {title}\n# For httpYac: https://httpyac.github.io\n\n@base_url = {}\n", base(spec));
    let empty = BY_HAND.into_iter().chain(KEPT).map(|name| (name, NONE));
    for (name, value) in VARIABLES.into_iter().chain(empty) {
        let _ = writeln!(text, "@{name} = {value}");
    }
    let _ = write!(
        text,
        "\n{{{{+after\n  // What an answer gives is kept for the next requests.\n  \
         const body = response.parsedBody || {{}};\n  \
         for (const name of [{}]) if (body[name]) exports[name] = body[name];\n}}}}\n",
        quoted(&KEPT)
    );
    for chapter in chapters(spec) {
        for one in &chapter.requests {
            request(&mut text, chapter.name, one);
        }
    }
    text
}

/// A line that begins with `###` ends the previous request.
fn request(text: &mut String, chapter: &str, request: &Request<'_>) {
    let Request { id, title, method, path, headers, body, needs, changes_password, fine, .. } = request;
    let _ = write!(text, "\n### {chapter}: {title}\n# @name {id}\n");
    if let Some(name) = needs {
        let _ = writeln!(text, "# @disabled {name} === \"{NONE}\"");
    }
    let _ = writeln!(text, "{method} {{{{base_url}}}}{path}");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    if let Some(body) = body {
        let _ = write!(text, "Content-Type: application/json\n\n{body:#}\n");
    }
    let _ = write!(
        text,
        "\n{{{{\n  test(\"{id} succeeds\", () => {{\n    if (!{fine:?}.includes(response.statusCode)) throw new Error(`${{response.statusCode}}`);\n  }});\n"
    );
    if *changes_password {
        text.push_str(
            "  if (response.statusCode < 300) [exports.password, exports.new_password] = [new_password, password];\n",
        );
    }
    text.push_str("}}\n");
}
