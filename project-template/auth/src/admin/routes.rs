use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};

use super::gate::{
    self, Admin, IDLE, Posted, TOKEN, delete_cookie, form_not_valid, path, refuse, set_cookie, signed_in, signed_out,
};
use super::{events, people, shown};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::{Error, Result};
use crate::http::{Client, Fields, FormFields, cookies, csrf};
use crate::login::{self, Terms};
use crate::metrics::{AttemptOutcome, Way};
use crate::operations::{self, Flushed};
use crate::pages;
use crate::request;
use crate::sessions::{self, EndedBy, Proof, SignIn};
use crate::templates::pages::{AdminSignIn, AdminUpkeep};
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
    let refused = match admitted {
        Ok(session) => {
            let cookies = [signed_in(&auth, session), delete_cookie(&auth, FORM_COOKIE)];
            let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
            return Ok((cookies, Redirect::to(&path(&auth, "/"))).into_response());
        }
        Err(error) => error,
    };
    let errors = vec![refused.message()];
    let refusal = refused.into_response();
    let mut page = sign_in_page(&auth, &headers, refusal.status(), &typed, errors)?;
    if let Some(wait) = refusal.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    Ok(page)
}

/// Accounts that may not use these pages get the same answer as a wrong password.
async fn admitted(auth: &Auth, client: &Client, headers: &HeaderMap, fields: &mut Fields) -> Result<uuid::Uuid> {
    let held = held(auth, headers);
    let token = fields.typed(TOKEN).unwrap_or_default();
    if !held.is_some_and(|held| csrf::is_token(auth, &format!("{FORM} {held}"), token)) {
        return Err(form_not_valid());
    }
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
    let SignIn::Session(issued) = login::complete(auth, &user, client, terms).await?.ok_or_else(wrong)? else {
        return Err(challenged());
    };
    sessions::shorten(auth, issued.session, auth.now() + gate::LONGEST).await?;
    Ok(issued.session)
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
