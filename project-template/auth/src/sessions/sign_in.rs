use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::{Delivery, Issued};
use crate::Auth;
use crate::error::{Error, Result};
use crate::metrics::AttemptOutcome;

/// The outcome for a user who has proven their identity. A refusal is an [`Error`], which may carry data.
pub enum SignIn {
    /// A session.
    Session(Issued),
    /// No session until the user has done something else.
    Challenge(Challenge),
}

impl SignIn {
    /// The answer with this status: tokens, or the members of the challenge without tokens; `others` beside either.
    #[must_use]
    pub fn answer(self, auth: &Auth, delivery: Delivery, status: StatusCode, others: Value) -> Response {
        match self {
            Self::Session(issued) => delivery.answer(auth, status, issued, others),
            Self::Challenge(challenge) => (status, Json(challenge.beside(others))).into_response(),
        }
    }

    /// Redirects a browser to `page` (303), with the session's cookies; the page gets an access token from `refresh/`.
    /// `page` must be an address of yours, not one that the request names. If a challenge is due, there are no cookies,
    /// and its members are in the address's fragment, which no server sees: `#code_sent=true&challenge_id=…`.
    pub fn redirect(self, auth: &Auth, delivery: Delivery, page: &str) -> Result<Response> {
        let address = |page: &str| HeaderValue::try_from(page).map_err(anyhow::Error::new);
        Ok(match self {
            Self::Session(issued) => delivery.redirect(auth, issued, address(page)?),
            Self::Challenge(challenge) => {
                let page = address(&format!("{page}#{}", challenge.in_fragment()))?;
                (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response()
            }
        })
    }

    pub(crate) fn outcome(sign_in: Result<&Self, &Error>) -> Option<AttemptOutcome> {
        match sign_in {
            Ok(Self::Challenge(_)) => Some(AttemptOutcome::Challenged),
            other => AttemptOutcome::of(other),
        }
    }
}

/// An action required before a session begins, as members of an answer: `{"code_sent": true, "challenge_id": "…"}`.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub(super) members: Map<String, Value>,
    pub(super) due: Due,
}

/// The second factor that a challenge is about.
#[derive(Clone, Debug, Default)]
pub(crate) enum Due {
    /// The challenge is a hook's.
    #[default]
    None,
    /// A code, for the challenge with this id.
    Code(String),
    /// A passkey, since there is no authenticator app.
    Passkey,
    /// It must be set up first, with the challenge of this id.
    Setup(String),
}

impl Challenge {
    /// A challenge with these members. A value that is no object becomes the member `challenge`.
    #[must_use]
    pub fn new(members: Value) -> Self {
        let members = match members {
            Value::Object(members) => members,
            other => Map::from_iter([("challenge".to_owned(), other)]),
        };
        Self { members, due: Due::None }
    }

    fn in_fragment(&self) -> String {
        let mut fragment = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.members {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            fragment.append_pair(name, &text);
        }
        fragment.finish()
    }

    pub(crate) fn due(&self) -> &Due {
        &self.due
    }

    pub(crate) fn beside(self, mut others: Value) -> Value {
        for (name, value) in self.members {
            others[name] = value;
        }
        others
    }
}
