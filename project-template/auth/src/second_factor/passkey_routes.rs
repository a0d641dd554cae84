//! `mfa/verify-passkey/`: a passkey as the second factor.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::sign_in::sign_in_with_passkey;
use super::{Answer, MfaDisabled, PasskeyWrong, require_enabled};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::{NotFound, Throttled};
use crate::factors::{self, ChallengeNotValid, Locked, TooManyGuesses};
use crate::http::{Client, Fields};
use crate::metrics::{AttemptOutcome, Way};
use crate::openapi::{Api, at, bodies, routes};
use crate::passkeys::{self, PasskeyOptions};
use crate::sessions::{Delivery, EmailNotVerified, Prefer, Tokens, TooManyDevices};
use crate::throttle::Action;

pub(super) fn add(api: Api) -> Api {
    at(at(api, routes!(begin)), routes!(verify))
}

bodies! {
    /// A sign-in that waits for its second factor.
    #[schema(example = json!({ "challenge_id": "9f86d081884c7d659a2feaa0c55ad015" }))]
    struct SecondFactorPasskeyRequest {
        /// From an answer with `mfa_required`.
        #[schema(min_length = 1)]
        challenge_id: String,
    }

    /// A browser's response to the options.
    #[schema(example = json!({
        "challenge_id": "9f86d081884c7d659a2feaa0c55ad015",
        "passkey_challenge_id": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o",
        "credential": {
            "type": "public-key", "id": "bZULJB3slAOynELBOy0KPg", "rawId": "bZULJB3slAOynELBOy0KPg",
            "response": {
                "clientDataJSON": "e30", "authenticatorData": "oA", "signature": "oA", "userHandle": "AZmj7x98fDGaQw4vihttIA",
            },
            "clientExtensionResults": {},
        },
    }))]
    struct SecondFactorPasskey {
        /// From the answer with `mfa_required`.
        #[schema(min_length = 1)]
        challenge_id: String,
        /// The `challenge_id` of the options.
        #[schema(min_length = 1)]
        passkey_challenge_id: String,
        /// `AuthenticationResponseJSON`: what `toJSON()` of the credential returns.
        #[schema(value_type = Object)]
        credential: Value,
    }
}

/// # Errors
/// 403 `mfa_disabled`; 404 if there are no passkeys here.
fn require_passkeys(auth: &Auth) -> Result<()> {
    require_enabled(auth)?;
    if auth.settings().passkeys.enabled { Ok(()) } else { Err(NotFound.into()) }
}

/// Begins to show a passkey as the second factor of a sign-in.
///
/// The options list the passkeys of the account, which only its user gets this far to see.
#[utoipa::path(
    post, path = "/mfa/verify-passkey/options/", operation_id = "beginSecondFactorPasskey", tag = "Second factor",
    request_body = SecondFactorPasskeyRequest,
    responses(
        (status = 200, description = "The options for `navigator.credentials.get()`.", body = PasskeyOptions),
        ChallengeNotValid,
        PasskeyWrong,
        MfaDisabled,
        NotFound,
        Throttled,
    ),
)]
async fn begin(State(auth): State<Auth>, client: Client, mut fields: Fields) -> Result<Json<Value>> {
    require_passkeys(&auth)?;
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let challenge = fields.text("challenge_id");
    let challenge = fields.finish_with(challenge)?;
    let challenge = factors::find(&auth, &challenge).await?.ok_or(ChallengeNotValid)?;
    let options = passkeys::options_of(&auth, &challenge.user, !challenge.held.ways.app, challenge.name()).await?;
    Ok(Json(options.ok_or(PasskeyWrong)?))
}

/// Signs in with a passkey as the second factor.
#[utoipa::path(
    post, path = "/mfa/verify-passkey/", operation_id = "verifySecondFactorPasskey", tag = "Second factor",
    request_body = SecondFactorPasskey, params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = Tokens),
        ChallengeNotValid,
        PasskeyWrong,
        TooManyGuesses,
        EmailNotVerified,
        TooManyDevices,
        MfaDisabled,
        NotFound,
        Locked,
        Throttled,
    ),
)]
async fn verify(State(auth): State<Auth>, client: Client, delivery: Delivery, mut fields: Fields) -> Result<Response> {
    require_passkeys(&auth)?;
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let challenge = fields.text("challenge_id");
    let answer = read(&mut fields, "passkey_challenge_id");
    let (challenge, answer) = fields.finish_with(challenge.zip(answer))?;
    let issued = sign_in_with_passkey(&auth, &client, &challenge, answer).await;
    auth.metrics().sign_in(Way::SecondFactor, AttemptOutcome::of(issued.as_ref()));
    Ok(delivery.answer(&auth, StatusCode::OK, issued?, json!({})))
}

/// A passkey's answer, whose challenge has this name.
pub(super) fn read(fields: &mut Fields, challenge: &'static str) -> Option<Answer> {
    let challenge = fields.text(challenge);
    let credential = fields.object("credential");
    challenge.zip(credential).map(|(challenge, credential)| Answer { challenge, credential })
}
