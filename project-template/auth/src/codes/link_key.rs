use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::Auth;

/// The secret of a link, as the only parameter of a path. Empty, and rejected like an unknown link, if it is no text.
pub(crate) struct LinkKey(pub(crate) String);

/// Removes what a mail program or a person copied along with the secret, such as a bracket, a full stop or a blank.
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
