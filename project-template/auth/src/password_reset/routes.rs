//! Requests for a link, and for a password with it, by a program or in a page's form.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::pages::{self as reset_pages, FORM, filled, held, not_valid};
use super::reset::{self, Reset};
use crate::Auth;
use crate::codes::ReturnTo;
use crate::error::shared::{LinkNotValid, NotAuthenticated, Throttled};
use crate::error::{Error, Result};
use crate::hooks::{self, Asking};
use crate::http::{Client, FormFields};
use crate::languages::say;
use crate::login::{self, Terms};
use crate::openapi::{Api, at, bodies, routes};
use crate::pages::{self, Reader};
use crate::passwords::capability::{self, Capability, NewPassword};
use crate::sessions::{Delivery, Prefer, Proof};
use crate::templates::pages::CheckMail;
use crate::throttle::Action;

pub(crate) fn router() -> Api {
    reset_pages::add(at(at(Api::default(), routes!(request)), routes!(set_new)))
}

bodies! {
    /// The address of an account.
    #[schema(example = json!({ "email": "ada@example.com" }))]
    struct PasswordResetRequest {
        #[schema(format = Email)]
        email: String,
        /// Where the person who opens the link is led once the password is set: an address that `http.return_urls`
        /// allows. By default the last page of the built-in form. A page of `password.reset_redirect` gets it back
        /// when it sends the password.
        #[schema(required = false, max_length = 1024)]
        next: String,
    }

    /// The result, the same whether or not a mail was sent.
    #[schema(example = json!({ "detail": "Password reset e-mail has been sent." }))]
    struct PasswordResetSent {
        detail: String,
    }

    /// The password has been set. The tokens are those of a new session, if its owner may begin one.
    #[schema(example = json!({
        "detail": "Password reset.",
        "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
        "expires_in": 1800,
    }))]
    struct PasswordSet {
        detail: String,
        /// Where to lead the person, if the request for the link had `next`.
        #[schema(required = false)]
        next: String,
        /// True if a second factor is due before the session begins, at `mfa/verify/`, `mfa/verify-recovery/` or
        /// `mfa/verify-passkey/`.
        #[schema(required = false)]
        mfa_required: bool,
        /// To be sent there.
        #[schema(required = false)]
        challenge_id: String,
        /// `totp`, `recovery`, `passkey`: how it can be shown. Missing where the first two are all.
        #[schema(required = false)]
        methods: Vec<String>,
        /// True if a second factor must be set up first, at `mfa/setup/`.
        #[schema(required = false)]
        mfa_setup_required: bool,
        /// To be sent there.
        #[schema(required = false)]
        setup_challenge_id: String,
        /// To be sent as `Authorization: Bearer`.
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
    }
}

/// Mails a link to a form for a new password, if the address has an account.
///
/// The answer is the same if it has none.
#[utoipa::path(
    post, path = "/password/reset/", operation_id = "requestPasswordReset", tag = "Passwords",
    request_body = PasswordResetRequest, extensions(("x-pages" = json!(true))),
    responses((status = 200, description = "A mail is sent if there is somebody to send it to.", body = PasswordResetSent), Throttled),
)]
async fn request(
    State(auth): State<Auth>,
    reader: Reader,
    client: Client,
    fields: Result<FormFields>,
) -> Result<Response> {
    if let Err(error) = auth.throttle().limit_client(Action::PasswordReset, &client).await {
        return reader.refuse(&auth, error);
    }
    let (typed, asked) = match fields {
        Ok(FormFields(mut fields)) => {
            let email = fields.email("email");
            let typed = fields.typed("email").unwrap_or_default().to_owned();
            let next = ReturnTo::read(&auth.settings().http, &mut fields);
            if let Err(error) = hooks::asked(&auth, Asking::PasswordReset, email.as_ref(), &client, &fields).await {
                return reader.refuse(&auth, error);
            }
            (typed, fields.finish_with(email).map(|email| (email, next)))
        }
        Err(error) => (String::new(), Err(error)),
    };
    let asked = match asked {
        Ok((email, next)) => reset::request(&auth, &email, &next).await,
        Err(error) => Err(error),
    };
    match (asked, reader) {
        (Ok(()), Reader::Person) => pages::show(&auth, StatusCode::OK, &CheckMail {}),
        (Ok(()), Reader::Program) => {
            Ok(Json(json!({ "detail": say("Password reset e-mail has been sent.") })).into_response())
        }
        (Err(Error::Fields(problems)), Reader::Person) => {
            let errors = problems.into_values().flatten().map(say).collect();
            not_valid(&auth, StatusCode::BAD_REQUEST, typed, errors)
        }
        (Err(error), reader) => reader.refuse(&auth, error),
    }
}

/// Sets a password, with the cookie that opening the link set.
///
/// `X-CSRFToken` takes the value of the cookie `csrftoken`. A rejected password leaves the cookie valid.
#[utoipa::path(
    post, path = "/password/reset/set-new/", operation_id = "setNewPassword", tag = "Passwords", request_body = NewPassword,
    params(Prefer, ("X-CSRFToken" = String, Header, description = "The value of the cookie `csrftoken`.")),
    security(("password_reset" = [])), extensions(("x-pages" = json!(true))),
    responses(
        (status = 200, description = "The password is set; every earlier session has ended.", body = PasswordSet),
        (
            status = 303, description = "The password is set, for a browser that posts the form.",
            headers(
                ("Location" = String, description = "`next`, or the last page of the form."),
                ("Set-Cookie" = String, description = "Deletes the cookies of the form."),
            ),
        ),
        NotAuthenticated,
        LinkNotValid,
    ),
)]
async fn set_new(
    State(auth): State<Auth>,
    reader: Reader,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    fields: Result<FormFields>,
) -> Result<Response> {
    let (capability, reset) = match held(&auth, &headers).await {
        Ok(held) => held,
        Err(Error::NotAuthenticated(_) | Error::CapabilityNotValid) if reader == Reader::Person => {
            return not_valid(&auth, StatusCode::UNAUTHORIZED, String::new(), Vec::new());
        }
        Err(error) => return reader.refuse(&auth, error),
    };
    let (user, forgotten) = match save(&auth, &headers, fields, &capability, &reset).await {
        Ok(saved) => saved,
        Err(Error::CapabilityNotValid) if reader == Reader::Person => {
            return not_valid(&auth, StatusCode::UNAUTHORIZED, String::new(), Vec::new());
        }
        Err(error) if reader == Reader::Person => {
            return match capability::told(error) {
                Ok((status, errors)) => filled(&auth, status, &capability, &reset, errors),
                Err(error) => reader.refuse(&auth, error),
            };
        }
        Err(error) => return Err(error),
    };
    let mut response = if reader == Reader::Person {
        // Tokens are for programs; a form has nothing to keep them in.
        let complete = || auth.settings().http.path("/password/reset/complete/");
        Redirect::to(&reset.next().address(&auth.settings().http).unwrap_or_else(complete)).into_response()
    } else {
        let body = reset.next().tell(&auth.settings().http, json!({ "detail": say("Password reset.") }));
        login::answer(&auth, &user, (&client, Terms { proof: Proof::PasswordReset, forgotten }), delivery, body).await
    };
    FORM.delete_cookies(&auth, &mut response);
    Ok(response)
}

async fn save(
    auth: &Auth,
    headers: &HeaderMap,
    fields: Result<FormFields>,
    capability: &Capability,
    reset: &Reset,
) -> Result<(crate::users::User, bool)> {
    let about = reset.user.attributes();
    let (password, forgotten) = capability.read_password(auth, headers, fields, &about)?;
    let saved = reset::set(auth, reset, password).await?;
    Ok((saved.ok_or(Error::CapabilityNotValid)?, forgotten))
}
