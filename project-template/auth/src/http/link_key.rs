//! The secret of a link in the path of a request.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::Auth;

/// The one variable part of a path, where it is a link's secret. Empty where it is no text: then it is no link of ours, which
/// people and programs are told in the same way as of every other.
pub(crate) struct LinkKey(pub(crate) String);

/// The secret in what a mail program or a person took for it: with the bracket, the full stop or the blank beside it.
pub(crate) fn secret_of(text: &str) -> &str {
    text.trim_matches(|character: char| !(character.is_ascii_alphanumeric() || character == '-' || character == '_'))
}

impl FromRequestParts<Auth> for LinkKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Infallible> {
        let key = Path::<String>::from_request_parts(parts, auth).await;
        Ok(Self(key.map(|Path(key)| secret_of(&key).to_owned()).unwrap_or_default()))
    }
}
