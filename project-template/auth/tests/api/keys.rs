//! The keys that sign: their algorithms, their publication, their rotation.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD, RSA, TestApp};
use auth::tokens::Algorithm;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{assert_refused, assert_token_not_valid, at, configured, router, start, tokens::refused_bearer};

const JWKS: &str = "/.well-known/jwks.json";

auth::on_both_engines!(tokens_of_an_old_key_stay_valid, a_retry_over_a_rotation_of_keys_makes_no_fork);

/// The header of a token.
pub(super) fn header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

async fn jwks(app: &TestApp) -> Vec<Value> {
    app.client().get("/.well-known/jwks.json").await.body["keys"].as_array().unwrap().clone()
}

async fn assert_signs(app: &TestApp, algorithm: &str) {
    let mut ada = app.signed_in("ada@example.com").await;
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200);
    let access = header(&ada.access);
    assert_eq!((&access["alg"], &access["typ"]), (&json!(algorithm), &json!("at+jwt")));
    assert_eq!(header(&ada.refresh)["typ"], "rt+jwt");
    assert_ne!(header(&ada.refresh)["kid"], access["kid"], "another key, which nobody is given");
}

async fn assert_published(app: &TestApp, algorithm: &str, members: &[&str]) {
    let keys = jwks(app).await;
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, members, "public members and no others");
    assert_eq!((&key["alg"], &key["use"]), (&json!(algorithm), &json!("sig")));
    let mut ada = app.client();
    ada.login("ada@example.com", PASSWORD).await;
    assert_eq!(key["kid"], header(&ada.access)["kid"]);
}

#[tokio::test]
async fn an_edwards_curve_signs_by_default() {
    let app = start(Engine::Sqlite).await;
    assert_signs(&app, "EdDSA").await;
    assert_published(&app, "EdDSA", &["alg", "crv", "kid", "kty", "use", "x"]).await;
}

#[tokio::test]
async fn es256_signs_by_setting() {
    let app = configured(Engine::Sqlite, "[tokens]\nalgorithm = \"ES256\"").await;
    assert_signs(&app, "ES256").await;
    assert_published(&app, "ES256", &["alg", "crv", "kid", "kty", "use", "x", "y"]).await;
}

#[tokio::test]
async fn rs256_signs_by_setting() {
    let key = RSA.replace('+', "-").replace('/', "_");
    let settings = format!("[tokens]\nalgorithm = \"RS256\"\nkeys = [\"{}\"]", key.trim_end_matches('='));
    let app = configured(Engine::Sqlite, &settings).await;
    assert_signs(&app, "RS256").await;
    assert_published(&app, "RS256", &["alg", "e", "kid", "kty", "n", "use"]).await;
}

#[tokio::test]
async fn hs256_signs_by_setting_and_publishes_nothing() {
    let app = configured(Engine::Sqlite, "[tokens]\nalgorithm = \"HS256\"").await;
    assert_signs(&app, "HS256").await;
    assert_eq!(app.client().get("/.well-known/jwks.json").await.body, json!({ "keys": [] }));
}

async fn tokens_of_an_old_key_stay_valid(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    app.add_key("0002", Algorithm::EdDsa, None);
    let rotated = app.second_instance(router).await;
    assert_eq!(jwks(&rotated).await.len(), 2);
    let mut there = at(&rotated, &ada);
    assert_eq!(there.get("/jwt-allauth/user/").await.status, 200);
    assert_eq!(there.refresh().await.status, 200);
    assert_ne!(header(&there.access)["kid"], header(&ada.access)["kid"]);
    assert_ne!(header(&there.refresh)["kid"], header(&ada.refresh)["kid"]);
    assert_eq!(there.refresh().await.status, 200);
}

async fn a_retry_over_a_rotation_of_keys_makes_no_fork(engine: Engine) {
    let app = configured(engine, "[sessions]\nretry_window = \"10s\"").await;
    let mut ada = app.signed_in("ada@example.com").await;
    let tab = ada.clone();
    ada.refresh().await;
    app.add_key("0002", Algorithm::EdDsa, None);
    let rotated = app.second_instance(router).await;
    let mut tab = at(&rotated, &tab);
    assert_eq!(tab.refresh().await.status, 200);
    assert_eq!(tab.refresh().await.status, 200, "the successor is the live one, whichever key signed it");
    app.advance(Duration::from_secs(11));
    assert_token_not_valid(&at(&rotated, &ada).refresh().await);
    assert_token_not_valid(&tab.refresh().await);
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs() {
    let app = start(Engine::Sqlite).await;
    app.add_key("0002", Algorithm::EdDsa, Some("2027-01-15T08:10:00Z"));
    let app = app.second_instance(router).await;
    let keys = jwks(&app).await;
    assert_eq!(keys.len(), 2);
    let mut ada = app.signed_in("ada@example.com").await;
    assert_eq!(header(&ada.access)["kid"], keys[1]["kid"], "the old one signs");
    app.advance(Duration::from_mins(10));
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(header(&ada.access)["kid"], keys[0]["kid"], "the new one signs");
}

#[tokio::test]
async fn the_algorithm_can_be_changed_while_tokens_are_out() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    app.add_key("0002", Algorithm::Es256, None);
    let changed = app.second_instance_with(router, |settings| settings.tokens.algorithm = Algorithm::Es256).await;
    let mut there = at(&changed, &ada);
    assert_eq!(there.get("/jwt-allauth/user/").await.status, 200);
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(header(&there.access)["alg"], "ES256");
}

#[tokio::test]
async fn a_change_of_algorithm_waits_until_the_new_key_was_published_for_long() {
    let app = start(Engine::Sqlite).await;
    app.add_key("0002", Algorithm::Es256, Some("2027-01-15T08:10:00Z"));
    let app = app.second_instance_with(router, |settings| settings.tokens.algorithm = Algorithm::Es256).await;
    assert_eq!(jwks(&app).await.len(), 2);
    let mut ada = app.signed_in("ada@example.com").await;
    assert_eq!(header(&ada.access)["alg"], "EdDSA", "the key that everybody has");
    app.advance(Duration::from_mins(10));
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(header(&ada.access)["alg"], "ES256");
}

#[tokio::test]
async fn the_keys_are_not_sent_again_to_whoever_has_them() {
    let app = start(Engine::Sqlite).await;
    let client = app.client();
    let first = client.get(JWKS).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.len() > 20 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = client.clone().with_header("if-none-match", &known).get(JWKS).await;
        assert_eq!((again.status, &again.body), (304, &Value::Null), "{known}");
        assert_eq!((again.header("etag"), again.header("cache-control")), (tag.as_str(), "public, max-age=300"));
        assert_eq!(again.header("access-control-allow-origin"), "*");
        let head = client.clone().with_header("if-none-match", &known).send(Method::HEAD, JWKS, None).await;
        let length = head.header("content-length").to_owned();
        assert_eq!(
            (head.status, length.as_str()),
            (304, first.header("content-length")),
            "of the keys, not of no body"
        );
    }
    let client = client.with_header("if-none-match", &tag);
    app.add_key("0002", Algorithm::EdDsa, None);
    let rotated = app.second_instance(router).await;
    let there = rotated.client().with_header("if-none-match", &tag).get(JWKS).await;
    assert_eq!((there.status, there.body["keys"].as_array().map(Vec::len)), (200, Some(2)));
    assert_ne!(there.header("etag"), tag);
    assert_eq!(client.get(JWKS).await.status, 304, "where they are the same");
}

#[tokio::test]
async fn the_keys_are_for_pages_of_every_origin_and_nothing_else_is() {
    const ORIGIN: &str = "https://app.example.com";
    for origins in ["", "[http]\ncors_origins = [\"https://app.example.com\"]"] {
        let app = configured(Engine::Sqlite, origins).await;
        for origin in [ORIGIN, "https://stranger.example", "null"] {
            let client = app.client().with_header("origin", origin);
            let keys = client.get(JWKS).await;
            assert_eq!((keys.status, keys.header("access-control-allow-origin")), (200, "*"), "{origin} {origins}");
            for name in ["access-control-allow-credentials", "access-control-expose-headers", "vary"] {
                assert_eq!(keys.header(name), "", "{origin} {origins}: the same for everybody");
            }
            let user = client.get("/jwt-allauth/user/").await;
            let allowed = if origin == ORIGIN && !origins.is_empty() { ORIGIN } else { "" };
            assert_eq!(user.header("access-control-allow-origin"), allowed);

            // A script that sends `If-None-Match`.
            let asking = client.with_header("access-control-request-method", "GET");
            let asking = asking.with_header("access-control-request-headers", "if-none-match");
            let keys = asking.send(Method::OPTIONS, JWKS, None).await;
            assert_eq!((keys.status, keys.header("access-control-allow-origin")), (204, "*"), "{origin} {origins}");
            assert_eq!(keys.header("access-control-allow-headers"), "*");
            assert_eq!(keys.header("access-control-allow-credentials"), "");
            let user = asking.send(Method::OPTIONS, "/jwt-allauth/user/", None).await;
            assert_eq!(user.header("access-control-allow-origin"), allowed);
        }
    }
}

#[tokio::test]
async fn tokens_of_a_key_that_is_gone_are_refused() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    app.add_key("0001", Algorithm::EdDsa, None);
    let mut there = at(&app.second_instance(router).await, &ada);
    assert_refused(&there.get("/jwt-allauth/user/").await, 401, &refused_bearer("Token is invalid"));
    assert_token_not_valid(&there.refresh().await);
}
