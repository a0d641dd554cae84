use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::routes;

use super::redeem::{self, NotSignedIn};
use super::request;
use crate::Auth;
use crate::audit::{Event, Reason};
use crate::codes::{Subject, cookie};
use crate::email::Email;
use crate::error::shared::Throttled;
use crate::error::{Result, refusals};
use crate::hooks::{self, Asking};
use crate::http::{Client, Fields};
use crate::metrics::Way;
use crate::openapi::{Api, at, bodies};
use crate::sessions::{self, Delivery, Prefer, SignIn, SignedIn};
use crate::throttle::{Action, Guess};

const COOKIE: &str = "login_code_request";

pub(crate) fn router() -> Api {
    at(at(Api::default(), routes!(ask)), routes!(verify))
}

/// The same whether or not the address has an account.
pub(super) fn subject(email: &Email) -> Subject {
    Subject::named("login", email.key())
}

bodies! {
    /// The address to send a code to.
    #[schema(example = json!({ "email": "ada@example.com" }))]
    struct LoginCodeRequest {
        #[schema(format = Email)]
        email: String,
    }

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
        /// As at `login/`.
        #[schema(required = false)]
        remember: bool,
    }

    /// A request for a code.
    #[schema(example = json!({ "request": "8c1f4e0b2d7a4f6e9b3c5d7e1f2a4b6c" }))]
    struct LoginCodeAsked {
        /// To be sent with the code.
        request: String,
    }
}

refusals! {
    /// The code is wrong, used or expired, or no account can sign in with it.
    LoginCodeNotValid = UNAUTHORIZED, "code_not_valid", "This code is invalid or has expired.";
    /// Mail cannot be sent at the moment, so there is no code.
    MailUnavailable =
        SERVICE_UNAVAILABLE, "mail_unavailable", "The code cannot be sent at the moment. Please try again.";
}

/// Mails a code to sign in with, if the reader of the mail may sign in with it.
///
/// The answer is the same if not. A code is bound to the request that asked for it. A browser keeps the request in a
/// cookie; a client without cookies gets it with `Prefer: return=representation`. So an attacker who asks for a code
/// and guesses at it does not use up the owner's guesses.
#[utoipa::path(
    post, path = "/login/code/", operation_id = "requestLoginCode", tag = "Sessions", request_body = LoginCodeRequest,
    params(("Prefer" = Option<String>, Header, description = "`return=representation`: the request in the body.")),
    responses(
        (
            status = 204, description = "A code is sent if there is somebody to send it to.",
            headers(("Set-Cookie" = String, description = "The request.")),
        ),
        (
            status = 200, description = "The same, with the request, for who prefers that.", body = LoginCodeAsked,
            headers(("Set-Cookie" = String, description = "The request.")),
        ),
        MailUnavailable,
        Throttled,
    ),
)]
async fn ask(State(auth): State<Auth>, client: Client, headers: HeaderMap, mut fields: Fields) -> Result<Response> {
    auth.throttle().limit_client(Action::LoginCode, &client).await?;
    let email = fields.email("email");
    hooks::asked(&auth, Asking::LoginCode, email.as_ref(), &client, &fields).await?;
    let request = request::request(&auth, &fields.finish_with(email)?, &client).await?;
    let lifetime = auth.settings().codes.lifetime;
    let kept = [(header::SET_COOKIE, cookie::set(&auth, COOKIE, "/login/code/", (request, lifetime)))];
    Ok(if cookie::is_wanted(&headers) {
        (kept, Json(json!({ "request": request.to_text() }))).into_response()
    } else {
        (StatusCode::NO_CONTENT, kept).into_response()
    })
}

/// Signs in with a code.
#[utoipa::path(
    post, path = "/login/code/verify/", operation_id = "loginWithCode", tag = "Sessions", request_body = LoginCode,
    params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = SignedIn),
        LoginCodeNotValid,
        NotSignedIn,
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
    auth.metrics().sign_in(Way::Code, SignIn::outcome(sign_in.as_ref()));
    Ok(sign_in?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

async fn sign_in(auth: &Auth, client: &Client, headers: &HeaderMap, mut fields: Fields) -> Result<SignIn> {
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
