//! The page named by `password.reset_redirect` or `invitations.set_password_redirect` sends the password with the value of a
//! cookie from the link's host: it must be able to read that cookie, and its origin must be allowed to call the API.

use axum::http::{HeaderValue, Uri};

use crate::http;
use crate::sessions::CookieSettings;
use crate::settings::Section;

pub(super) fn refuse_useless_redirect(
    (key, page): (&str, Option<&str>),
    http: &http::Settings,
    cookie: &CookieSettings,
    section: &mut Section<'_>,
) {
    let page = page.and_then(|target| target.parse::<Uri>().ok());
    let link = http.link("").parse::<Uri>().ok();
    let (Some(page), Some(link)) = (page, link) else { return };
    let (Some(page_host), Some(link_host)) = (page.host(), link.host()) else { return };
    // Cookies ignore the port.
    if page_host.eq_ignore_ascii_case(link_host) {
        return;
    }
    let domain = cookie.domain.as_deref().unwrap_or_default();
    if ![page_host, link_host].into_iter().all(|host| http::is_within(host, domain)) {
        section.conflict(
            key,
            &["http.public_url"],
            format_args!(
                "leads to {page_host}, where nothing can read the cookie `csrftoken` that {link_host} sets for the \
                 form; set sessions.cookie_domain to a domain that both are in, or serve the page from the host of http.public_url"
            ),
        );
        return;
    }
    let is_allowed = |origin: &String| {
        HeaderValue::from_str(origin).is_ok_and(|origin| http::is_allowed(&http.cors_origins, &origin))
    };
    if let Some(origin) = http::origin_of(&page).filter(|origin| !is_allowed(origin)) {
        section.conflict(
            key,
            &["http.public_url"],
            format_args!("leads to a page that may not send the form; name \"{origin}\" in http.cors_origins"),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    fn told(redirect: &str, domain: &str, origins: &str) -> String {
        let reset = told_of("[password]\nreset_redirect", redirect, domain, origins);
        let invitation = told_of("[invitations]\nset_password_redirect", redirect, domain, origins);
        assert_eq!(invitation.replace("invitations.set_password_redirect", "password.reset_redirect"), reset);
        reset
    }

    fn told_of(key: &str, redirect: &str, domain: &str, origins: &str) -> String {
        let text = format!(
            "[http]\npublic_url = \"https://auth.example.com/base\"\ncors_origins = [{origins}]\n\
             [sessions]\ncookie_domain = \"{domain}\"\n{key} = \"{redirect}\""
        );
        let settings = crate::Settings::load(Path::new("settings.toml"), &text, &BTreeMap::new());
        settings.err().map(|problems| problems.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_page_at_the_host_of_the_links_can_send_the_form() {
        for page in ["", "/new-password", "https://auth.example.com/x", "https://AUTH.example.com:8443/x?y#z"] {
            assert_eq!(told(page, "", ""), "", "{page}");
        }
    }

    #[test]
    fn a_page_on_another_host_needs_a_cookie_it_can_read_and_the_right_to_call() {
        let page = "https://app.example.com/new-password";
        let origin = "\"https://app.example.com\"";
        assert_eq!(told(page, "example.com", origin), "");
        assert_eq!(told(page, ".Example.com", origin), "");
        for domain in ["", "auth.example.com", "app.example.com", "ample.com", "example.org"] {
            let problem = told(page, domain, origin);
            assert!(problem.contains("`password.reset_redirect` leads to app.example.com, where nothing"), "{problem}");
        }
        let problem = told(page, "example.com", "");
        assert!(problem.contains("name \"https://app.example.com\" in http.cors_origins"), "{problem}");
    }
}
