//! The options that a page passes to the browser, in the JSON forms of `PublicKeyCredential.parse…OptionsFromJSON()`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::challenge::{Challenge, LIFETIME};
use super::passkey::Passkey;
use super::public_key::ALGORITHMS;
use super::verification::Site;
use crate::Auth;
use crate::users::User;

/// The site of these settings.
pub(super) fn site(auth: &Auth) -> Site {
    let settings = auth.settings();
    let own = settings.http.origin();
    let origins = [own].into_iter().chain(settings.passkeys.origins.iter().cloned()).collect();
    Site { id: settings.http.host_name().to_owned(), origins }
}

/// `PublicKeyCredentialCreationOptionsJSON`. `others` are the passkeys that the account has.
pub(super) fn of_registration(auth: &Auth, user: &User, challenge: &Challenge, others: &[Passkey]) -> Value {
    let names = [user.first_name.as_str(), user.last_name.as_str()];
    let display_name = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    let algorithms = ALGORITHMS.map(|algorithm| json!({ "type": "public-key", "alg": algorithm }));
    json!({
        "rp": {
            "id": site(auth).id,
            "name": auth.settings().passkeys.name.as_deref().unwrap_or(auth.templates().service()),
        },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(user.id),
            "name": user.email.as_written(),
            "displayName": if display_name.is_empty() { user.email.as_written() } else { &display_name },
        },
        "challenge": URL_SAFE_NO_PAD.encode(challenge.bytes),
        "pubKeyCredParams": algorithms,
        "timeout": LIFETIME.as_millis(),
        "excludeCredentials": descriptors(others),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
    })
}

/// `PublicKeyCredentialRequestOptionsJSON`. Without a list of credentials, the user chooses among those of the site.
pub(super) fn of_sign_in(auth: &Auth, challenge: &Challenge, of_user: &[Passkey], verification: &str) -> Value {
    json!({
        "challenge": URL_SAFE_NO_PAD.encode(challenge.bytes),
        "timeout": LIFETIME.as_millis(),
        "rpId": site(auth).id,
        "allowCredentials": descriptors(of_user),
        "userVerification": verification,
    })
}

fn descriptors(passkeys: &[Passkey]) -> Vec<Value> {
    let described = passkeys.iter().map(|passkey| {
        json!({
            "type": "public-key",
            "id": URL_SAFE_NO_PAD.encode(&passkey.credential_id),
            "transports": passkey.transports(),
        })
    });
    described.collect()
}
