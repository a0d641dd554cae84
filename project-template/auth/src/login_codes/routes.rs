use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{request, sign_in_routes};
use crate::Auth;
use crate::codes::{Subject, cookie};
use crate::email::Email;
use crate::error::shared::Throttled;
use crate::error::{Result, refusals};
use crate::hooks::{self, Asking};
use crate::http::{Client, Fields};
use crate::openapi::{Api, at, bodies, routes};
use crate::throttle::Action;

pub(super) const COOKIE: &str = "login_code_request";

pub(crate) fn router() -> Api {
    at(Api::default(), routes!(ask)).merge(sign_in_routes::router())
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

    /// A request for a code.
    #[schema(example = json!({ "request": "8c1f4e0b2d7a4f6e9b3c5d7e1f2a4b6c" }))]
    struct LoginCodeAsked {
        /// To be sent with the code.
        request: String,
    }
}

refusals! {
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
