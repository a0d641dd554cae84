//! Requests of people for unknown paths: most often a mail program cut off part of a link or added to it.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::{Reader, show};
use crate::Auth;
use crate::templates::pages::NotFound;

/// Characters after a link in a mail that may be taken for part of it, as browsers send them.
const BESIDE: [&str; 14] =
    ["%20", "%22", "%3C", "%3E", "%5D", "%7D", "%C2%A0", "%E2%80%8B", ")", ".", ",", ";", "'", "!"];

/// Redirects a person below the prefix of the API to the path without the extra characters, or shows a page.
pub(crate) fn lost(auth: &Auth, reader: Reader, method: &Method, uri: &Uri) -> Option<Response> {
    let path = without_what_is_beside(uri.path());
    let is_ours = path.starts_with(&format!("{}/", auth.settings().http.prefix));
    // Browsers read a backslash as a slash, and two of them as the start of another host.
    if !is_ours || path.contains('\\') || *method != Method::GET || reader == Reader::Program {
        return None;
    }
    if path == uri.path() {
        return show(auth, StatusCode::NOT_FOUND, &NotFound {}).ok();
    }
    Some((StatusCode::FOUND, [(header::LOCATION, auth.settings().http.outer_path(&path))]).into_response())
}

/// The result begins with exactly one slash: it is a path of this server, never another host.
fn without_what_is_beside(path: &str) -> String {
    let mut rest = path.trim_start_matches('/');
    loop {
        let shorter = rest.trim_end_matches('/');
        let Some(beside) = BESIDE.iter().find(|beside| has_end(shorter, beside)) else { break };
        rest = &shorter[..shorter.len() - beside.len()];
    }
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return "/".to_owned();
    }
    let slash = if path.ends_with('/') || rest.len() < path.trim_start_matches('/').len() { "/" } else { "" };
    format!("/{}{slash}", parts.join("/"))
}

fn has_end(text: &str, end: &str) -> bool {
    text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::without_what_is_beside as path;

    #[test]
    fn what_a_mail_program_added_is_left_out() {
        for mangled in [
            "/api/key/)",
            "//api/key/",
            "/api//key/",
            "/api/key/%20",
            "/api/key/%3e.",
            "///api/key/).",
            "/api/key/%E2%80%8b",
        ] {
            assert_eq!(path(mangled), "/api/key/", "{mangled}");
        }
        assert_eq!(path("/api/key"), "/api/key");
        assert_eq!(path("//evil.example/"), "/evil.example/", "never another host");
        assert_eq!(path("/)"), "/");
    }
}
