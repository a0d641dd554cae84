//! Setting up a second factor: within a session, or before the first one where it is demanded.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::SetupChallengeNotValid;
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::Tx;
use crate::error::Result;
use crate::factors::{self, Challenge, Ready};
use crate::http::Client;
use crate::login::{self, Terms};
use crate::sessions::{self, Admitted, DbUser, Delivery, Entry, Issued, Method, Proof, SignIn, SigningIn};
use crate::users;

/// Makes the setup the second factor of a signed-in user, whose session then has two factors.
///
/// # Errors
/// 400 if another request was first; 401 if the session has ended.
pub(super) async fn within_session(auth: &Auth, user: &DbUser, client: &Client, ready: &Ready) -> Result<Response> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    let proven = sessions::reads_mail(auth, &mut tx, user).await?;
    let codes = factors::finish(auth, &mut tx, (user, proven), ready).await?;
    if sessions::prove(auth, &mut tx, user, client, Method::Code).await?.is_none() {
        return Err(sessions::session_over());
    }
    tx.commit().await?;
    Ok(Json(activated(&codes)).into_response())
}

/// Makes the setup the second factor of the user of a challenge, and begins the session that waited for it. While the
/// account's address must be verified first, no session begins.
///
/// # Errors
/// 400 or 401 if another request was first, or the account has changed; the error of a hook that refuses.
pub(super) async fn before_session(
    auth: &Auth,
    challenge: &Challenge,
    client: &Client,
    delivery: Delivery,
    ready: &Ready,
) -> Result<Response> {
    let user = &challenge.user;
    if sessions::require(auth, user).is_err() {
        let mut body = activated(&enrol(auth, challenge, ready).await?);
        body["detail"] = json!("Verification e-mail sent.");
        return Ok(Json(body).into_response());
    }
    let refused = |reason: Reason| auth.audit().note(Event::of(Kind::SignInFailed, user).because(reason));
    let signing_in = SigningIn { client, proof: Proof::SecondFactor, remembered: challenge.held.remembered };
    let entry = sessions::admit_with_factor(auth, user, &signing_in, &challenge.held, refused).await?;
    let (codes, sign_in) = match entry {
        Entry::Open(admitted) => {
            let (codes, issued) = begin(auth, challenge, client, &admitted, ready).await?;
            (codes, SignIn::Session(issued))
        }
        Entry::Challenge(more) => (enrol(auth, challenge, ready).await?, SignIn::Challenge(more)),
    };
    Ok(sign_in.answer(auth, delivery, StatusCode::OK, activated(&codes)))
}

async fn enrol(auth: &Auth, challenge: &Challenge, ready: &Ready) -> Result<Vec<SecretString>> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, challenge.user.id).await?;
    if !challenge.take(auth, &mut tx).await? {
        return Err(SetupChallengeNotValid.into());
    }
    let codes = finish(auth, &mut tx, challenge, ready).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn finish(auth: &Auth, tx: &mut Tx, challenge: &Challenge, ready: &Ready) -> Result<Vec<SecretString>> {
    let user = &challenge.user;
    let proven = sessions::reads_mail_by(auth, tx, user.id, &challenge.held.methods).await?;
    factors::finish(auth, tx, (user, proven), ready).await
}

async fn begin(
    auth: &Auth,
    challenge: &Challenge,
    client: &Client,
    admitted: &Admitted,
    ready: &Ready,
) -> Result<(Vec<SecretString>, Issued)> {
    let terms = Terms { proof: Proof::SecondFactor, forgotten: !challenge.held.remembered };
    let mut tx = auth.db().begin().await?;
    let begun = login::begin(auth, &mut tx, &challenge.user, admitted, client, terms).await?;
    let (issued, evicted) = begun.ok_or(SetupChallengeNotValid)?;
    if !challenge.take(auth, &mut tx).await? {
        return Err(SetupChallengeNotValid.into());
    }
    let codes = finish(auth, &mut tx, challenge, ready).await?;
    evicted.commit(auth, tx).await?;
    Ok((codes, issued))
}

fn activated(codes: &[SecretString]) -> Value {
    json!({ "success": true, "recovery_codes": exposed(codes) })
}

/// Recovery codes for the answer that shows them, once.
pub(super) fn exposed(codes: &[SecretString]) -> Vec<&str> {
    codes.iter().map(ExposeSecret::expose_secret).collect()
}
