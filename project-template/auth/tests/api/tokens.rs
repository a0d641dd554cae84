//! `token/verify/`, `token/claims/` and what is believed of a token.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use auth::Settings;
use auth::testing::{Client, Engine, TestApp};
use serde_json::{Value, json};

use super::keys::header;
use super::{assert_refused, assert_token_not_valid, at, claims, configured, start};

const VERIFY: &str = "/jwt-allauth/token/verify/";
const CLAIMS: &str = "/jwt-allauth/token/claims/";

auth::on_both_engines!(
    a_token_of_either_kind_verifies_while_its_session_lives,
    asking_about_a_replayed_token_ends_nothing,
    a_verified_token_is_never_believed_beyond_its_expiry,
    a_first_public_url_names_the_issuer_and_signs_nobody_out,
    an_earlier_issuer_counts_where_it_is_named_and_nowhere_else,
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
        "auth_time": now, "amr": ["pwd"],
        "iss": "jwt-allauth", "aud": "jwt-allauth", "client_id": "jwt-allauth", "role": 0, "email_verified": false,
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

/// Another instance of the same server by settings of its own, as after a deployment.
async fn deployed(app: &TestApp, toml: &str) -> TestApp {
    let settings = Settings::load(Path::new("the test"), toml, &BTreeMap::new()).unwrap().tokens;
    app.second_instance_with(super::router, |now| {
        now.tokens.issuer = settings.issuer;
        now.tokens.accepted_issuers = settings.accepted_issuers;
        now.tokens.typ = settings.typ;
    })
    .await
}

async fn refreshed(mut client: Client) -> Client {
    assert_eq!(client.refresh().await.status, 200);
    client
}

async fn a_first_public_url_names_the_issuer_and_signs_nobody_out(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    assert_eq!(claims(&ada).await["iss"], "jwt-allauth");
    let moved = deployed(&app, "[http]\npublic_url = \"https://Auth.example.com/\"").await;
    let mut there = at(&moved, &ada);
    assert_eq!(there.get(CLAIMS).await.body["iss"], "jwt-allauth", "the token that was out");
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(there.get(CLAIMS).await.body["iss"], "https://auth.example.com");
    assert_eq!(there.refresh().await.status, 200);
}

async fn an_earlier_issuer_counts_where_it_is_named_and_nowhere_else(engine: Engine) {
    let old = "[http]\npublic_url = \"https://old.example.com\"";
    let new = "[http]\npublic_url = \"https://new.example.com\"";
    let named = format!("{new}\n[tokens]\naccepted_issuers = [\"https://old.example.com\"]");
    let app = start(engine).await;
    let ada = refreshed(at(&deployed(&app, old).await, &app.signed_in("ada@example.com").await)).await;
    let mut lost = at(&deployed(&app, new).await, &ada);
    assert_refused(&lost.get(CLAIMS).await, 401, &refused_bearer("Token is invalid"));
    assert_token_not_valid(&lost.refresh().await);
    let mut there = at(&deployed(&app, &named).await, &ada);
    assert_eq!(there.get(CLAIMS).await.body["iss"], "https://old.example.com");
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(there.get(CLAIMS).await.body["iss"], "https://new.example.com");
}

#[tokio::test]
async fn an_instance_that_knows_the_next_issuer_accepts_it_before_it_issues_with_it() {
    let next = "[tokens]\naccepted_issuers = [\"https://auth.example.com\"]";
    let app = start(Engine::Sqlite).await;
    let new = deployed(&app, "[http]\npublic_url = \"https://auth.example.com\"").await;
    let ada = refreshed(at(&new, &app.signed_in("ada@example.com").await)).await;
    assert_refused(&at(&app, &ada).get(CLAIMS).await, 401, &refused_bearer("Token is invalid"));
    let mut there = at(&deployed(&app, next).await, &ada);
    assert_eq!(there.get(CLAIMS).await.status, 200);
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(there.get(CLAIMS).await.body["iss"], "jwt-allauth");
}

#[tokio::test]
async fn a_token_names_the_client_that_the_settings_name_or_the_service_itself() {
    let app = configured(Engine::Sqlite, "[tokens]\naudience = \"shop\"").await;
    assert_eq!(claims(&app.signed_in("ada@example.com").await).await["client_id"], "shop");
    let app = configured(Engine::Sqlite, "[tokens]\naudience = \"shop\"\nclaims = { client_id = \"web\" }").await;
    assert_eq!(claims(&app.signed_in("ada@example.com").await).await["client_id"], "web");
}

#[tokio::test]
async fn a_token_that_is_tied_to_something_names_its_client_too() {
    for bind in ["none", "device", "ip", "device+ip"] {
        let app = configured(Engine::Sqlite, &format!("[tokens]\nbind = \"{bind}\"")).await;
        let claims = claims(&app.signed_in("ada@example.com").await).await;
        let tied = ["device", "ip"].map(|what| claims["bind"][what].is_string());
        assert_eq!(tied, ["device", "ip"].map(|what| bind.contains(what)), "{claims}");
        assert_eq!(claims["client_id"], "jwt-allauth");
    }
}

#[tokio::test]
async fn access_tokens_are_of_the_type_that_is_set_and_those_that_were_out_stay_valid() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let changed = deployed(&app, "[tokens]\ntyp = \"JWT\"").await;
    let mut there = at(&changed, &ada);
    assert_eq!((header(&there.access)["typ"].as_str(), there.get(CLAIMS).await.status), (Some("at+jwt"), 200));
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!((header(&there.access)["typ"].as_str(), there.get(CLAIMS).await.status), (Some("JWT"), 200));
    assert_eq!(header(&there.refresh)["typ"], "rt+jwt", "nobody else sees that one");
    assert_refused(&there.holding(&there.refresh, "").get(CLAIMS).await, 401, &refused_bearer("Token has wrong type"));
    let mut back = at(&app, &there);
    assert_refused(&back.get(CLAIMS).await, 401, &refused_bearer("Token has wrong type"));
    assert_eq!(back.refresh().await.status, 200, "a client has another one at once");
    assert_eq!(back.get(CLAIMS).await.status, 200);
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
