//! `[passkeys]`.

use std::net::IpAddr;

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::http;
use crate::settings::{Advice, Deployed, Section};

/// Before the hash of the certificate that an Android app is signed with: the app's origin.
const ANDROID: &str = "android:apk-key-hash:";
/// The length of that hash (SHA-256).
const HASH_BYTES: usize = 32;

/// `[passkeys]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether users can have passkeys, and sign in with them.
    pub enabled: bool,
    /// Origins whose pages and apps may use passkeys, besides that of `http.public_url`.
    pub origins: Vec<String>,
    /// The name of the site, which authenticators may display; the service's if none.
    pub name: Option<String>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let expected = "an origin such as \"https://app.example.com\", \"http://localhost:5173\" or \
                        \"android:apk-key-hash:…\" (base64url of the SHA-256 hash): no path, no slash at the end, no `*`";
        let settings = Self {
            enabled: section.flag("enabled"),
            origins: section.parsed_list("origins", parse_origin, expected),
            name: section.optional_text("name"),
        };
        if settings.name.as_deref().is_some_and(|name| name.len() > 64 || name.chars().any(char::is_control)) {
            section.problem("name", "must be one line of at most 64 bytes, which is what authenticators keep of it");
        }
        settings
    }

    /// Whether browsers would make no passkeys for this server, because its host is an IP address.
    pub(crate) fn is_without_site(&self, http: &http::Settings) -> bool {
        self.enabled && is_address(http.host_name())
    }

    /// The origins of other domains, which a browser allows only if this server lists them (related origin requests).
    pub(super) fn related_origins<'s>(&'s self, http: &'s http::Settings) -> impl Iterator<Item = &'s str> {
        let is_related = |origin: &&str| {
            let host = origin.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
            origin.starts_with("https://") && host.is_some_and(|host| !http::is_within(&host, http.host_name()))
        };
        self.origins.iter().map(String::as_str).filter(is_related)
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.enabled && self.origins.iter().any(|origin| origin.starts_with("http://")),
            "passkeys.origins: any program on a user's machine can serve a page of `http://localhost`; leave it to development",
        );
    }
}

fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

/// An origin as browsers write it. Without TLS they make passkeys on `localhost` only.
fn parse_origin(text: &str) -> Option<String> {
    if let Some(hash) = text.strip_prefix(ANDROID) {
        let is_hash = URL_SAFE_NO_PAD.decode(hash).is_ok_and(|hash| hash.len() == HASH_BYTES);
        return is_hash.then(|| text.to_owned());
    }
    let uri: Uri = text.parse().ok()?;
    let origin = http::origin_of(&uri)?;
    let is_origin = text.split_once("://")?.1 == uri.authority()?.as_str() && !text.contains('*');
    let is_local = uri.host().is_some_and(|host| http::is_within(host, "localhost"));
    (is_origin && (origin.starts_with("https://") || is_local)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    fn load(toml: &str) -> Result<crate::Settings, String> {
        crate::Settings::load(Path::new("settings.toml"), toml, &BTreeMap::new())
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn origins_are_those_of_pages_with_tls_of_localhost_and_of_android_apps() {
        let hash = URL_SAFE_NO_PAD.encode([7; HASH_BYTES]);
        let android = format!("{ANDROID}{hash}");
        for (text, origin) in [
            ("https://App.Example.com:443", "https://app.example.com"),
            ("https://app.example.com:8443", "https://app.example.com:8443"),
            ("http://localhost:5173", "http://localhost:5173"),
            (android.as_str(), android.as_str()),
        ] {
            assert_eq!(parse_origin(text).as_deref(), Some(origin));
        }
        for text in [
            "",
            "app.example.com",
            "http://app.example.com",
            "http://localhost.evil.example",
            "https://app.example.com/",
            "https://*.example.com",
            "https://ada@app.example.com",
            "android:apk-key-hash:",
            "android:apk-key-hash:AAAA",
            "capacitor://localhost",
        ] {
            assert_eq!(parse_origin(text), None, "{text}");
        }
    }

    #[test]
    fn an_origin_or_a_name_that_cannot_work_is_reported() {
        let problem = load("[passkeys]\norigins = [\"https://app.example.com/\"]").unwrap_err();
        assert!(
            problem.contains("`passkeys.origins` has `https://app.example.com/`, which is not an origin"),
            "{problem}"
        );
        let problem = load(&format!("[passkeys]\nname = \"{}\"", "a".repeat(65))).unwrap_err();
        assert!(problem.contains("`passkeys.name` must be one line"), "{problem}");
    }

    #[test]
    fn only_origins_of_other_domains_are_related() {
        let settings = load(
            "[http]\npublic_url = \"https://example.com\"\n[passkeys]\norigins = [\"https://app.example.com\", \
             \"https://example.de\", \"http://localhost:5173\", \"https://example.com:8443\", \"https://notexample.com\"]",
        )
        .unwrap();
        let related: Vec<_> = settings.passkeys.related_origins(&settings.http).collect();
        assert_eq!(related, ["https://example.de", "https://notexample.com"]);
    }

    #[test]
    fn a_deployment_without_a_name_or_with_pages_of_localhost_is_warned_of() {
        let warned = |toml: &str| load(toml).unwrap().deployment_warnings().join("\n");
        for address in ["https://192.0.2.1", "https://[2001:db8::1]:8443"] {
            let warnings = warned(&format!("[http]\npublic_url = \"{address}\""));
            assert!(warnings.contains("passkeys.enabled: browsers make no passkeys for an IP address"), "{warnings}");
            let off = warned(&format!("[http]\npublic_url = \"{address}\"\n[passkeys]\nenabled = false"));
            assert!(!off.contains("passkeys."), "{off}");
        }
        let warnings = warned("[passkeys]\norigins = [\"http://localhost:5173\"]");
        assert!(warnings.contains("passkeys.origins: any program"), "{warnings}");
        assert!(!warned("[http]\npublic_url = \"https://example.com\"").contains("passkeys."));
    }
}
