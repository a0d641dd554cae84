use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::browser::{self, Browser};
use super::confirm;
use super::link_pages::{self, confirm_for_person, failed, is_verified, landing, not_valid};
use super::{Mode, Wish, sign_up, subject};
use crate::Auth;
use crate::audit::{Event, Reason};
use crate::codes::{LinkKey, LinkStanding, RequestId, cookie};
use crate::credentials;
use crate::error::shared::{CodeNotValid, NotFound, Throttled, UnknownLink};
use crate::error::{Error, Result};
use crate::hooks::{self, Asking};
use crate::http::{Client, Fields, FormFields};
use crate::languages::say;
use crate::login::{self, Terms};
use crate::openapi::{Api, at, bodies, routes};
use crate::pages::{self, Reader};
use crate::sessions::{self, Delivery, Prefer, Proof};
use crate::templates::pages::CheckMail;
use crate::throttle::{Action, Guess};
use crate::users::{self, User};

const COOKIE: &str = "verification_request";

/// The same text for every address, so that it reveals no account.
const SENT: &str = "If this address is awaiting confirmation, an e-mail is on its way.";

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(confirm));
    let api = at(api, routes!(resend));
    link_pages::add(at(api, routes!(verify_code)))
}

bodies! {
    /// The address for another mail.
    #[schema(example = json!({ "email": "ada@example.com" }))]
    struct VerificationResend {
        #[schema(format = Email)]
        email: String,
        /// As at `registration/`.
        #[schema(required = false, max_length = 1024)]
        next: String,
        /// As at `registration/`.
        #[schema(required = false)]
        remember: bool,
    }

    /// No member is required.
    #[schema(example = json!({}))]
    struct Confirmation {
        /// As at `login/`, if `email_verification.session_on_verification` is on. By default as in the request for the
        /// mail.
        #[schema(required = false)]
        remember: bool,
    }

    /// A mailed code.
    #[schema(example = json!({ "email": "ada@example.com", "otp": "012345" }))]
    struct VerificationCode {
        #[schema(format = Email)]
        email: String,
        #[schema(max_length = 1024)]
        otp: String,
        /// The request that the code was sent for; by default that of the cookie `verification_request`. See
        /// `login/code/verify/`.
        #[schema(required = false)]
        request: String,
        /// As at `login/`, if `email_verification.session_on_verification` is on.
        #[schema(required = false)]
        remember: bool,
    }

    /// The result, with tokens if `email_verification.session_on_verification` is on.
    #[schema(example = json!({ "detail": "E-mail address verified." }))]
    struct EmailVerified {
        detail: String,
        /// Where to lead the person, if the request for the mail had `next`.
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
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        #[schema(required = false)]
        refresh: String,
    }

    /// The result, with tokens if `email_verification.session_on_verification` is on.
    #[schema(example = json!({ "message": "Email verified successfully." }))]
    struct EmailVerifiedWithCode {
        message: String,
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
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        #[schema(required = false)]
        refresh: String,
    }

    /// The same for every address.
    #[schema(example = json!({ "detail": "If this address is awaiting confirmation, an e-mail is on its way." }))]
    struct VerificationResent {
        detail: String,
        /// To be sent with the code; only with `Prefer: return=representation`.
        #[schema(required = false)]
        request: String,
    }
}

/// Confirms the address.
///
/// A browser is led to the `next` of the request for the mail, else to `email_verification.redirect` or the built-in
/// page.
#[utoipa::path(
    post, path = "/registration/verification/{key}/", operation_id = "verifyEmail", tag = "E-mail verification",
    request_body = Confirmation, extensions(("x-pages" = json!(true))),
    params(Prefer, ("key" = String, Path, description = "The link's secret.")),
    responses(
        (status = 200, description = "Confirmed.", body = EmailVerified),
        (
            status = 303, description = "Confirmed, for a browser.",
            headers(("Location" = String, description = "`next`, `email_verification.redirect`, or the built-in page.")),
        ),
        UnknownLink,
    ),
)]
async fn confirm(
    State(auth): State<Auth>,
    client: Client,
    reader: Reader,
    delivery: Delivery,
    headers: HeaderMap,
    LinkKey(key): LinkKey,
    fields: Result<FormFields>,
) -> Result<Response> {
    let browser = browser::kept(&auth, &headers);
    reader.answer(&auth, press(&auth, (&client, browser), reader, delivery, &key, fields).await)
}

async fn press(
    auth: &Auth,
    (client, browser): (&Client, Option<Browser>),
    reader: Reader,
    delivery: Delivery,
    key: &str,
    fields: Result<FormFields>,
) -> Result<Response> {
    let FormFields(mut fields) = fields?;
    let forgotten = sessions::is_forgotten(&mut fields);
    fields.finish()?;
    match (confirm::open(auth, key).await?, reader) {
        (LinkStanding::Good(link), reader) => {
            let mut wish = link.data.wish.clone();
            wish.forgotten = forgotten.unwrap_or(wish.forgotten);
            if reader == Reader::Person {
                return confirm_for_person(auth, (client, browser), delivery, link, wish, StatusCode::SEE_OTHER).await;
            }
            let user = confirm::by_link(auth, link, browser).await?.ok_or(UnknownLink)?.user;
            let body = wish.next.tell(&auth.settings().http, json!({ "detail": say("E-mail address verified.") }));
            Ok(signed_in(auth, (client, wish.forgotten), delivery, &user, body).await)
        }
        (LinkStanding::Used { subject, data }, Reader::Person) if is_verified(auth, subject).await? => {
            let next = data.map(|held| held.wish.next).unwrap_or_default();
            Ok(landing(auth, StatusCode::SEE_OTHER, &next))
        }
        (_, Reader::Person) => not_valid(auth),
        (_, Reader::Program) => Err(UnknownLink.into()),
    }
}

/// Sends another mail.
///
/// The answer, its time and its refusals are the same for an address without an account.
#[utoipa::path(
    post, path = "/registration/verification/resend/", operation_id = "resendVerification", tag = "E-mail verification",
    request_body = VerificationResend, extensions(("x-pages" = json!(true))),
    params(("Prefer" = Option<String>, Header, description = "`return=representation`: the request in the body.")),
    responses(
        (
            status = 200, description = "Sent, if the address is awaiting confirmation.", body = VerificationResent,
            headers(("Set-Cookie" = String, description = "The request, where codes are mailed.")),
        ),
        NotFound,
        Throttled,
    ),
)]
async fn resend(
    State(auth): State<Auth>,
    reader: Reader,
    client: Client,
    headers: HeaderMap,
    FormFields(mut fields): FormFields,
) -> Result<Response> {
    if auth.settings().email_verification.mode == Mode::None {
        return reader.refuse(&auth, NotFound.into());
    }
    if let Err(error) = auth.throttle().limit_client(Action::VerificationResend, &client).await {
        return reader.refuse(&auth, error);
    }
    let typed = fields.typed("email").unwrap_or_default().to_owned();
    let email = fields.email("email");
    let wish = Wish::read(&auth, &mut fields);
    if let Err(error) = hooks::asked(&auth, Asking::Verification, email.as_ref(), &client, &fields).await {
        return reader.refuse(&auth, error);
    }
    let email = match (fields.finish_with(email), reader) {
        (Ok(email), _) => email,
        (Err(error @ Error::Fields(_)), Reader::Person) => {
            return failed(&auth, StatusCode::BAD_REQUEST, typed, vec![error.message()]);
        }
        (Err(error), _) => return Err(error),
    };
    match (sign_up::resend(&auth, &email, wish).await, reader) {
        (Ok(_), Reader::Person) => pages::show(&auth, StatusCode::OK, &CheckMail {}),
        (Ok(request), Reader::Program) => {
            Ok(asked(&auth, &headers, StatusCode::OK, request, json!({ "detail": say(SENT) })))
        }
        (Err(error), reader) => reader.refuse(&auth, error),
    }
}

/// Returns the request of a mailed code in a cookie, and in the body if the client prefers that.
pub(crate) fn asked(
    auth: &Auth,
    headers: &HeaderMap,
    status: StatusCode,
    request: RequestId,
    mut body: serde_json::Value,
) -> Response {
    if !auth.settings().email_verification.method.has_code() {
        return (status, Json(body)).into_response();
    }
    if cookie::is_wanted(headers) {
        body["request"] = json!(request.to_text());
    }
    let lifetime = auth.settings().codes.lifetime;
    let kept = [(header::SET_COOKIE, cookie::set(auth, COOKIE, "/registration/", (request, lifetime)))];
    (status, kept, Json(body)).into_response()
}

/// Confirms the address by the code that was mailed.
#[utoipa::path(
    post, path = "/registration/verify-otp/", operation_id = "verifyEmailWithCode", tag = "E-mail verification",
    request_body = VerificationCode, params(Prefer),
    responses((status = 200, description = "Confirmed.", body = EmailVerifiedWithCode), CodeNotValid, NotFound, Throttled),
)]
async fn verify_code(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response> {
    let settings = &auth.settings().email_verification;
    if settings.mode == Mode::None || !settings.method.has_code() {
        return Err(NotFound.into());
    }
    auth.throttle().limit_client(Action::VerificationCode, &client).await?;
    let email = fields.email("email");
    let code = fields.secret("otp");
    let request = cookie::shown(&auth, &mut fields, &headers, COOKIE);
    let forgotten = sessions::is_forgotten(&mut fields).unwrap_or_default();
    let (email, code) = fields.finish_with(email.zip(code))?;
    let code = auth.codes().typed(&code).ok_or(CodeNotValid)?;
    let waiting = users::by_address(auth.db(), &email).await?.filter(sign_up::is_waiting);
    let (owned, subject) = (auth.clone(), subject(&email));
    let compare = async move { owned.codes().compare(subject, request, code).await };
    let compared = auth.throttle().guarded(Guess::Code(email.key()), &client, compare).await;
    auth.audit().note_code(&compared, |kind| {
        Event::at(kind, &email, waiting.as_ref().map(|user| user.id)).because(Reason::Verification)
    });
    let code = compared?.ok_or(CodeNotValid)?;
    let Some(waiting) = waiting else { return Err(CodeNotValid.into()) };
    let user = confirm::by_code(&auth, &waiting, &code, browser::kept(&auth, &headers)).await?.ok_or(CodeNotValid)?;
    let body = json!({ "message": say("Email verified successfully.") });
    Ok(signed_in(&auth, (&client, forgotten), delivery, &user, body).await)
}

pub(super) async fn signed_in(
    auth: &Auth,
    (client, forgotten): (&Client, bool),
    delivery: Delivery,
    user: &User,
    body: serde_json::Value,
) -> Response {
    if !auth.settings().email_verification.session_on_verification {
        return Json(body).into_response();
    }
    if let Err(error) = credentials::discard_for_reader(auth, user).await {
        tracing::warn!(user = %user.id, ?error, "the address is confirmed, but no session could begin after it");
        return Json(body).into_response();
    }
    login::answer(auth, user, (client, Terms { proof: Proof::ConfirmedEmail, forgotten }), delivery, body).await
}
