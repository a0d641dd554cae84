use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::{Challenge, Delivery, Issued, cookies};
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

impl Delivery {
    /// The tokens are in cookies, whatever was asked for: nothing reads the body.
    fn redirect(self, auth: &Auth, issued: Issued, page: HeaderValue) -> Response {
        let location = [(header::LOCATION, page)];
        (StatusCode::SEE_OTHER, cookies::set(auth, issued, self.has_twins), location).into_response()
    }
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
