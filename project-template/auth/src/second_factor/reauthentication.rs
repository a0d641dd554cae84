//! `reauthenticate/`: another proof of identity within a session, before what asks for a recent one.

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::passkey_routes::read;
use super::{Answer, PasskeyWrong, PasswordWrong, Proven};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::Result;
use crate::error::shared::Throttled;
use crate::factors::{self, CodeWrong, Locked, NotEnrolled, Presented};
use crate::http::{Client, Fields};
use crate::openapi::{Api, at, bodies, routes};
use crate::passwords;
use crate::sessions::{self, DbUser, Issued, Method};
use crate::throttle::Action;
use crate::users;

pub(super) fn add(api: Api) -> Api {
    at(api, routes!(reauthenticate))
}

bodies! {
    /// A password, a code, or a passkey with its challenge.
    #[schema(example = json!({ "password": "correct horse battery staple" }))]
    struct Reauthentication {
        #[schema(required = false, format = Password, min_length = 1, max_length = 1024)]
        password: String,
        /// A code of the account's authenticator app.
        #[schema(required = false)]
        code: String,
        /// From `login/passkey/options/`.
        #[schema(required = false)]
        challenge_id: String,
        /// `AuthenticationResponseJSON`, for these options.
        #[schema(required = false, value_type = Object)]
        credential: Value,
    }

    /// Another access token, whose `auth_time` is now. The session goes on, with the refresh token it has.
    #[schema(example = json!({
        "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
        "expires_in": 1800,
    }))]
    struct Reauthenticated {
        /// To be sent as `Authorization: Bearer`.
        access: String,
        /// Seconds until the access token expires.
        expires_in: u32,
    }
}

/// Proves again whose session this is, with the password, a code of the authenticator app, or a passkey.
///
/// Actions that ask for a recent proof are then allowed for five minutes.
#[utoipa::path(
    post, path = "/reauthenticate/", operation_id = "reauthenticate", tag = "Sessions",
    request_body = Reauthentication, security(("bearer" = [])),
    responses(
        (status = 200, description = "Proven.", body = Reauthenticated),
        PasswordWrong,
        CodeWrong,
        PasskeyWrong,
        NotEnrolled,
        Locked,
        Throttled,
    ),
)]
async fn reauthenticate(
    State(auth): State<Auth>,
    user: DbUser,
    client: Client,
    mut fields: Fields,
) -> Result<Response> {
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let is_passkey = ["challenge_id", "credential"].iter().any(|name| fields.has(name));
    let issued = if is_passkey && auth.settings().passkeys.enabled {
        let answer = read(&mut fields, "challenge_id");
        let answer = fields.finish_with(answer)?;
        prove_by_passkey(&auth, &user, &client, answer).await?
    } else if fields.has("code") {
        let code = fields.secret("code");
        let code = fields.finish_with(code)?;
        prove_by_code(&auth, &user, &client, code).await?
    } else {
        let password = fields.secret("password");
        let password = fields.finish_with(password)?;
        if !passwords::is_own(&auth, &user, &client, password, Reason::Reauthentication).await? {
            return Err(PasswordWrong.into());
        }
        by_password(&auth, &user, &client).await?
    };
    let body = json!({
        "access": issued.access,
        "expires_in": (issued.access_until - auth.now()).whole_seconds(),
    });
    Ok((AppendHeaders(sessions::access_cookies(&auth, issued)), Json(body)).into_response())
}

async fn by_password(auth: &Auth, user: &DbUser, client: &Client) -> Result<Issued> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    let issued = sessions::prove(auth, &mut tx, user, client, &Method::Password.into()).await?;
    let issued = issued.ok_or_else(sessions::session_over)?;
    auth.audit().write(&mut tx, Event::of(Kind::Reauthenticated, &**user).session(user.session)).await?;
    tx.commit().await?;
    Ok(issued)
}

/// Proves anew who the user of a session is, with a code of their authenticator app, which is used up.
///
/// # Errors
/// 400 if the code is wrong or there is no second factor; 429 after too many wrong ones; 401 if the session has ended.
pub(crate) async fn prove_by_code(auth: &Auth, user: &DbUser, client: &Client, code: SecretString) -> Result<Issued> {
    let right = factors::of_session(auth, user, Presented::Code(code)).await?;
    by(auth, user, client, Proven::Code(right)).await
}

/// As [`prove_by_code`], with a passkey's answer to the options of a sign-in.
///
/// # Errors
/// 400 if it is wrong, or another account's; 429 after too many wrong ones; 401 if the session has ended.
pub(crate) async fn prove_by_passkey(auth: &Auth, user: &DbUser, client: &Client, answer: Answer) -> Result<Issued> {
    by(auth, user, client, Proven::by_passkey_in_session(auth, user, answer).await?).await
}

async fn by(auth: &Auth, user: &DbUser, client: &Client, proven: Proven) -> Result<Issued> {
    match by_factor(auth, user, client, &proven).await {
        Ok(Some(issued)) => Ok(issued),
        Ok(None) => Err(proven.right().was_used(auth).await?),
        Err(error) => {
            proven.right().keep(auth).await?;
            Err(error)
        }
    }
}

/// None if another request used the code, or the passkey's answer, first.
async fn by_factor(auth: &Auth, user: &DbUser, client: &Client, proven: &Proven) -> Result<Option<Issued>> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    if !proven.spend(auth, &mut tx).await? {
        return Ok(None);
    }
    let issued = sessions::prove(auth, &mut tx, user, client, &proven.methods()).await?;
    let issued = issued.ok_or_else(sessions::session_over)?;
    let reason = match proven {
        Proven::Code(_) => Reason::SecondFactor,
        Proven::Passkey(..) => Reason::Passkey,
    };
    let event = Event::of(Kind::Reauthenticated, &**user).session(user.session);
    auth.audit().write(&mut tx, event.because(reason)).await?;
    tx.commit().await?;
    Ok(Some(issued))
}
