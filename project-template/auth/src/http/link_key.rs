//! The secret of a link in the path of a request.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::app::Auth;

/// The one variable part of a path, where it is a link's secret. Empty where it is no text: then it is no link of ours, which
/// people and programs are told in the same way as of every other.
pub(crate) struct LinkKey(pub(crate) String);

impl FromRequestParts<Auth> for LinkKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Infallible> {
        let key = Path::<String>::from_request_parts(parts, auth).await;
        Ok(Self(key.map(|Path(key)| key).unwrap_or_default()))
    }
}
