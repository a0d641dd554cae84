//! Signing in, in one step or two, and signing out.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};

use super::Route;
use super::door::{Door, Knock};
use super::entering::is_wrong_code;
use super::gate::{Posted, Visitor, refuse, signed_out};
use super::own::{codes_lost, told};
use crate::Auth;
use crate::error::Result;
use crate::languages::{self, Language};
use crate::metrics::{AttemptOutcome, Way};
use crate::openapi::handler;
use crate::sessions::{self, EndedBy};

const SCRIPT: &str = include_str!("page.js");

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/sign-in/", get(handler!(sign_in_form)).post(handler!(sign_in))),
        ("/sign-in/code/", post(handler!(sign_in_with_code))),
        ("/sign-in/set-up/", post(handler!(sign_in_with_setup))),
        ("/sign-in/passkey/", post(handler!(sign_in_with_passkey))),
        ("/sign-out/", post(handler!(sign_out))),
        ("/page.js", get(handler!(script))),
    ]
}

async fn script() -> Response {
    let script = script_in(languages::speaking());
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"))], script).into_response()
}

/// The script knows its texts in English.
fn script_in(language: Language) -> Cow<'static, str> {
    let texts = SCRIPT.split("text(\"").skip(1).filter_map(|rest| rest.split_once("\")"));
    let translated = texts.map(|(text, _)| (text, language.translate(text, None))).filter(|(text, same)| text != same);
    let translated: Map<String, Value> = translated.map(|(text, words)| (text.to_owned(), words.into())).collect();
    if translated.is_empty() {
        return SCRIPT.into();
    }
    SCRIPT.replacen("const texts = {};", &format!("const texts = {};", Value::Object(translated)), 1).into()
}

async fn sign_in_form(visitor: Result<Visitor, Response>, door: Door) -> Result<Response> {
    if visitor.is_ok() {
        return Ok(Redirect::to(&door.place.path(&door.auth, "/")).into_response());
    }
    door.sign_in_page(StatusCode::OK, "", Vec::new())
}

async fn sign_in(Knock { door, mut fields }: Knock) -> Result<Response> {
    let typed = fields.typed("email").unwrap_or_default().to_owned();
    let entered = door.enter(&mut fields).await;
    door.auth.metrics().sign_in(door.place.way(), AttemptOutcome::of(entered.as_ref()));
    match entered {
        Ok(entered) => door.next_page(entered),
        Err(refused) => door.refusal_page(refused, &typed),
    }
}

/// The second half of a sign-in to an account with a second factor.
async fn sign_in_with_code(Knock { door, mut fields }: Knock) -> Result<Response> {
    let challenge = door.challenge(&fields).unwrap_or_default();
    let entered = door.enter_with_code(&challenge, &mut fields).await;
    door.auth.metrics().sign_in(Way::SecondFactor, AttemptOutcome::of(entered.as_ref()));
    match entered {
        Ok(session) => Ok(door.welcome(session)),
        Err(error) if is_wrong_code(&error) => door.code_page(error.status(), &challenge, vec![error.message()]),
        Err(refused) => door.refusal_page(refused, ""),
    }
}

/// The second half of a sign-in to an account that must have a second factor and had none.
async fn sign_in_with_setup(visitor: Result<Visitor, Response>, Knock { door, mut fields }: Knock) -> Result<Response> {
    match (door.enter_with_setup(&mut fields).await, visitor) {
        (Ok(page), _) => Ok(page),
        (Err(_), Ok(visitor)) => told(&door.auth, &visitor, Err(codes_lost())).await,
        (Err(refused), Err(_)) => door.refusal_page(refused, ""),
    }
}

/// A sign-in with a passkey, from the page of the password or that of the code.
async fn sign_in_with_passkey(Knock { door, fields }: Knock) -> Result<Response> {
    let entered = door.enter_with_passkey(&fields).await;
    door.auth.metrics().sign_in(Way::Passkey, AttemptOutcome::of(entered.as_ref()));
    match entered {
        Ok(session) => Ok(door.welcome(session)),
        Err(refused) => door.refusal_page(refused, ""),
    }
}

async fn sign_out(State(auth): State<Auth>, Posted { visitor, .. }: Posted) -> Response {
    match sessions::end(&auth, visitor.session(), visitor.user.id, EndedBy::Logout).await {
        Ok(_) => {
            let sign_in = Redirect::to(&visitor.place.path(&auth, "/sign-in/"));
            ([(header::SET_COOKIE, signed_out(&auth, visitor.place))], sign_in).into_response()
        }
        Err(error) => refuse(&auth, error),
    }
}
