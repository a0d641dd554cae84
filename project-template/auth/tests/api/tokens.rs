//! `token/verify/`, `token/claims/` and what is believed of a token.

use std::time::Duration;

use auth::testing::Engine;
use serde_json::{Value, json};

use super::{assert_refused, assert_token_not_valid, claims, start};

const VERIFY: &str = "/jwt-allauth/token/verify/";
const CLAIMS: &str = "/jwt-allauth/token/claims/";

auth::on_both_engines!(
    a_token_of_either_kind_verifies_while_its_session_lives,
    asking_about_a_replayed_token_ends_nothing,
    a_verified_token_is_never_believed_beyond_its_expiry,
);

/// The body of a refused bearer.
pub(super) fn refused_bearer(message: &str) -> Value {
    json!({
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": message }],
    })
}

async fn a_token_of_either_kind_verifies_while_its_session_lives(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let nobody = app.client();
    for token in [&ada.access, &ada.refresh] {
        for _ in 0..2 {
            assert_refused(&nobody.post(VERIFY, &json!({ "token": token })).await, 200, &json!({}));
        }
    }
    ada.post("/jwt-allauth/logout/", &json!({})).await;
    for token in [ada.access.as_str(), &ada.refresh, "garbage", "a.b.c"] {
        assert_token_not_valid(&nobody.post(VERIFY, &json!({ "token": token })).await);
    }
    assert_refused(&nobody.post(VERIFY, &json!({})).await, 400, &json!({ "token": ["This field is required."] }));
}

async fn asking_about_a_replayed_token_ends_nothing(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let old = ada.refresh.clone();
    ada.refresh().await;
    assert_token_not_valid(&ada.post(VERIFY, &json!({ "token": old })).await);
    assert_eq!(ada.refresh().await.status, 200);
}

async fn a_verified_token_is_never_believed_beyond_its_expiry(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let last_second_of_leeway = Duration::from_secs(29);
    app.advance(Duration::from_mins(30) + last_second_of_leeway);
    for _ in 0..3 {
        assert_eq!(ada.get(CLAIMS).await.status, 200);
    }
    app.advance(Duration::from_secs(1));
    assert_refused(&ada.get(CLAIMS).await, 401, &refused_bearer("Token is expired"));
    assert_refused(&ada.get("/jwt-allauth/user/").await, 401, &refused_bearer("Token is expired"));
}

#[tokio::test]
async fn the_claims_are_those_of_the_contract() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let claims = claims(&ada).await;
    let now = 1_800_000_000;
    let expected = json!({
        "token_type": "access", "iat": now, "exp": now + 1_800, "session_iat": now,
        "iss": "jwt-allauth", "aud": "jwt-allauth", "role": 0, "email_verified": false,
        "jti": claims["jti"], "sub": claims["sub"], "user_id": claims["sub"], "session": claims["session"],
    });
    assert_eq!(claims, expected);
    assert!(claims["sub"].is_string() && claims["session"].is_string(), "{claims}");
}

#[tokio::test]
async fn a_token_of_one_kind_is_none_of_the_other() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let swapped = ada.holding(&ada.refresh, &ada.access);
    assert_refused(&swapped.get(CLAIMS).await, 401, &refused_bearer("Token has wrong type"));
    assert_token_not_valid(&swapped.clone().refresh().await);
    assert_eq!(ada.clone().refresh().await.status, 200);
}

#[tokio::test]
async fn a_token_of_another_issuer_or_audience_is_refused() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    for change in ["issuer", "audience"] {
        let other = app.second_instance_with(super::router, |settings| {
            let name = if change == "issuer" { &mut settings.tokens.issuer } else { &mut settings.tokens.audience };
            "another".clone_into(name);
        });
        let mut client = other.await.client();
        client.access.clone_from(&ada.access);
        client.refresh.clone_from(&ada.refresh);
        assert_refused(&client.get(CLAIMS).await, 401, &refused_bearer("Token is invalid"));
        assert_token_not_valid(&client.refresh().await);
    }
}

#[tokio::test]
async fn a_token_that_lives_longer_than_allowed_now_is_refused() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let shorter = app
        .second_instance_with(super::router, |settings| settings.tokens.access_lifetime = Duration::from_mins(5))
        .await;
    let mut client = shorter.client();
    client.access.clone_from(&ada.access);
    assert_refused(&client.get(CLAIMS).await, 401, &refused_bearer("Token is invalid"));
}
