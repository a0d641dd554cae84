use axum::http::Uri;

use crate::http::origins::app_origin;

/// A web or app address, or a path of this server. `//` is neither: browsers read a host after it.
pub(crate) fn is_target(target: &str) -> bool {
    let is_address = || {
        let takes = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) || app_origin(uri).is_some();
        target.parse::<Uri>().is_ok_and(|uri| takes(&uri) && uri.authority().is_some())
    };
    let is_path = target.starts_with('/') && !target.starts_with("//") && target.parse::<Uri>().is_ok();
    is_path || is_address()
}
