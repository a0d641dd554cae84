//! Setting up a second factor: within a session, or before the first one where it is demanded.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::SetupChallengeNotValid;
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::factors::{self, AlreadyEnrolled, Enrollee, Ready};
use crate::http::Client;
use crate::languages::say;
use crate::login::{self, Terms};
use crate::sessions::{self, Admitted, DbUser, Delivery, Entry, Issued, Method, Proof, SignIn, SigningIn};
use crate::users::{self, User};

/// Makes the setup the second factor of a signed-in user, whose session then has two factors.
///
/// # Errors
/// 400 if another request was first; 401 if the session has ended.
pub(crate) async fn within_session(
    auth: &Auth,
    user: &DbUser,
    client: &Client,
    ready: &Ready,
) -> Result<Vec<SecretString>> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    let proven = sessions::reads_mail(auth, &mut tx, user).await?;
    let codes = factors::finish(auth, &mut tx, (&Enrollee::from(&user.user), proven), ready).await?;
    if sessions::prove(auth, &mut tx, user, client, &Method::Code.into()).await?.is_none() {
        return Err(sessions::session_over());
    }
    tx.commit().await?;
    Ok(codes)
}

/// Makes the setup the second factor of the user of a challenge, and begins the session that waited for it. While the
/// account's address must be verified first, no session begins.
///
/// # Errors
/// 400 or 401 if another request was first, or the account has changed; the error of a hook that refuses.
///
/// Returns the recovery codes, and the session or what else is due before it.
pub(crate) async fn before_session(
    auth: &Auth,
    enrollee: &Enrollee,
    client: &Client,
    proof: Proof,
    ready: &Ready,
) -> Result<(Vec<SecretString>, Option<SignIn>)> {
    let held = enrollee.held().ok_or(SetupChallengeNotValid)?;
    // A sign-up with a taken address waits for a confirmation that never comes.
    let Some(user) = enrollee.user.as_ref().filter(|user| sessions::require(auth, user).is_ok()) else {
        return Ok((enrol(auth, enrollee, ready).await?, None));
    };
    let refused = |reason: Reason| auth.audit().note(Event::of(Kind::SignInFailed, user).because(reason));
    let signing_in = SigningIn { client, proof, remembered: held.remembered };
    let entry = sessions::admit_with_factor(auth, user, &signing_in, (held, &Method::Code.into()), refused).await?;
    Ok(match entry {
        Entry::Open(admitted) => {
            let terms = Terms { proof, forgotten: !held.remembered };
            let (codes, issued) = begin(auth, (enrollee, user), (client, terms), &admitted, ready).await?;
            (codes, Some(SignIn::Session(issued)))
        }
        Entry::Challenge(more) => (enrol(auth, enrollee, ready).await?, Some(SignIn::Challenge(more))),
    })
}

/// Compares the first code of a setup by challenge. As [`factors::compare`], but where another request has set the factor
/// up, the challenge is used: so it is told to a sign-up with a taken address, too.
pub(super) async fn compare_for(auth: &Auth, enrollee: &Enrollee, code: &SecretString) -> Result<Ready> {
    factors::compare(auth, enrollee, code).await.map_err(|error| match error {
        Error::Refused { code, .. } if code == AlreadyEnrolled::REFUSAL.code => SetupChallengeNotValid.into(),
        error => error,
    })
}

/// The answer of the API, with the tokens of a session that begins.
pub(super) fn answer(auth: &Auth, delivery: Delivery, codes: &[SecretString], sign_in: Option<SignIn>) -> Response {
    let mut body = json!({ "success": true, "recovery_codes": exposed(codes) });
    if let Some(sign_in) = sign_in {
        return sign_in.answer(auth, delivery, StatusCode::OK, body);
    }
    body["detail"] = json!(say("Verification e-mail sent."));
    Json(body).into_response()
}

async fn enrol(auth: &Auth, enrollee: &Enrollee, ready: &Ready) -> Result<Vec<SecretString>> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, enrollee.id()).await?;
    let codes = finish(auth, &mut tx, enrollee, ready).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn begin(
    auth: &Auth,
    (enrollee, user): (&Enrollee, &User),
    (client, terms): (&Client, Terms),
    admitted: &Admitted,
    ready: &Ready,
) -> Result<(Vec<SecretString>, Issued)> {
    let mut tx = auth.db().begin().await?;
    let begun = login::begin(auth, &mut tx, user, admitted, client, terms).await?;
    let (issued, evicted) = begun.ok_or(SetupChallengeNotValid)?;
    let codes = finish(auth, &mut tx, enrollee, ready).await?;
    evicted.commit(auth, tx).await?;
    Ok((codes, issued))
}

/// Uses up the challenge and the setup.
async fn finish(auth: &Auth, tx: &mut Tx, enrollee: &Enrollee, ready: &Ready) -> Result<Vec<SecretString>> {
    if !enrollee.take(auth, tx).await? {
        return Err(SetupChallengeNotValid.into());
    }
    let methods = enrollee.held().map_or("", |held| &held.methods);
    let proven = sessions::reads_mail_by(auth, tx, enrollee.id(), methods).await?;
    factors::finish(auth, tx, (enrollee, proven), ready).await
}

/// Recovery codes for the answer that shows them, once.
pub(crate) fn exposed(codes: &[SecretString]) -> Vec<&str> {
    codes.iter().map(ExposeSecret::expose_secret).collect()
}
