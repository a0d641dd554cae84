//! Several cookies of one name. After a change of `sessions.cookie_domain`, `cookie_path` or `cookie_partitioned`, a
//! browser sends the old ones too, and its scripts read the old ones first.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum_extra::extract::cookie::Cookie;
use time::Duration;

use super::cookies::{self, csrf_cookie_name};
use crate::Auth;
use crate::http::cookies::values;

pub(super) fn came_along(auth: &Auth, headers: &HeaderMap) -> bool {
    cookies::empty(auth).iter().any(|cookie| values(headers, cookie.name()).nth(1).is_some())
}

/// Of all paths and domains that earlier settings can have had: a browser does not tell which it has.
pub(super) fn deletions(auth: &Auth) -> Vec<Cookie<'static>> {
    let settings = &auth.settings().sessions.cookie;
    let (ours, csrf) = (cookies::empty(auth), csrf_cookie_name(settings));
    let mut all = Vec::new();
    for cookie in ours.into_iter().filter(|cookie| !cookie.name().starts_with("__Host-")) {
        let is_refresh = cookie.name() == settings.name;
        for path in paths(auth, is_refresh) {
            for domain in domains(auth) {
                let mut twin = Cookie::build((cookie.name().to_owned(), String::new())).path(path.clone()).build();
                twin.set_http_only(cookie.name() != csrf);
                twin.set_secure(cookie.secure());
                twin.set_max_age(Duration::ZERO);
                if let Some(domain) = domain {
                    twin.set_domain(domain);
                }
                let is_current = twin.path() == cookie.path() && twin.domain() == cookie.domain();
                if is_current {
                    twin.set_partitioned(cookie.partitioned() != Some(true));
                }
                // Browsers reject a partitioned cookie that is not Secure.
                if !is_current || cookie.secure() == Some(true) {
                    all.push(twin);
                }
            }
        }
    }
    all
}

/// The paths that the cookie can have had: for the refresh token, all above the route that takes it.
fn paths(auth: &Auth, is_refresh: bool) -> Vec<String> {
    let mut paths = vec!["/".to_owned()];
    if is_refresh {
        let base = auth.settings().http.path("");
        let below = ["", "/", "/refresh", "/refresh/"].map(|rest| format!("{base}{rest}"));
        paths.extend(below.into_iter().filter(|path| path.len() > 1));
        let current = &auth.settings().sessions.cookie.path;
        if !paths.contains(current) {
            paths.push(current.clone());
        }
    }
    paths
}

fn domains(auth: &Auth) -> Vec<Option<String>> {
    let host = auth.settings().http.host();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let mut domains = vec![None];
    if host.parse::<IpAddr>().is_err() && !host.starts_with('[') {
        let starts = std::iter::once(0).chain(host.match_indices('.').map(|(dot, _)| dot + 1));
        let within = starts.map(|start| &host[start..]).filter(|domain| domain.contains('.'));
        domains.extend(within.map(|domain| Some(domain.to_owned())));
    }
    let current = &auth.settings().sessions.cookie.domain;
    if !domains.contains(current) {
        domains.push(current.clone());
    }
    domains
}
