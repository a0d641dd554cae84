use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use uuid::Uuid;

use super::gate::{
    self, Admin, IDLE, Posted, TOKEN, delete_cookie, form_not_valid, path, refuse, set_cookie, signed_in, signed_out,
};
use super::{events, people, shown};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes;
use crate::error::{Error, Result};
use crate::factors::{self, ChallengeNotValid, CodeWrong, Presented, RecoveryCodeWrong};
use crate::http::{Client, Fields, FormFields, cookies, csrf};
use crate::login::{self, Terms};
use crate::metrics::{AttemptOutcome, Way};
use crate::operations::{self, Flushed};
use crate::pages;
use crate::request;
use crate::second_factor;
use crate::sessions::{self, Due, EndedBy, Proof, SignIn};
use crate::templates::pages::{AdminCode, AdminSignIn, AdminUpkeep};
use crate::throttle::Action;
use crate::users::role;

/// Binds the sign-in form to a browser, which has no session yet.
pub(crate) const FORM_COOKIE: &str = "admin_form";
const FORM: &str = "admin sign-in";

pub(crate) fn router(auth: &Auth) -> Router<Auth> {
    let at = |router: Router<Auth>, (rest, methods): (&str, MethodRouter<Auth>)| {
        let whole = format!("{}{rest}", auth.settings().admin.path);
        router.route(whole.trim_end_matches('/'), methods.clone()).route(&whole, methods)
    };
    let pages = [
        ("/", get(people::list)),
        ("/sign-in/", get(sign_in_form).post(sign_in)),
        ("/sign-in/code/", post(sign_in_with_code)),
        ("/sign-out/", post(sign_out)),
        ("/users/{id}/", get(people::show)),
        ("/users/{id}/{act}/", post(people::act)),
        ("/audit/", get(events::list)),
        ("/upkeep/", get(upkeep).post(flush)),
    ];
    pages.into_iter().fold(Router::new(), at).layer(middleware::from_fn_with_state(auth.clone(), gate::gate))
}

async fn sign_in_form(State(auth): State<Auth>, admin: Result<Admin, Response>, headers: HeaderMap) -> Response {
    if admin.is_ok() {
        return Redirect::to(&path(&auth, "/")).into_response();
    }
    sign_in_page(&auth, &headers, StatusCode::OK, "", Vec::new()).unwrap_or_else(IntoResponse::into_response)
}

fn sign_in_page(
    auth: &Auth,
    headers: &HeaderMap,
    status: StatusCode,
    email: &str,
    errors: Vec<String>,
) -> Result<Response> {
    let held = match held(auth, headers) {
        Some(held) => held,
        None => pages::nonce()?,
    };
    let page = AdminSignIn {
        action: path(auth, "/sign-in/"),
        csrf_token: csrf::token(auth, &format!("{FORM} {held}")),
        email: email.to_owned(),
        errors,
    };
    let mut response = pages::show(auth, status, &page)?;
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(auth, FORM_COOKIE, &held, IDLE));
    Ok(response)
}

/// A value that is no nonce is rejected, since it is sent back to the browser.
fn held(auth: &Auth, headers: &HeaderMap) -> Option<String> {
    cookies::value(headers, &gate::cookie_name(auth, FORM_COOKIE)).filter(|held| pages::is_nonce(held))
}

async fn sign_in(
    State(auth): State<Auth>,
    client: Client,
    headers: HeaderMap,
    fields: Result<FormFields>,
) -> Result<Response> {
    let FormFields(mut fields) = match fields {
        Ok(fields) => fields,
        Err(error) => return Ok(refuse(&auth, error)),
    };
    let typed = fields.typed("email").unwrap_or_default().to_owned();
    let admitted = admitted(&auth, &client, &headers, &mut fields).await;
    auth.metrics().sign_in(Way::Admin, AttemptOutcome::of(admitted.as_ref()));
    match admitted {
        Ok(Admitted::Session(session)) => Ok(welcome(&auth, session)),
        Ok(Admitted::CodeDue(challenge)) => code_page(&auth, &headers, StatusCode::OK, challenge, Vec::new()),
        Err(refused) => refusal_page(&auth, &headers, refused, &typed),
    }
}

/// The second half of a sign-in, with a code of the authenticator app or a recovery code.
async fn sign_in_with_code(
    State(auth): State<Auth>,
    client: Client,
    headers: HeaderMap,
    fields: Result<FormFields>,
) -> Result<Response> {
    let FormFields(mut fields) = match fields {
        Ok(fields) => fields,
        Err(error) => return Ok(refuse(&auth, error)),
    };
    let challenge = fields.typed("challenge").unwrap_or_default().to_owned();
    let admitted = admitted_with_code(&auth, &client, &headers, &challenge, &mut fields).await;
    auth.metrics().sign_in(Way::SecondFactor, AttemptOutcome::of(admitted.as_ref()));
    match admitted {
        Ok(session) => Ok(welcome(&auth, session)),
        Err(error @ Error::Refused { code, .. })
            if [CodeWrong::REFUSAL.code, RecoveryCodeWrong::REFUSAL.code].contains(&code) =>
        {
            code_page(&auth, &headers, error.status(), challenge, vec![error.message()])
        }
        Err(refused) => refusal_page(&auth, &headers, refused, ""),
    }
}

fn welcome(auth: &Auth, session: Uuid) -> Response {
    let cookies = [signed_in(auth, session), delete_cookie(auth, FORM_COOKIE)];
    let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    (cookies, Redirect::to(&path(auth, "/"))).into_response()
}

fn refusal_page(auth: &Auth, headers: &HeaderMap, refused: Error, email: &str) -> Result<Response> {
    let errors = vec![refused.message()];
    let refusal = refused.into_response();
    let mut page = sign_in_page(auth, headers, refusal.status(), email, errors)?;
    if let Some(wait) = refusal.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    Ok(page)
}

fn code_page(
    auth: &Auth,
    headers: &HeaderMap,
    status: StatusCode,
    challenge: String,
    errors: Vec<String>,
) -> Result<Response> {
    let held = held(auth, headers).ok_or_else(form_not_valid)?;
    let csrf_token = csrf::token(auth, &format!("{FORM} {held}"));
    let (action, back) = (path(auth, "/sign-in/code/"), path(auth, "/sign-in/"));
    pages::show(auth, status, &AdminCode { action, back, csrf_token, challenge, errors })
}

enum Admitted {
    Session(Uuid),
    /// The id of the challenge.
    CodeDue(String),
}

/// # Errors
/// 403 if the form is not from these pages.
fn check_form(auth: &Auth, headers: &HeaderMap, fields: &Fields) -> Result<()> {
    let held = held(auth, headers);
    let token = fields.typed(TOKEN).unwrap_or_default();
    let is_ours = held.is_some_and(|held| csrf::is_token(auth, &format!("{FORM} {held}"), token));
    if is_ours { Ok(()) } else { Err(form_not_valid()) }
}

/// Returns the session of an account that may use these pages. Other accounts get the same answer as a wrong password.
async fn admitted(auth: &Auth, client: &Client, headers: &HeaderMap, fields: &mut Fields) -> Result<Admitted> {
    check_form(auth, headers, fields)?;
    let (Some(email), Some(password)) = (fields.email("email"), fields.secret("password")) else {
        return Err(wrong());
    };
    auth.throttle().limit_client(Action::Login, client).await?;
    let user = login::checked(auth, client, &email, password).await?.ok_or_else(wrong)?;
    if user.role < role::STAFF {
        auth.audit().note(Event::of(Kind::SignInFailed, &user).because(Reason::NotStaff));
        return Err(wrong());
    }
    let terms = Terms { proof: Proof::AdminPassword, forgotten: true };
    let challenge = match login::complete(auth, &user, client, terms).await?.ok_or_else(wrong)? {
        SignIn::Session(issued) => {
            sessions::shorten(auth, issued.session, auth.now() + gate::LONGEST).await?;
            return Ok(Admitted::Session(issued.session));
        }
        SignIn::Challenge(challenge) => challenge,
    };
    match challenge.due() {
        Due::Code(id) => Ok(Admitted::CodeDue(id.clone())),
        Due::Setup => Err(not_set_up()),
        Due::Passkey | Due::None => Err(challenged()),
    }
}

async fn admitted_with_code(
    auth: &Auth,
    client: &Client,
    headers: &HeaderMap,
    challenge: &str,
    fields: &mut Fields,
) -> Result<Uuid> {
    check_form(auth, headers, fields)?;
    auth.throttle().limit_client(Action::SecondFactor, client).await?;
    let found = factors::find(auth, challenge).await?;
    found.filter(|challenge| challenge.user.role >= role::STAFF).ok_or(ChallengeNotValid)?;
    let code = fields.secret("code").ok_or(CodeWrong)?;
    let presented = match codes::typed_digits(factors::DIGITS, &code) {
        Some(code) => Presented::Code(code),
        None => Presented::RecoveryCode(code),
    };
    let issued = second_factor::sign_in(auth, client, challenge, presented, Proof::AdminPassword).await?;
    sessions::shorten(auth, issued.session, auth.now() + gate::LONGEST).await?;
    Ok(issued.session)
}

/// The account must have a second factor and has none.
fn not_set_up() -> Error {
    let detail = "This account needs a second factor. Sign in to the application first and set one up there; then come \
                  back.";
    Error::refused(StatusCode::FORBIDDEN, detail, "mfa_setup_required")
}

fn challenged() -> Error {
    let detail = "Signing in to this account takes another step, which these pages do not have.";
    Error::refused(StatusCode::FORBIDDEN, detail, "challenged")
}

fn wrong() -> Error {
    let detail = "The address or the password is wrong, or the account is not staff.";
    Error::refused(StatusCode::UNAUTHORIZED, detail, "incorrect_credentials")
}

async fn sign_out(State(auth): State<Auth>, Posted { admin, .. }: Posted) -> Response {
    match sessions::end(&auth, admin.session(), admin.user.id, EndedBy::Logout).await {
        Ok(_) => ([(header::SET_COOKIE, signed_out(&auth))], Redirect::to(&path(&auth, "/sign-in/"))).into_response(),
        Err(error) => refuse(&auth, error),
    }
}

async fn upkeep(State(auth): State<Auth>, admin: Admin) -> Response {
    upkeep_page(&auth, &admin, None).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn flush(State(auth): State<Auth>, Posted { admin, .. }: Posted) -> Response {
    let flushed = match request::acting(admin.user.id, flush_and_tell(&auth)).await {
        Ok(flushed) => flushed,
        Err(error) => return refuse(&auth, error),
    };
    let sum = flushed.kinds().iter().map(|(_, count)| count).sum();
    upkeep_page(&auth, &admin, Some(sum)).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn flush_and_tell(auth: &Auth) -> Result<Flushed> {
    let (flushed, _) = operations::flush_within(auth, Some(operations::limit_of_request(auth))).await?;
    let mut tx = auth.db().begin().await?;
    auth.audit().write(&mut tx, Event::new(Kind::Flushed)).await?;
    tx.commit().await?;
    Ok(flushed)
}

async fn upkeep_page(auth: &Auth, admin: &Admin, removed: Option<u64>) -> Result<Response> {
    let counts = operations::expired(auth).await?;
    let page = AdminUpkeep {
        path: path(auth, ""),
        csrf_token: admin.form_token(auth),
        me: admin.user.email.to_string(),
        here: "upkeep".to_owned(),
        done: removed,
        counts: shown::counts(counts.by_name()),
    };
    pages::show(auth, StatusCode::OK, &page)
}
