//! Refusals, and the responses they become.

mod refusal;
pub mod shared;

pub(crate) use refusal::{Refusal, refusals};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::languages::{self, Language, Text, text};
use shared::{Busy, LinkNotValid, NotAuthenticated, NotFound, Throttled, TokenNotValid};

const BUSY_RETRY: Duration = Duration::from_secs(1);

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refused request. A conversion into it has no side effect; it is logged once, when the response is built.
#[derive(Debug)]
pub enum Error {
    /// 400: the problems of each field.
    Fields(BTreeMap<Cow<'static, str>, Vec<Text>>),
    /// Any other refusal a client can act on.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The text for people.
        detail: Text,
        /// The code for programs; never changes.
        code: &'static str,
        /// Further members of the answer.
        data: Option<Box<Map<String, Value>>>,
        /// When to try again, if it depends on time.
        retry_after: Option<Duration>,
    },
    /// 401: no credential; holds the accepted scheme.
    NotAuthenticated(Scheme),
    /// 401: the bearer token is not acceptable.
    BearerNotValid(&'static str),
    /// 401: the capability of a cookie is used, expired or unknown.
    CapabilityNotValid,
    /// 429: too many requests; nothing has happened, and nothing will before this time has passed.
    Throttled(Duration),
    /// 503: the server is overloaded; nothing has happened.
    Busy,
    /// 503: the database is unreachable or overloaded. The cause is logged and not returned.
    Unavailable(anyhow::Error),
    /// 500: a fault of the server. The cause is logged and not returned.
    Internal(anyhow::Error),
}

/// How a client is expected to authenticate.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer,
    /// A cookie that carries a capability.
    Cookie,
}

impl Error {
    /// A refusal with a status, a text for people and a code for programs. The text is translated if the language of
    /// the request has it.
    pub fn refused(status: StatusCode, detail: impl Into<Text>, code: &'static str) -> Self {
        Self::Refused { status, detail: detail.into(), code, data: None, retry_after: None }
    }

    /// Adds a member to the body of a refusal, such as an alternative. Other errors are returned unchanged.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Value>) -> Self {
        match self {
            Self::Refused { status, detail, code, data, retry_after } => {
                let mut data = data.unwrap_or_default();
                data.insert(name.to_owned(), value.into());
                Self::Refused { status, detail, code, data: Some(data), retry_after }
            }
            other => other,
        }
    }

    /// Adds `Retry-After` to a refusal. Other errors are returned unchanged.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        match self {
            Self::Refused { status, detail, code, data, .. } => {
                Self::Refused { status, detail, code, data, retry_after: Some(wait) }
            }
            other => other,
        }
    }

    /// 400: one field is wrong.
    pub fn field(name: &'static str, message: impl Into<Text>) -> Self {
        Self::Fields(BTreeMap::from([(name.into(), vec![message.into()])]))
    }

    /// 401: the presented token is not, or no longer, acceptable. The reason is not returned.
    #[must_use]
    pub fn token_not_valid() -> Self {
        TokenNotValid.into()
    }

    /// 404: there is no such thing, or not for this client.
    #[must_use]
    pub fn not_found() -> Self {
        NotFound.into()
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Fields(_) => StatusCode::BAD_REQUEST,
            Self::Refused { status, .. } => *status,
            Self::NotAuthenticated(_) | Self::BearerNotValid(_) | Self::CapabilityNotValid => StatusCode::UNAUTHORIZED,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The text for people in the language of the request: the detail, or the problems of the fields.
    #[must_use]
    pub fn message(&self) -> String {
        self.message_in(languages::speaking())
    }

    /// As [`Error::message`], in another language.
    #[must_use]
    pub fn message_in(&self, language: Language) -> String {
        let word = |text: &Text| language.word(text);
        match self {
            Self::Fields(fields) => fields.values().flatten().map(word).collect::<Vec<_>>().join(" "),
            Self::Throttled(wait) => {
                word(&text!("You have done that too often. Try again in {wait}.", wait = rounded(*wait)))
            }
            other => word(&other.detail()),
        }
    }

    /// The code for programs; `invalid` for the problems of fields.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Fields(_) => "invalid",
            Self::Refused { code, .. } => *code,
            Self::NotAuthenticated(_) => NotAuthenticated::REFUSAL.code,
            Self::CapabilityNotValid => LinkNotValid::REFUSAL.code,
            Self::BearerNotValid(_) => TokenNotValid::REFUSAL.code,
            Self::Throttled(_) => Throttled::REFUSAL.code,
            Self::Busy | Self::Unavailable(_) => Busy::REFUSAL.code,
            Self::Internal(_) => "error",
        }
        .to_owned()
    }

    fn detail(&self) -> Text {
        match self {
            Self::Fields(_) => Text::from(""),
            Self::Refused { detail, .. } => detail.clone(),
            Self::NotAuthenticated(_) => NotAuthenticated::REFUSAL.detail.into(),
            Self::CapabilityNotValid => LinkNotValid::REFUSAL.detail.into(),
            Self::BearerNotValid(_) => "Given token not valid for any token type".into(),
            Self::Throttled(wait) => {
                text!("Request was throttled. Expected available in {count} seconds.", count = seconds(*wait))
            }
            Self::Busy | Self::Unavailable(_) => Busy::REFUSAL.detail.into(),
            Self::Internal(_) => "Something went wrong on our side.".into(),
        }
    }

    fn body(&self) -> Value {
        if let Self::Fields(fields) = self {
            let messages = |texts: &Vec<Text>| texts.iter().cloned().map(languages::say).collect::<Value>();
            return fields.iter().map(|(name, texts)| (name.clone(), messages(texts))).collect();
        }
        let mut body = match self {
            Self::Refused { data: Some(data), .. } => Value::Object(data.as_ref().clone()),
            _ => json!({}),
        };
        body["detail"] = languages::say(self.detail()).into();
        body["code"] = self.code().into();
        if let Self::BearerNotValid(message) = self {
            let message = languages::say(*message);
            body["messages"] = json!([{ "token_class": "AccessToken", "token_type": "access", "message": message }]);
        }
        body
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match &self {
            Self::Internal(cause) => tracing::error!(error = in_one_line(cause), "request failed"),
            Self::Unavailable(cause) => tracing::warn!(error = in_one_line(cause), "request put off"),
            _ => {}
        }
        let status = self.status();
        let challenge = match &self {
            Self::NotAuthenticated(Scheme::Cookie) | Self::CapabilityNotValid => Some("Cookie"),
            _ if status == StatusCode::UNAUTHORIZED => Some("Bearer realm=\"api\""),
            _ => None,
        };
        let retry = match &self {
            Self::Throttled(wait) | Self::Refused { retry_after: Some(wait), .. } => Some(seconds(*wait)),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(BUSY_RETRY.as_secs()),
            _ => None,
        };
        let mut response = (status, Json(self.body())).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(retry) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry));
        }
        if status.is_server_error() {
            response.extensions_mut().insert(Arc::new(self));
        }
        response
    }
}

/// A cause that the error before it already quotes is not repeated.
pub(crate) fn in_one_line(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |line, cause| match line.as_str() {
        "" => cause,
        said if said.ends_with(&cause) => line,
        said => format!("{said}: {cause}"),
    })
}

/// A client told to wait 0 seconds would retry at once.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs().max(1)
}

/// Above a minute, rounded up to minutes.
pub(crate) fn rounded(wait: Duration) -> Duration {
    let seconds = seconds(wait);
    Duration::from_secs(if seconds > 60 { seconds.div_ceil(60) * 60 } else { seconds })
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_was_quoted_is_told_once() {
        let inner = anyhow::anyhow!("the disk is full");
        let quoting = inner.context("the database says: the disk is full").context("cannot start");
        assert_eq!(in_one_line(&quoting), "cannot start: the database says: the disk is full");
        let plain = anyhow::anyhow!("the disk is full").context("cannot write").context("cannot start");
        assert_eq!(in_one_line(&plain), "cannot start: cannot write: the disk is full");
    }
}
