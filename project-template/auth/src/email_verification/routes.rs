//! `registration/verification/…`, `registration/verify-otp/` and `registration/verified/`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use utoipa_axum::routes;

use super::confirm::{self, Confirmation};
use super::mails::{self, Leaves};
use super::{AGAIN, Mode, NOTHING, subject};
use crate::app::Auth;
use crate::codes::{self, Guess, Limits, Standing};
use crate::error::{Error, Result};
use crate::http::{Client, Fields, FormFields};
use crate::login;
use crate::openapi::shared::{CodeNotValid, NotFound, Throttled, UnknownLink};
use crate::openapi::{Api, at, bodies, page_at};
use crate::pages::{self, Reader};
use crate::sessions::Delivery;
use crate::templates::pages::{CheckMail, ConfirmEmail, EmailVerified, VerificationFailed};
use crate::users::{self, User};

/// The same for every address.
const SENT: &str = "If this address waits for its confirmation, an e-mail is on its way to it.";

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(confirm));
    let api = page_at(api, "/registration/verification/{key}/", get(show));
    let api = at(api, routes!(resend));
    let api = at(api, routes!(verify_code));
    page_at(api, "/registration/verified/", get(verified))
}

bodies! {
    /// Where to send another mail.
    #[schema(example = json!({ "email": "ada@example.com" }))]
    struct Resend {
        #[schema(format = Email)]
        email: String,
    }

    /// A code that was mailed.
    #[schema(example = json!({ "email": "ada@example.com", "otp": "012345" }))]
    struct VerificationCode {
        #[schema(format = Email)]
        email: String,
        #[schema(max_length = 1024)]
        otp: String,
    }

    /// What was done; with tokens where `email_verification.session_on_verification` is on.
    #[schema(example = json!({ "detail": "E-mail address verified." }))]
    struct Verified {
        #[schema(required = false)]
        detail: String,
        #[schema(required = false)]
        message: String,
        #[schema(required = false)]
        access: String,
        #[schema(required = false)]
        refresh: String,
    }

    /// The same for every address.
    #[schema(example = json!({ "detail": "If this address waits for its confirmation, an e-mail is on its way to it." }))]
    struct Resent {
        detail: String,
    }
}

/// A page with a button.
///
/// To look at it confirms nothing: programs that scan mail look at every link.
async fn show(
    State(auth): State<Auth>,
    client: Client,
    method: Method,
    delivery: Delivery,
    Path(key): Path<String>,
) -> Result<Response> {
    let settings = &auth.settings().email_verification;
    match confirm::open(&auth, &key).await? {
        Standing::Good(link) if settings.confirm_on_get && method == Method::GET => {
            confirm_for_person(&auth, &client, delivery, link, StatusCode::FOUND).await
        }
        Standing::Good(link) => {
            let user = users::store::by_id(auth.db(), link.subject).await?;
            let Some(user) = user.filter(|user| user.auth_version == link.version && user.is_active) else {
                return failed(&auth, StatusCode::NOT_FOUND, String::new(), Vec::new());
            };
            let action = auth.settings().http.path(&format!("/registration/verification/{key}/"));
            let page = ConfirmEmail { action, email: user.email };
            pages::show_leading_to(&auth, StatusCode::OK, &page, settings.redirect.as_deref())
        }
        Standing::Used { subject } if is_verified(&auth, subject).await? => Ok(landing(&auth, StatusCode::FOUND)),
        _ => failed(&auth, StatusCode::NOT_FOUND, String::new(), Vec::new()),
    }
}

/// Confirms the address.
///
/// A browser is led to `email_verification.redirect` or to the built-in page.
#[utoipa::path(
    post, path = "/registration/verification/{key}/", tag = "E-mail verification",
    params(("key" = String, Path, description = "The link's secret.")),
    responses(
        (status = 200, description = "Confirmed.", body = Verified),
        (status = 303, description = "Confirmed, for a browser."),
        UnknownLink,
    ),
)]
async fn confirm(
    State(auth): State<Auth>,
    client: Client,
    reader: Reader,
    delivery: Delivery,
    Path(key): Path<String>,
) -> Result<Response> {
    let standing = match confirm::open(&auth, &key).await {
        Ok(standing) => standing,
        Err(error) => return reader.refuse(&auth, error),
    };
    match (standing, reader) {
        (Standing::Good(link), Reader::Person) => {
            confirm_for_person(&auth, &client, delivery, link, StatusCode::SEE_OTHER).await
        }
        (Standing::Good(link), Reader::Program) => {
            let user = confirm::by_link(&auth, link).await?.ok_or(UnknownLink)?;
            signed_in(&auth, &client, delivery, &user, json!({ "detail": "E-mail address verified." })).await
        }
        (Standing::Used { subject }, Reader::Person) if is_verified(&auth, subject).await? => {
            Ok(landing(&auth, StatusCode::SEE_OTHER))
        }
        (_, Reader::Person) => failed(&auth, StatusCode::NOT_FOUND, String::new(), Vec::new()),
        (_, Reader::Program) => Err(UnknownLink.into()),
    }
}

async fn confirm_for_person(
    auth: &Auth,
    client: &Client,
    delivery: Delivery,
    link: Confirmation,
    status: StatusCode,
) -> Result<Response> {
    let subject = link.subject;
    match confirm::by_link(auth, link).await? {
        Some(user) => {
            let tokens = signed_in(auth, client, delivery, &user, json!({})).await?;
            let mut response = landing(auth, status);
            // A page cannot take tokens from a body; the cookie comes along.
            for cookie in tokens.headers().get_all(header::SET_COOKIE) {
                response.headers_mut().append(header::SET_COOKIE, cookie.clone());
            }
            Ok(response)
        }
        // Pressed twice.
        None if is_verified(auth, subject).await? => Ok(landing(auth, status)),
        None => failed(auth, StatusCode::NOT_FOUND, String::new(), Vec::new()),
    }
}

/// Sends another mail.
///
/// The answer, its time and when it is refused are the same for an address that nobody has.
#[utoipa::path(
    post, path = "/registration/verification/resend/", tag = "E-mail verification", request_body = Resend,
    responses((status = 200, description = "Sent, if the address waits for it.", body = Resent), NotFound, Throttled),
)]
async fn resend(State(auth): State<Auth>, reader: Reader, FormFields(mut fields): FormFields) -> Result<Response> {
    if auth.settings().email_verification.mode == Mode::None {
        return Err(NotFound.into());
    }
    let typed = fields.typed("email").unwrap_or_default().to_owned();
    let email = fields.email("email");
    if let Err(error) = fields.finish() {
        return match reader {
            Reader::Program => Err(error),
            Reader::Person => failed(&auth, StatusCode::BAD_REQUEST, typed, vec![error.message()]),
        };
    }
    let Some(email) = email else { return Err(NotFound.into()) };
    let waiting =
        users::store::by_email(auth.db(), &email).await?.filter(|user| !user.email_verified && user.is_active);
    let subject = subject(&email);
    let limits = Limits::from(&auth.settings().codes);
    let mut tx = auth.db().begin().await?;
    let Some(code) = codes::request(&auth, &mut tx, subject, limits).await? else {
        let wait = codes::wait(&auth, &mut tx, subject, limits).await?;
        return reader.refuse(&auth, Error::Throttled(wait.0));
    };
    let (purpose, leaves) = if waiting.is_some() { (AGAIN, Leaves::Yes) } else { (NOTHING, Leaves::No) };
    let owner = waiting.as_ref().map_or((subject.id(), 0), |user| (user.id, user.auth_version));
    let to = waiting.as_ref().map_or(email.as_written(), |user| user.email.as_str());
    codes::forget(&mut tx, purpose, owner.0).await?;
    let lifetime = auth.settings().email_verification.link_lifetime;
    let link = codes::issue(&auth, &mut tx, purpose, owner, &None::<()>, lifetime).await?;
    mails::queue(&auth, &mut tx, to, &link, Some(&code), leaves).await?;
    tx.commit().await?;
    match reader {
        Reader::Person => pages::show(&auth, StatusCode::OK, &CheckMail {}),
        Reader::Program => Ok(Json(json!({ "detail": SENT })).into_response()),
    }
}

/// Confirms the address by the code that was mailed.
#[utoipa::path(
    post, path = "/registration/verify-otp/", tag = "E-mail verification", request_body = VerificationCode,
    responses((status = 200, description = "Confirmed.", body = Verified), CodeNotValid, NotFound, Throttled),
)]
async fn verify_code(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    mut fields: Fields,
) -> Result<Response> {
    let settings = &auth.settings().email_verification;
    if settings.mode == Mode::None || !settings.method.has_code() {
        return Err(NotFound.into());
    }
    let email = fields.email("email");
    let code = fields.secret("otp");
    fields.finish()?;
    let (Some(email), Some(code)) = (email, code) else { return Err(CodeNotValid.into()) };
    let waiting =
        users::store::by_email(auth.db(), &email).await?.filter(|user| !user.email_verified && user.is_active);
    let code = match codes::guess(&auth, subject(&email), &code).await? {
        Guess::Right(code) => code,
        Guess::Wrong => return Err(CodeNotValid.into()),
        Guess::Spent(wait) => return Err(Error::Throttled(wait.0)),
    };
    let Some(waiting) = waiting else { return Err(CodeNotValid.into()) };
    let user = confirm::by_code(&auth, &waiting, &code).await?.ok_or(CodeNotValid)?;
    signed_in(&auth, &client, delivery, &user, json!({ "message": "Email verified successfully." })).await
}

/// Where a confirmation leads.
async fn verified(State(auth): State<Auth>) -> Result<Response> {
    pages::show(&auth, StatusCode::OK, &EmailVerified {})
}

/// The answer, with tokens where a confirmation signs in.
async fn signed_in(
    auth: &Auth,
    client: &Client,
    delivery: Delivery,
    user: &User,
    body: serde_json::Value,
) -> Result<Response> {
    if auth.settings().email_verification.session_on_verification
        && let Some(issued) = login::complete(auth, user, client).await?
    {
        return Ok(delivery.answer(auth, StatusCode::OK, issued, body));
    }
    Ok(Json(body).into_response())
}

async fn is_verified(auth: &Auth, user: uuid::Uuid) -> Result<bool> {
    Ok(users::store::by_id(auth.db(), user).await?.is_some_and(|user| user.email_verified))
}

fn landing(auth: &Auth, status: StatusCode) -> Response {
    let built_in = || auth.settings().http.path("/registration/verified/");
    let target = auth.settings().email_verification.redirect.clone().unwrap_or_else(built_in);
    (status, [(header::LOCATION, target)]).into_response()
}

/// A page that says that a link is good for nothing, and offers another.
fn failed(auth: &Auth, status: StatusCode, email: String, errors: Vec<String>) -> Result<Response> {
    let action = auth.settings().http.path("/registration/verification/resend/");
    pages::show(auth, status, &VerificationFailed { action, email, errors })
}
