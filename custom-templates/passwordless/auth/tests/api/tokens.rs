//! How tokens travel, what they say, and what they are signed with.

use std::time::Duration;

use auth::testing::{Engine, RSA, Reply, TestApp};
use serde_json::{Value, json};

use super::{ADA, CLAIMS, claims, code, configured, start};

fn members(reply: &Reply) -> Vec<&str> {
    reply.body.as_object().into_iter().flat_map(serde_json::Map::keys).map(String::as_str).collect()
}

async fn sign_in(app: &TestApp, wish: &str) -> Reply {
    app.advance(Duration::from_mins(1));
    let code = code(app, ADA).await;
    app.client().with_header("prefer", wish).show_code(ADA, &code).await
}

#[tokio::test]
async fn the_refresh_token_travels_in_a_cookie_or_in_the_body_as_the_client_wishes() {
    let app = start(Engine::Memory).await;
    let reply = sign_in(&app, "cookies").await;
    assert_eq!(members(&reply), ["access", "expires_in"]);
    assert!(reply.header("set-cookie").ends_with("HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600"), "{reply:?}");
    let reply = sign_in(&app, "token").await;
    assert_eq!((members(&reply), reply.header("set-cookie")), (vec!["access", "expires_in", "refresh"], ""));
    let next = app.client().post("/jwt-allauth/refresh/", &json!({ "refresh": reply.body["refresh"] })).await;
    assert_eq!(next.status, 200);
}

#[tokio::test]
async fn with_the_access_token_in_a_cookie_what_changes_something_needs_the_csrf_token() {
    let app = configured(Engine::Memory, "[sessions]\naccess_cookie = true").await;
    let mut ada = app.signed_in(ADA).await;
    ada.access.clear();
    assert_eq!(ada.get(CLAIMS).await.status, 200);
    assert_eq!(ada.clone().refresh().await.text("code"), "csrf_failed");
    let token = ada.cookies["csrf_access_token"].clone();
    assert_eq!(ada.with_header("x-csrftoken", &token).refresh().await.status, 200);
}

#[tokio::test]
async fn the_claims_are_those_of_every_server_and_the_address() {
    let app = start(Engine::Memory).await;
    let claims = claims(&app.signed_in(ADA).await).await;
    let now = 1_800_000_000;
    let expected = json!({
        "token_type": "access", "iat": now, "exp": now + 1_800, "session_iat": now,
        "auth_time": now, "amr": ["email"],
        "iss": "jwt-allauth", "aud": "jwt-allauth", "client_id": "jwt-allauth", "role": 0, "email_verified": true,
        "email": ADA,
        "jti": claims["jti"], "sub": claims["sub"], "user_id": claims["sub"], "session": claims["session"],
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn a_token_fits_into_a_cookie_with_the_longest_address_signature_and_claims() {
    let key = RSA.replace('+', "-").replace('/', "_");
    let settings = format!(
        "[tokens]\nalgorithm = \"RS256\"\nkeys = [\"{}\"]\nencryption_keys = [\"one:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"]\n\
         claims = {{ filler = \"{}\" }}",
        key.trim_end_matches('='),
        "x".repeat(1_000)
    );
    let app = configured(Engine::Memory, &settings).await;
    let email = format!("{}@{}.example.com", "a".repeat(64), ["b".repeat(58).as_str(); 3].join("."));
    assert!(email.len() <= 254);
    let mut client = app.signed_in(&email).await;
    assert!(client.access.len() <= 4_096 && client.refresh.len() <= 4_096, "{}", client.access.len());
    assert_eq!(client.refresh().await.status, 200);
}

#[tokio::test]
async fn keys_are_published_and_pages_of_other_sites_change_nothing() {
    let app = start(Engine::Memory).await;
    let ada = app.signed_in(ADA).await;
    let keys = app.client().get("/.well-known/jwks.json").await.body;
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
    for path in ["login/code/", "login/code/verify/", "refresh/", "logout/"] {
        let client = ada.clone().with_header("origin", "https://evil.example");
        let reply = client.post(&format!("/jwt-allauth/{path}"), &json!({})).await;
        assert_eq!((reply.status, reply.text("code")), (403, "csrf_failed"), "{path}");
    }
    assert_eq!(ada.clone().refresh().await.status, 200, "nothing was done");
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let client = start(Engine::Memory).await.client();
    let reply = client.post("/jwt-allauth/login/code/verify/", &json!({ "email": "ada", "code": Value::Null })).await;
    let expected = json!({ "email": ["Enter a valid email address."], "code": ["This field may not be null."] });
    assert_eq!((reply.status, reply.body), (400, expected));
}
