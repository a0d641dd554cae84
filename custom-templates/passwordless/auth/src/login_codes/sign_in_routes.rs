//! Differs from the built-in project: no account can keep somebody out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::redeem;
use super::routes::COOKIE;
use crate::Auth;
use crate::audit::{Event, Reason};
use crate::codes::cookie;
use crate::error::shared::Throttled;
use crate::error::{Result, refusals};
use crate::http::{Client, Fields};
use crate::metrics::{AttemptOutcome, Way};
use crate::openapi::{Api, at, bodies, routes};
use crate::sessions::{self, Delivery, Issued, Prefer, Tokens};
use crate::throttle::{Action, Guess};

pub(super) fn router() -> Api {
    at(Api::default(), routes!(verify))
}

bodies! {
    /// An address and the code that was sent to it.
    #[schema(example = json!({ "email": "ada@example.com", "code": "012345" }))]
    struct LoginCode {
        #[schema(format = Email)]
        email: String,
        #[schema(max_length = 1024)]
        code: String,
        /// The request that the code was sent for; by default that of the cookie `login_code_request`. Each request
        /// has its own budget of guesses. With neither, the code is the last one sent, and guesses use a budget shared
        /// by all clients that name no request.
        #[schema(required = false)]
        request: String,
        /// False on a shared computer: the browser drops the cookies when it is closed, and the session lasts for
        /// `sessions.unremembered_lifetime`. True by default.
        #[schema(required = false)]
        remember: bool,
    }
}

refusals! {
    /// The code is wrong, used or expired, or its owner may not sign in.
    LoginCodeNotValid = UNAUTHORIZED, "code_not_valid", "This code is invalid or has expired.";
}

/// Signs in with a code.
#[utoipa::path(
    post, path = "/login/code/verify/", operation_id = "loginWithCode", tag = "Sessions", request_body = LoginCode,
    params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = Tokens),
        LoginCodeNotValid,
        Throttled,
    ),
)]
async fn verify(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response> {
    let sign_in = sign_in(&auth, &client, &headers, fields).await;
    auth.metrics().sign_in(Way::Code, AttemptOutcome::of(sign_in.as_ref()));
    Ok(delivery.answer(&auth, StatusCode::OK, sign_in?, json!({})))
}

async fn sign_in(auth: &Auth, client: &Client, headers: &HeaderMap, mut fields: Fields) -> Result<Issued> {
    auth.throttle().limit_client(Action::LoginCodeVerify, client).await?;
    let email = fields.email("email");
    let code = fields.secret("code");
    let request = cookie::shown(auth, &mut fields, headers, COOKIE);
    let forgotten = sessions::is_forgotten(&mut fields).unwrap_or_default();
    let (email, code) = fields.finish_with(email.zip(code))?;
    let code = auth.codes().typed(&code).ok_or(LoginCodeNotValid)?;
    let compare = redeem::compare(auth.clone(), (email.clone(), client.clone()), request, code);
    let compared = auth.throttle().guarded(Guess::Code(email.key()), client, compare).await;
    auth.audit().note_code(&compared, |kind| Event::at(kind, &email, None).because(Reason::Login));
    let code = compared?.ok_or(LoginCodeNotValid)?;
    Ok(redeem::sign_in(auth, &email, &code, client, forgotten).await?.ok_or(LoginCodeNotValid)?)
}
