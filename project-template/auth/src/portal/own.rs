//! One's own ways to sign in: an authenticator app and its recovery codes.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;

use super::gate::{Posted, Visitor, refuse};
use super::proof::{self, Proven, offers_passkeys, prove};
use super::providers::connectable;
use super::{Done, Place, Route, shown};
use crate::Auth;
use crate::connections;
use crate::error::{Error, Result};
use crate::factors::{self, AlreadyEnrolled, CodeWrong, Enrollee, Mode, Shown};
use crate::http::Client;
use crate::openapi::handler;
use crate::pages;
use crate::passkeys;
use crate::second_factor;
use crate::templates::pages::{ProveAgain, RecoveryCodes, SecondFactorSetup, WaysToSignIn};
use crate::users::User;

/// What a completed act is about, for [`Done`].
pub(super) const ABOUT: &str = "me";

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/", get(handler!(show))),
        ("/set-up/", post(handler!(set_up))),
        ("/set-up/code/", post(handler!(activate))),
        ("/remove/", post(handler!(remove))),
        ("/recovery-codes/", post(handler!(renew))),
    ]
}

/// A dangerous act, as it is named when its user is asked who they are.
pub(super) struct Act {
    /// Its path below that of the own pages.
    pub(super) rest: String,
    pub(super) name: &'static str,
    /// The name of what it concerns.
    pub(super) what: String,
}

impl Act {
    fn of(rest: &str, name: &'static str) -> Self {
        Self { rest: rest.to_owned(), name, what: String::new() }
    }
}

async fn show(State(auth): State<Auth>, visitor: Visitor, headers: HeaderMap) -> Response {
    let done = Done::read(&auth, &visitor, ABOUT, &headers);
    let is_done = done.is_some();
    match page(&auth, &visitor, StatusCode::OK, done, None).await {
        Ok(page) if is_done => ([(header::SET_COOKIE, Done::told(&auth, &visitor))], page).into_response(),
        Ok(page) => page,
        Err(error) => refuse(&auth, error),
    }
}

async fn page(
    auth: &Auth,
    visitor: &Visitor,
    status: StatusCode,
    done: Option<String>,
    problem: Option<String>,
) -> Result<Response> {
    let (place, mfa) = (visitor.place, &auth.settings().mfa);
    let factor = if mfa.totp == Mode::Disabled { None } else { factors::overview(auth, visitor.user.id).await? };
    let passkeys = passkeys::all_of_user(auth, visitor.user.id).await?;
    let connections = connections::all_of_user(auth, visitor.user.id).await?;
    let page = WaysToSignIn {
        path: place.own_path(auth, ""),
        csrf_token: visitor.form_token(auth),
        me: visitor.user.email.to_string(),
        done,
        problem,
        offers_app: mfa.totp != Mode::Disabled,
        must_have_app: mfa.is_required_of(visitor.user.role),
        factor: factor.as_ref().map(shown::factor),
        offers_passkeys: offers_passkeys(auth),
        passkeys: passkeys.iter().map(shown::passkey).collect(),
        providers: connectable(auth),
        connections: connections.iter().map(|connection| shown::connection(auth, connection)).collect(),
        back: (place == Place::Admin).then(|| place.path(auth, "/")),
        sign_out: place.path(auth, "/sign-out/"),
    };
    pages::show(auth, status, &page)
}

/// Performs an act whose user has recently proven who they are, or asks them to. A refusal is told on the page of one's
/// own ways to sign in.
pub(super) async fn dangerous(
    auth: &Auth,
    client: &Client,
    mut posted: Posted,
    act: Act,
    perform: impl AsyncFnOnce(&Posted) -> Result<Response>,
) -> Response {
    let performed = async {
        let proven = prove(auth, client, &mut posted).await?;
        if let Proven::NotYet(refused) = proven {
            return ask(auth, &posted.visitor, &act, refused).await;
        }
        let answer = told(auth, &posted.visitor, perform(&posted).await).await?;
        Ok(proven.keep(auth, &posted.visitor, answer))
    };
    performed.await.unwrap_or_else(|error| refuse(auth, error))
}

/// The answer, or a refusal on the page of one's own ways to sign in.
pub(super) async fn told(auth: &Auth, visitor: &Visitor, answer: Result<Response>) -> Result<Response> {
    match answer {
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => page(auth, visitor, error.status(), None, Some(error.message())).await,
        Ok(answer) => Ok(answer),
    }
}

async fn ask(auth: &Auth, visitor: &Visitor, act: &Act, refused: Option<Error>) -> Result<Response> {
    let status = refused.as_ref().map_or(StatusCode::OK, Error::status);
    let page = ProveAgain {
        action: visitor.place.own_path(auth, &act.rest),
        csrf_token: visitor.form_token(auth),
        me: visitor.user.email.to_string(),
        act: act.name.to_owned(),
        what: act.what.clone(),
        proof: proof::ways(auth, &visitor.user).await?,
        back: visitor.place.own_path(auth, "/"),
        script: visitor.place.path(auth, "/page.js"),
        errors: refused.into_iter().map(|error| error.message()).collect(),
    };
    pages::show(auth, status, &page)
}

/// Back to the page of one's own ways to sign in, which tells what was done.
pub(super) fn done(auth: &Auth, visitor: &Visitor, act: &'static str) -> Response {
    let cookie = Done { about: ABOUT, act }.cookie(auth, visitor);
    ([(header::SET_COOKIE, cookie)], Redirect::to(&visitor.place.own_path(auth, "/"))).into_response()
}

async fn set_up(State(auth): State<Auth>, client: Client, posted: Posted) -> Response {
    let act = Act::of("/set-up/", "set-up");
    dangerous(&auth, &client, posted, act, async |posted| {
        second_factor::require_enabled(&auth)?;
        let shown = factors::begin(&auth, &Enrollee::from(&posted.visitor.user)).await?;
        own_second_factor_page(&auth, &posted.visitor, StatusCode::OK, &shown, Vec::new())
    })
    .await
}

/// The first code of the app. The proof was needed to see the secret.
async fn activate(State(auth): State<Auth>, client: Client, mut posted: Posted) -> Response {
    let code = posted.fields.secret("code");
    let answer = activated(&auth, &client, &posted.visitor, code).await;
    told(&auth, &posted.visitor, answer).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn activated(auth: &Auth, client: &Client, visitor: &Visitor, code: Option<SecretString>) -> Result<Response> {
    second_factor::require_enabled(auth)?;
    let (user, enrollee) = (visitor.as_db_user(), Enrollee::from(&visitor.user));
    let ready = match code {
        Some(code) => factors::compare(auth, &enrollee, &code).await,
        None => Err(CodeWrong.into()),
    };
    let ready = match ready {
        Ok(ready) => ready,
        Err(error @ Error::Refused { code, .. }) if code == CodeWrong::REFUSAL.code => {
            let shown = factors::show_again(auth, &enrollee).await?;
            return own_second_factor_page(auth, visitor, error.status(), &shown, vec![error.message()]);
        }
        Err(Error::Refused { code, .. }) if code == AlreadyEnrolled::REFUSAL.code => return Err(codes_lost()),
        Err(error) => return Err(error),
    };
    let codes = second_factor::within_session(auth, &user, client, &ready).await?;
    recovery_codes_page(auth, visitor.place, &codes, visitor.place.own_path(auth, "/"))
}

async fn renew(State(auth): State<Auth>, client: Client, posted: Posted) -> Response {
    let act = Act::of("/recovery-codes/", "recovery-codes");
    dangerous(&auth, &client, posted, act, async |posted| {
        second_factor::require_enabled(&auth)?;
        let renewal = second_factor::renew_recovery_codes(&auth, &posted.visitor.as_db_user()).await?;
        let place = posted.visitor.place;
        recovery_codes_page(&auth, place, &renewal.codes, place.own_path(&auth, "/"))
    })
    .await
}

async fn remove(State(auth): State<Auth>, client: Client, posted: Posted) -> Response {
    dangerous(&auth, &client, posted, Act::of("/remove/", "remove"), async |posted| {
        second_factor::require_enabled(&auth)?;
        second_factor::remove_proven(&auth, &posted.visitor.as_db_user()).await?;
        Ok(done(&auth, &posted.visitor, "remove"))
    })
    .await
}

/// The page that shows recovery codes, once, and leads to `next`.
pub(super) fn recovery_codes_page(auth: &Auth, place: Place, codes: &[SecretString], next: String) -> Result<Response> {
    let codes = second_factor::exposed(codes).into_iter().map(str::to_owned).collect();
    pages::show(auth, StatusCode::OK, &RecoveryCodes { codes, next, script: place.path(auth, "/page.js") })
}

/// The page of recovery codes answers a form, so whoever loads it again posts that form again.
pub(super) fn codes_lost() -> Error {
    let detail = "Your authenticator app is set up. Its recovery codes are shown once: if you have not kept them, make other \
                  ones here.";
    Error::refused(StatusCode::BAD_REQUEST, detail, "recovery_codes_shown")
}

fn own_second_factor_page(
    auth: &Auth,
    visitor: &Visitor,
    status: StatusCode,
    shown: &Shown,
    errors: Vec<String>,
) -> Result<Response> {
    let paths = (visitor.place.own_path(auth, "/set-up/code/"), visitor.place.own_path(auth, "/"));
    let form = (paths, visitor.form_token(auth));
    second_factor_page(auth, status, form, (None, &visitor.user), shown, errors)
}

/// The page with a secret for an authenticator app. Its `paths` are those of the form and of the way back.
pub(super) fn second_factor_page(
    auth: &Auth,
    status: StatusCode,
    (paths, csrf_token): ((String, String), String),
    (challenge, user): (Option<String>, &User),
    shown: &Shown,
    errors: Vec<String>,
) -> Result<Response> {
    let page = SecondFactorSetup {
        action: paths.0,
        back: paths.1,
        csrf_token,
        must: challenge.is_some(),
        challenge: challenge.unwrap_or_default(),
        me: user.email.to_string(),
        qr_code: format!("data:image/svg+xml;base64,{}", STANDARD.encode(&shown.qr_code)),
        secret: groups(&shown.secret),
        uri: shown.uri.clone(),
        errors,
    };
    pages::show(auth, status, &page)
}

/// In groups of four, as one types it.
fn groups(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
