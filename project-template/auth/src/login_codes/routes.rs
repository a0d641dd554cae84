//! `login/code/` and `login/code/verify/`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use utoipa_axum::routes;

use super::redeem::{self, NotSignedIn};
use super::request;
use crate::app::Auth;
use crate::audit::{self, Event, Reason};
use crate::codes::{self, Subject};
use crate::error::Result;
use crate::http::{Client, Fields};
use crate::openapi::shared::Throttled;
use crate::openapi::{Api, at, bodies, refusals};
use crate::operations::{Outcome, Way};
use crate::sessions::{Delivery, Issued, Prefer, Tokens};
use crate::throttle::{self, Action, Guess};
use crate::users::Email;

pub(crate) fn router() -> Api {
    at(at(Api::default(), routes!(ask)), routes!(verify))
}

/// What is counted for an address, whether or not anybody signs in with it.
pub(super) fn subject(email: &Email) -> Subject {
    Subject::named("login", email.key())
}

bodies! {
    /// Where to send a code.
    #[schema(example = json!({ "email": "ada@example.com" }))]
    struct LoginCodeRequest {
        #[schema(format = Email)]
        email: String,
    }

    /// An address and the code that was sent to it.
    #[schema(example = json!({ "email": "ada@example.com", "code": "012345" }))]
    struct LoginCodeShown {
        #[schema(format = Email)]
        email: String,
        #[schema(max_length = 1024)]
        code: String,
    }
}

refusals! {
    /// The code is wrong, used or expired, or nobody signs in with it.
    LoginCodeNotValid = UNAUTHORIZED, "code_not_valid", "This code is invalid or has expired.";
    /// No mail leaves at the moment, so there is no code.
    MailUnavailable =
        SERVICE_UNAVAILABLE, "mail_unavailable", "The code cannot be sent at the moment. Please try again.";
}

/// Has a code to sign in with mailed, if whoever reads the mail may sign in with it.
///
/// The answer is the same if not. Another code takes the place of the one before and brings back no guesses.
#[utoipa::path(
    post, path = "/login/code/", tag = "Sessions", request_body = LoginCodeRequest,
    responses((status = 204, description = "A code is sent if there is somebody to send it to."), MailUnavailable, Throttled),
)]
async fn ask(State(auth): State<Auth>, client: Client, mut fields: Fields) -> Result<StatusCode> {
    throttle::limit_client(&auth, Action::LoginCode, &client).await?;
    let email = fields.email("email");
    request::request(&auth, &fields.finish_with(email)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs in with a code.
#[utoipa::path(
    post, path = "/login/code/verify/", tag = "Sessions", request_body = LoginCodeShown, params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = Tokens),
        LoginCodeNotValid,
        NotSignedIn,
        Throttled,
    ),
)]
async fn verify(State(auth): State<Auth>, client: Client, delivery: Delivery, fields: Fields) -> Result<Response> {
    let issued = sign_in(&auth, &client, fields).await;
    auth.metrics().sign_in(Way::Code, Outcome::of(issued.as_ref()));
    Ok(delivery.answer(&auth, StatusCode::OK, issued?, json!({})))
}

async fn sign_in(auth: &Auth, client: &Client, mut fields: Fields) -> Result<Issued> {
    throttle::limit_client(auth, Action::LoginCodeVerify, client).await?;
    let email = fields.email("email");
    let code = fields.secret("code");
    let (email, code) = fields.finish_with(email.zip(code))?;
    let code = codes::typed(&auth.settings().codes, &code).ok_or(LoginCodeNotValid)?;
    let compare = redeem::compare(auth.clone(), email.clone(), code);
    let compared = throttle::guarded(auth, Guess::Code, client, compare).await;
    audit::note_code(auth, &compared, |kind| Event::at(kind, &email, None).because(Reason::Login));
    let code = compared?.ok_or(LoginCodeNotValid)?;
    Ok(redeem::sign_in(auth, &email, &code, client).await?.ok_or(LoginCodeNotValid)?)
}
