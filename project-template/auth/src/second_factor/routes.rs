//! `mfa/`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::enrolment::{answer, before_session, compare_for, exposed, within_session};
use super::{
    Enrolling, MfaDisabled, MfaRequired, PasswordWrong, SetupChallengeNotValid, code, own, require_enabled,
    require_fresh, sign_in,
};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::Throttled;
use crate::factors::{
    self, AlreadyEnrolled, ChallengeNotValid, CodeWrong, Enrollee, Locked, NotEnrolled, Presented, RecoveryCodeWrong,
    SetupNotBegun, TooManyGuesses,
};
use crate::http::{Client, Fields};
use crate::metrics::{AttemptOutcome, Way};
use crate::openapi::{Api, at, bodies, routes};
use crate::sessions::{
    CurrentUser, DbUser, Delivery, EmailNotVerified, NotFresh, Prefer, Proof, Tokens, TooManyDevices,
};
use crate::throttle::Action;

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(setup));
    let api = at(api, routes!(activate));
    let api = at(api, routes!(verify));
    let api = at(api, routes!(verify_recovery));
    let api = at(api, routes!(deactivate));
    let api = at(api, routes!(authenticators));
    let api = at(api, routes!(recovery_codes));
    super::reauthentication::add(super::passkey_routes::add(api))
}

bodies! {
    /// Who sets up a second factor.
    #[schema(example = json!({}))]
    struct SecondFactorSetup {
        /// From an answer with `mfa_setup_required`. Without it, the access token says who it is.
        #[schema(required = false)]
        setup_challenge_id: String,
    }

    /// A secret for an authenticator app, shown once.
    #[schema(example = json!({
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "provisioning_uri": "otpauth://totp/Acme:ada@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme",
        "qr_code": "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 53 53\"></svg>",
    }))]
    struct SecondFactorSecret {
        /// In Base32, to be typed.
        secret: String,
        /// The same as an address.
        provisioning_uri: String,
        /// The address as a QR code: an SVG image.
        qr_code: String,
    }

    /// The first code of an authenticator app.
    #[schema(example = json!({ "code": "123456" }))]
    struct SecondFactorActivation {
        #[schema(min_length = 6)]
        code: String,
        /// As at `mfa/setup/`.
        #[schema(required = false)]
        setup_challenge_id: String,
    }

    /// The second factor counts from now on. With a challenge, the session that waited for it begins.
    #[schema(example = json!({
        "success": true,
        "recovery_codes": [
            "04829175", "19384756", "28374651", "37465128", "46512837", "51283746", "65128374", "74651283", "82837465", "92837465",
        ],
    }))]
    struct SecondFactorActivated {
        success: bool,
        /// Each is accepted once in place of a code, shown here and never again.
        recovery_codes: Vec<String>,
        /// "Verification e-mail sent.", if no session begins before the address is verified.
        #[schema(required = false)]
        detail: String,
        /// To be sent as `Authorization: Bearer`.
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
    }

    /// A code of an authenticator app.
    #[schema(example = json!({ "challenge_id": "9f86d081884c7d659a2feaa0c55ad015", "code": "123456" }))]
    struct SecondFactorCode {
        /// From an answer with `mfa_required`.
        #[schema(min_length = 1)]
        challenge_id: String,
        #[schema(min_length = 6)]
        code: String,
    }

    /// A recovery code.
    #[schema(example = json!({ "challenge_id": "9f86d081884c7d659a2feaa0c55ad015", "recovery_code": "04829175" }))]
    struct RecoveryCode {
        /// From an answer with `mfa_required`.
        #[schema(min_length = 1)]
        challenge_id: String,
        #[schema(min_length = 1)]
        recovery_code: String,
    }

    /// The account's password.
    #[schema(example = json!({ "password": "correct horse battery staple" }))]
    struct SecondFactorRemoval {
        /// Needed where the account has one.
        #[schema(required = false, format = Password, min_length = 1, max_length = 1024)]
        password: String,
        /// A code of the authenticator app, where the account has no password.
        #[schema(required = false)]
        code: String,
    }

    /// The result.
    #[schema(example = json!({ "success": true }))]
    struct SecondFactorRemoved {
        success: bool,
    }

    /// Ten recovery codes, shown once.
    #[schema(example = json!({ "recovery_codes": [
        "04829175", "19384756", "28374651", "37465128", "46512837", "51283746", "65128374", "74651283", "82837465", "92837465",
    ] }))]
    struct RecoveryCodes {
        recovery_codes: Vec<String>,
    }
}

/// Makes a secret for an authenticator app. It counts after its first code, at `mfa/activate/`.
///
/// The secret is valid for `mfa.challenge_lifetime`, or until there is another one.
#[utoipa::path(
    post, path = "/mfa/setup/", operation_id = "setUpSecondFactor", tag = "Second factor",
    request_body = SecondFactorSetup, security((), ("bearer" = [])),
    responses(
        (status = 200, description = "The secret.", body = SecondFactorSecret),
        AlreadyEnrolled,
        SetupChallengeNotValid,
        NotFresh,
        MfaDisabled,
        Throttled,
    ),
)]
async fn setup(
    State(auth): State<Auth>,
    client: Client,
    user: Result<DbUser>,
    token: Result<CurrentUser>,
    mut fields: Fields,
) -> Result<Json<Value>> {
    let enrolling = Enrolling::of(&auth, &mut fields, user, token).await?;
    require_enabled(&auth)?;
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let shown = match enrolling {
        Enrolling::Session(user, token) => {
            require_fresh(&auth, &token)?;
            factors::begin(&auth, &Enrollee::from(&user.user)).await?
        }
        Enrolling::Challenge(enrollee) => factors::begin(&auth, &enrollee).await?,
    };
    Ok(Json(json!({ "secret": shown.secret, "provisioning_uri": shown.uri, "qr_code": shown.qr_code })))
}

/// Makes the secret of `mfa/setup/` the account's second factor, with the app's first code.
///
/// A wrong code leaves the secret valid. The code does not sign in, too.
#[utoipa::path(
    post, path = "/mfa/activate/", operation_id = "activateSecondFactor", tag = "Second factor",
    request_body = SecondFactorActivation, params(Prefer), security((), ("bearer" = [])),
    responses(
        (status = 200, description = "Activated.", body = SecondFactorActivated),
        SetupNotBegun,
        CodeWrong,
        AlreadyEnrolled,
        SetupChallengeNotValid,
        MfaDisabled,
        TooManyDevices,
        Throttled,
    ),
)]
async fn activate(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    user: Result<DbUser>,
    token: Result<CurrentUser>,
    mut fields: Fields,
) -> Result<Response> {
    let enrolling = Enrolling::of(&auth, &mut fields, user, token).await?;
    require_enabled(&auth)?;
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let code = code(&mut fields);
    let code = fields.finish_with(code)?;
    match enrolling {
        Enrolling::Session(user, _) => {
            let ready = factors::compare(&auth, &Enrollee::from(&user.user), &code).await?;
            let codes = within_session(&auth, &user, &client, &ready).await?;
            Ok(Json(json!({ "success": true, "recovery_codes": exposed(&codes) })).into_response())
        }
        Enrolling::Challenge(enrollee) => {
            let ready = compare_for(&auth, &enrollee, &code).await?;
            let proof = Proof::SecondFactor;
            let (codes, sign_in) = before_session(&auth, &enrollee, &client, proof, &ready).await?;
            Ok(answer(&auth, delivery, &codes, sign_in))
        }
    }
}

/// Signs in with a code of the authenticator app.
///
/// `challenge_id` is from the answer to the sign-in, which was right so far.
#[utoipa::path(
    post, path = "/mfa/verify/", operation_id = "verifySecondFactor", tag = "Second factor",
    request_body = SecondFactorCode, params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = Tokens),
        ChallengeNotValid,
        CodeWrong,
        TooManyGuesses,
        EmailNotVerified,
        TooManyDevices,
        MfaDisabled,
        Locked,
        Throttled,
    ),
)]
async fn verify(State(auth): State<Auth>, client: Client, delivery: Delivery, mut fields: Fields) -> Result<Response> {
    require_enabled(&auth)?;
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let challenge = fields.text("challenge_id");
    let code = code(&mut fields);
    let (challenge, code) = fields.finish_with(challenge.zip(code))?;
    signed_in(&auth, &client, delivery, &challenge, Presented::Code(code)).await
}

/// Signs in with a recovery code, where the authenticator app is lost. The code is used up.
#[utoipa::path(
    post, path = "/mfa/verify-recovery/", operation_id = "verifyRecoveryCode", tag = "Second factor",
    request_body = RecoveryCode, params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = Tokens),
        ChallengeNotValid,
        RecoveryCodeWrong,
        TooManyGuesses,
        EmailNotVerified,
        TooManyDevices,
        MfaDisabled,
        Locked,
        Throttled,
    ),
)]
async fn verify_recovery(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    mut fields: Fields,
) -> Result<Response> {
    require_enabled(&auth)?;
    auth.throttle().limit_client(Action::SecondFactor, &client).await?;
    let challenge = fields.text("challenge_id");
    let code = fields.secret("recovery_code");
    let (challenge, code) = fields.finish_with(challenge.zip(code))?;
    signed_in(&auth, &client, delivery, &challenge, Presented::RecoveryCode(code)).await
}

async fn signed_in(
    auth: &Auth,
    client: &Client,
    delivery: Delivery,
    challenge: &str,
    presented: Presented,
) -> Result<Response> {
    let proof = match &presented {
        Presented::Code(_) => Proof::SecondFactor,
        Presented::RecoveryCode(_) => Proof::RecoveryCode,
    };
    let issued = sign_in(auth, client, challenge, presented, proof).await;
    auth.metrics().sign_in(Way::SecondFactor, AttemptOutcome::of(issued.as_ref()));
    Ok(delivery.answer(auth, StatusCode::OK, issued?, json!({})))
}

/// Removes the account's second factor and its recovery codes, and ends its other sessions.
#[utoipa::path(
    post, path = "/mfa/deactivate/", operation_id = "deactivateSecondFactor", tag = "Second factor",
    request_body = SecondFactorRemoval, security(("bearer" = [])),
    responses(
        (status = 200, description = "Removed.", body = SecondFactorRemoved),
        PasswordWrong,
        CodeWrong,
        NotEnrolled,
        MfaDisabled,
        MfaRequired,
        Locked,
        Throttled,
    ),
)]
async fn deactivate(State(auth): State<Auth>, user: DbUser, client: Client, fields: Fields) -> Result<Json<Value>> {
    require_enabled(&auth)?;
    own::deactivate(&auth, &user, &client, fields).await?;
    Ok(Json(json!({ "success": true })))
}

/// A second factor as its owner sees it. Nothing of it is secret.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11", "type": "totp", "created_at": "2027-01-15T08:00:00Z",
    "last_used_at": null,
}))]
struct Authenticator {
    id: Uuid,
    /// `totp`: an authenticator app. `recovery_codes`.
    r#type: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    last_used_at: Option<OffsetDateTime>,
}

/// The account's second factors; none before one is set up.
#[utoipa::path(
    get, path = "/mfa/authenticators/", operation_id = "listAuthenticators", tag = "Second factor",
    security(("bearer" = [])),
    responses((status = 200, description = "The second factors.", body = Vec<Authenticator>), MfaDisabled),
)]
async fn authenticators(State(auth): State<Auth>, user: DbUser) -> Result<Json<Vec<Authenticator>>> {
    require_enabled(&auth)?;
    let Some(found) = factors::overview(&auth, user.id).await? else { return Ok(Json(Vec::new())) };
    let app =
        Authenticator { id: found.id, r#type: "totp", created_at: found.created_at, last_used_at: found.last_used_at };
    let recovery = Authenticator {
        id: found.recovery_id,
        r#type: "recovery_codes",
        created_at: found.recovery_created_at,
        last_used_at: found.recovery_last_used_at,
    };
    Ok(Json(vec![app, recovery]))
}

/// Makes ten other recovery codes; the earlier ones are void.
///
/// It takes a sign-in, or `reauthenticate/`, within the last five minutes.
#[utoipa::path(
    post, path = "/mfa/recovery-codes/", operation_id = "renewRecoveryCodes", tag = "Second factor",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The codes.", body = RecoveryCodes),
        NotEnrolled,
        NotFresh,
        MfaDisabled,
    ),
)]
async fn recovery_codes(State(auth): State<Auth>, user: DbUser, token: CurrentUser) -> Result<Response> {
    require_enabled(&auth)?;
    require_fresh(&auth, &token)?;
    let renewal = own::renew_recovery_codes(&auth, &user).await?;
    Ok(Json(json!({ "recovery_codes": exposed(&renewal.codes) })).into_response())
}
