//! A proof of who uses the browser, before what an open one must not allow.

use axum::http::{StatusCode, header};
use axum::response::Response;
use minijinja::{Value, context};
use serde_json::Map;

use super::gate::{Posted, Visitor, signed_in};
use crate::Auth;
use crate::error::{Error, Result};
use crate::factors;
use crate::http::{Client, Fields};
use crate::passkeys;
use crate::passwords;
use crate::second_factor::{self, Answer};
use crate::throttle::Action;
use crate::users::User;

pub(crate) enum Proven {
    /// Within the last five minutes.
    Before,
    /// By this form: the answer is to pass through [`Proven::keep`].
    Now,
    /// Ask for it, with the refusal of a wrong one.
    NotYet(Option<Error>),
}

impl Proven {
    /// Has the browser keep the proof for five minutes.
    pub(crate) fn keep(&self, auth: &Auth, visitor: &Visitor, mut answer: Response) -> Response {
        if matches!(self, Self::Now) {
            let cookie = signed_in(auth, visitor.place, visitor.session());
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        answer
    }
}

/// Whether the user of the form has recently proven who they are, or proves it with the form.
///
/// # Errors
/// Only those that are nobody's guess.
pub(crate) async fn prove(auth: &Auth, client: &Client, posted: &mut Posted) -> Result<Proven> {
    if posted.visitor.is_proven(auth.now()) {
        return Ok(Proven::Before);
    }
    match by_form(auth, client, posted).await {
        Ok(true) => Ok(Proven::Now),
        Ok(false) => Ok(Proven::NotYet(None)),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => Ok(Proven::NotYet(Some(error))),
    }
}

/// False if the form has no proof.
async fn by_form(auth: &Auth, client: &Client, posted: &mut Posted) -> Result<bool> {
    let (me, fields) = (posted.visitor.as_db_user(), &mut posted.fields);
    let credential = credential(fields, "proof_credential").filter(|_| auth.settings().passkeys.enabled);
    if let Some(credential) = credential {
        auth.throttle().limit_client(Action::LoginPasskey, client).await?;
        let challenge = fields.typed("proof_challenge").unwrap_or_default().to_owned();
        second_factor::prove_by_passkey(auth, &me, client, Answer { challenge, credential }).await?;
        return Ok(true);
    }
    if fields.has("proof_code") {
        auth.throttle().limit_client(Action::SecondFactor, client).await?;
        let code = fields.secret("proof_code").ok_or(factors::CodeWrong)?;
        second_factor::prove_by_code(auth, &me, client, code).await?;
        return Ok(true);
    }
    if !fields.has("password") {
        return Ok(false);
    }
    let password = fields.secret("password").unwrap_or_default();
    if passwords::is_own(auth, &me, client, password, posted.visitor.place.reason()).await? {
        return Ok(true);
    }
    Err(Error::refused(StatusCode::FORBIDDEN, "That is not your password.", "incorrect_credentials"))
}

/// The response of a browser about a passkey, which the script writes into a field.
pub(super) fn credential(fields: &Fields, name: &str) -> Option<Map<String, serde_json::Value>> {
    let text = fields.typed(name).filter(|text| !text.is_empty())?;
    // What is no object is no credential: it is refused as such.
    Some(serde_json::from_str(text).unwrap_or_default())
}

/// The ways to prove it that an account has, for the template: `password` or else `code`, and `passkey`.
pub(crate) async fn ways(auth: &Auth, user: &User) -> Result<Value> {
    let (has_password, has_app) = (user.password_hash.is_some(), factors::is_enrolled(auth, user.id).await?);
    let has_passkey = offers_passkeys(auth) && !passkeys::all_of_user(auth, user.id).await?.is_empty();
    Ok(context! {
        password => has_password,
        code => !has_password && has_app,
        passkey => has_passkey.then(|| options_path(auth)),
    })
}

/// Whether a browser can use passkeys here.
pub(super) fn offers_passkeys(auth: &Auth) -> bool {
    let settings = auth.settings();
    settings.passkeys.enabled && !settings.passkeys.is_without_site(&settings.http)
}

/// Where the script gets the options for a passkey.
pub(super) fn options_path(auth: &Auth) -> String {
    auth.settings().http.path("/login/passkey/options/")
}
