//! Checks of the claims of a token whose signature is valid.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AccessClaims, Refusal, Rules, Typ};

const NOW: i64 = 1_800_000_000;

/// The verdict on a token with these claims in place of those that this server writes.
fn judged(changes: &Value) -> Result<(), Refusal> {
    let rules = Rules {
        issuer: "an issuer".into(),
        accepted_issuers: Vec::new(),
        audience: "an audience".into(),
        typ: Typ::AccessToken,
        access_lifetime: Duration::from_mins(30),
        leeway: Duration::from_secs(30),
        iat_leeway: Duration::from_mins(5),
    };
    let mut claims = json!({
        "token_type": "access", "exp": NOW + 60, "iat": NOW, "jti": "x", "iss": rules.issuer, "aud": rules.audience,
        "sub": Uuid::nil(), "user_id": Uuid::nil(), "session": Uuid::nil(), "session_iat": NOW, "role": 0,
        "email_verified": false,
    });
    let members = claims.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    let claims = AccessClaims::decode(members.clone(), &rules).ok_or(Refusal::Invalid)?;
    claims.check_time(OffsetDateTime::from_unix_timestamp(NOW).expect("a time"), &rules)
}

#[test]
fn times_are_whole_numbers_and_include_now() {
    let (window, leeway, iat_leeway) = (1_800, 30, 300);
    for good in [
        json!({}),
        json!({ "nbf": NOW }),
        json!({ "iat": NOW + iat_leeway, "nbf": NOW + leeway, "exp": NOW + iat_leeway + window }),
        json!({ "iat": NOW - window, "exp": NOW - leeway + 1 }),
    ] {
        assert_eq!(judged(&good), Ok(()), "{good}");
    }
    for not_valid in [
        json!({ "nbf": NOW + leeway + 1 }),
        json!({ "nbf": NOW.to_string() }),
        json!({ "nbf": null }),
        json!({ "iat": NOW + iat_leeway + 1, "exp": NOW + iat_leeway + 60 }),
        json!({ "exp": (NOW + 60).to_string() }),
        json!({ "exp": 1e300 }),
        json!({ "exp": null }),
        json!({ "exp": i64::MAX, "iat": i64::MIN }),
        json!({ "exp": NOW + window + 1 }),
    ] {
        assert_eq!(judged(&not_valid), Err(Refusal::Invalid), "{not_valid}");
    }
    assert_eq!(judged(&json!({ "iat": NOW - window, "exp": NOW - leeway })), Err(Refusal::Expired));
}

#[test]
fn an_issuer_an_audience_and_a_kind_are_the_ones_that_are_expected() {
    for foreign in [
        json!({ "iss": "somebody" }),
        json!({ "iss": null }),
        json!({ "aud": "another service" }),
        json!({ "aud": ["another service"] }),
        json!({ "token_type": "refresh" }),
        json!({ "user_id": Uuid::max() }),
        json!({ "sub": "ada" }),
        json!({ "jti": 7 }),
    ] {
        assert_eq!(judged(&foreign), Err(Refusal::Invalid), "{foreign}");
    }
}
