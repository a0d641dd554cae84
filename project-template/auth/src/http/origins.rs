//! Origins for `http.cors_origins` besides those of websites: apps, and patterns of hosts.

use axum::http::{HeaderValue, Uri};

const NO_APPS: [&str; 12] =
    ["http", "https", "ws", "wss", "ftp", "file", "data", "blob", "about", "javascript", "vbscript", "filesystem"];

/// The origin of an app as its web view sends it (`capacitor://localhost`, `tauri://localhost`,
/// `chrome-extension://…`), or the address that opens the app (`myapp://…`).
pub(crate) fn app_origin(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?.as_str();
    let is_app = !NO_APPS.contains(&scheme.as_str()) && !authority.is_empty() && !authority.contains('@');
    is_app.then(|| format!("{scheme}://{}", authority.to_ascii_lowercase()))
}

/// `https://*.preview.example.com`, where `*` stands for one label. At least two labels must follow, so that a pattern
/// cannot cover a whole top-level domain.
pub(super) fn origin_pattern(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix("https://*.")?;
    let uri: Uri = format!("https://{rest}").parse().ok()?;
    let is_domain = rest.contains('.') && !rest.contains('*') && uri.authority()?.as_str() == rest;
    let origin = super::origin_of(&uri).filter(|_| is_domain)?;
    Some(origin.replacen("https://", "https://*.", 1))
}

pub(crate) fn is_allowed(allowed: &[HeaderValue], origin: &HeaderValue) -> bool {
    allowed.contains(origin) || allowed.iter().any(|pattern| fits(pattern, origin).unwrap_or_default())
}

fn fits(pattern: &HeaderValue, origin: &HeaderValue) -> Option<bool> {
    let rest = pattern.to_str().ok()?.strip_prefix("https://*")?;
    let name = origin.to_str().ok()?.strip_prefix("https://")?.strip_suffix(rest)?;
    Some(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

pub(super) fn parse_origin(text: &str) -> Option<HeaderValue> {
    let uri: Uri = text.parse().ok()?;
    let is_origin = text.split_once("://")?.1 == uri.authority()?.as_str() && !text.contains('*');
    let origin = super::origin_of(&uri).or_else(|| app_origin(&uri)).filter(|_| is_origin);
    HeaderValue::from_str(&origin.or_else(|| origin_pattern(text))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_have_origins_and_pages_without_one_have_none() {
        let origin = |text: &str| app_origin(&text.parse().unwrap());
        assert_eq!(origin("capacitor://localhost").as_deref(), Some("capacitor://localhost"));
        assert_eq!(origin("Tauri://LocalHost").as_deref(), Some("tauri://localhost"));
        assert_eq!(
            origin("chrome-extension://abcdefghijklmnop").as_deref(),
            Some("chrome-extension://abcdefghijklmnop")
        );
        for none in ["file://localhost", "javascript://x", "data://x", "ws://example.com", "myapp://ada@host"] {
            assert_eq!(origin(none), None, "{none}");
        }
    }

    #[test]
    fn a_pattern_stands_for_one_name_below_a_domain() {
        let pattern = origin_pattern("https://*.Preview.example.com").unwrap();
        let allowed = [HeaderValue::from_str(&pattern).unwrap()];
        let is = |origin: &'static str| is_allowed(&allowed, &HeaderValue::from_static(origin));
        assert!(is("https://pr-12.preview.example.com"));
        for other in [
            "https://preview.example.com",
            "https://.preview.example.com",
            "https://a.b.preview.example.com",
            "http://pr-12.preview.example.com",
            "https://pr-12.preview.example.com:8443",
            "https://pr-12.preview.example.com.evil.example",
            "https://evil.example/.preview.example.com",
            "https://pr-12preview.example.com",
            "https://evil.example#.preview.example.com",
            "null",
        ] {
            assert!(!is(other), "{other}");
        }
        for none in [
            "https://*.com",
            "https://*",
            "http://*.preview.example.com",
            "https://*.*.example.com",
            "https://a*.example.com",
            "https://*.example.com/",
        ] {
            assert_eq!(origin_pattern(none), None, "{none}");
        }
    }
}
