use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use super::{EmailDomainNotAllowed, SignUp, With, require_allowed, sign_up};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::email_verification::{self, Mode, Wish, browser};
use crate::error::shared::{NotFound, Throttled};
use crate::error::{Error, Result};
use crate::hooks::{self, Asking};
use crate::http::{Client, Fields};
use crate::languages::{Languages, say};
use crate::openapi::{Api, at, bodies, routes};
use crate::passwords;
use crate::sessions::{Delivery, Prefer, Proof};
use crate::throttle::Action;
use crate::users::{self, NAME_LIMIT, NewUser, role};

pub(crate) fn router() -> Api {
    at(Api::default(), routes!(register))
}

bodies! {
    /// A new account.
    #[schema(example = json!({
        "email": "ada@example.com",
        "password1": "correct horse battery staple",
        "password2": "correct horse battery staple",
        "first_name": "Ada",
        "last_name": "Lovelace",
    }))]
    struct Registration {
        #[schema(format = Email)]
        email: String,
        /// At least `password.min_length` characters, not a common one, not like the address or the names.
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        password1: String,
        /// The same again.
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        password2: String,
        #[schema(required = false, max_length = 150)]
        first_name: String,
        #[schema(required = false, max_length = 150)]
        last_name: String,
        /// Where the person who opens the mail is led after the confirmation: an address that `http.return_urls`
        /// allows. By default `email_verification.redirect`, or a built-in page.
        #[schema(required = false, max_length = 1024)]
        next: String,
        /// As at `login/`; also for the session that the mail's link begins, if it does.
        #[schema(required = false)]
        remember: bool,
    }
}

bodies! {
    /// Tokens, or the step that is required first.
    #[schema(example = json!({ "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl", "expires_in": 1800 }))]
    struct SignedUp {
        /// To be sent as `Authorization: Bearer`; missing if the address must be verified first.
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
        /// True if the account must set up a second factor before its first session, at `mfa/setup/`.
        #[schema(required = false)]
        mfa_setup_required: bool,
        /// To be sent there.
        #[schema(required = false)]
        setup_challenge_id: String,
        /// "Verification e-mail sent.", if that comes first.
        #[schema(required = false)]
        detail: String,
        /// To be sent with the mailed code; only with `Prefer: return=representation`.
        #[schema(required = false)]
        request: String,
    }
}

/// Creates an account and signs it in; if its address must be verified first, only sends the mail for that.
///
/// In that case the answer is the same whether or not the address has an account. If `registration.open` is off, or
/// `invitations.only` on, the path does not exist.
#[utoipa::path(
    post, path = "/registration/", operation_id = "register", tag = "Accounts", request_body = Registration,
    params(Prefer),
    responses((status = 201, description = "Signed up.", body = SignedUp), EmailDomainNotAllowed, NotFound, Throttled),
)]
async fn register(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response> {
    if !super::is_open(&auth) {
        return Err(Error::not_found());
    }
    auth.throttle().limit_client(Action::Registration, &client).await?;
    let (new, mut wish) = read(&auth, &client, fields).await?;
    wish.browser = browser::mark(&auth);
    let marked = wish.browser.map(|browser| (header::SET_COOKIE, browser::cookie(&auth, browser)));
    let mut response = sign_up_or_ask(&auth, &client, delivery, &headers, (new, wish)).await?;
    response.headers_mut().extend(marked);
    Ok(response)
}

async fn sign_up_or_ask(
    auth: &Auth,
    client: &Client,
    delivery: Delivery,
    headers: &HeaderMap,
    (new, wish): (NewUser, Wish),
) -> Result<Response> {
    if auth.settings().email_verification.mode == Mode::Mandatory {
        let (request, challenge) = email_verification::sign_up(auth, new, wish).await?;
        let body = json!({ "detail": say("Verification e-mail sent.") });
        let body = challenge.map_or(body.clone(), |challenge| challenge.beside(body));
        return Ok(email_verification::asked(auth, headers, StatusCode::CREATED, request, body));
    }
    if let SignUp::Done(sign_in) = sign_up(auth, &new, (client, Proof::SignUp), &wish, With::Nothing).await? {
        return Ok(sign_in.answer(auth, delivery, StatusCode::CREATED, json!({})));
    }
    auth.audit().note(Event::at(Kind::SignUpRefused, &new.email, None).because(Reason::AddressTaken));
    Err(users::taken())
}

async fn read(auth: &Auth, client: &Client, mut fields: Fields) -> Result<(NewUser, Wish)> {
    let settings = auth.settings();
    let email = fields.email("email");
    let first_name = name(&mut fields, "first_name", settings.registration.require_names);
    let last_name = name(&mut fields, "last_name", settings.registration.require_names);
    let address = email.as_ref().map_or("", |email| email.as_written());
    let about = users::attributes(address, &first_name, &last_name);
    let names = ("password1", "password2");
    let password = passwords::read_new(auth, &mut fields, names, names.0, "non_field_errors", &about);
    let wish = Wish::read(auth, &mut fields);
    hooks::asked(auth, Asking::SignUp, email.as_ref(), client, &fields).await?;
    let (email, password) = fields.finish_with(email.zip(password))?;
    require_allowed(auth, &email)?;
    let new = NewUser {
        id: Uuid::now_v7(),
        email,
        password_hash: Some(auth.passwords().hash(password).await?),
        first_name,
        last_name,
        role: role::USER,
        email_verified: false,
        language: Languages::chosen().map(str::to_owned),
    };
    Ok((new, wish))
}

fn name(fields: &mut Fields, field: &'static str, required: bool) -> String {
    let name = fields.optional_text(field, NAME_LIMIT);
    if required && !fields.has(field) {
        fields.problem(field, crate::http::REQUIRED);
    } else if required && name.as_deref() == Some("") {
        fields.problem(field, crate::http::fields::BLANK);
    }
    name.unwrap_or_default()
}
