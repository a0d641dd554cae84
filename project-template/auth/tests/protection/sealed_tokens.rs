//! `tokens.encryption_keys`: tokens that only this service can read.

use std::time::Duration;

use auth::Settings;
use auth::testing::{Engine, TestApp};
use serde_json::{Value, json};

use crate::router;

const NEW: &str = "new:dGCWqcUQ5o0eYbq8_SlTO4HTMjuSbMCzfMDiWGKCCOE";
const OLD: &str = "old:3yzJZ-bD43m5RpuQo-p0hnKDPWZ4P4b3wAoDNcpDu4A";

/// What a cookie can hold (RFC 6265, section 6.1).
const TOKEN_BYTES: usize = 4096;

auth::on_both_engines!(
    sealed_tokens_work_wherever_tokens_are_shown,
    a_superseded_refresh_token_yields_the_same_sealed_bytes_to_every_caller,
    after_a_rotation_of_the_key_tokens_of_the_old_one_are_still_read,
    encryption_can_be_turned_on_and_off_without_signing_anybody_out,
    a_token_that_was_not_sealed_is_refused,
    kinds_of_sealed_tokens_are_not_taken_for_each_other,
);

fn keys(entries: &[&str]) -> impl FnOnce(&mut Settings) {
    let entries = entries.iter().map(|entry| (*entry).into()).collect();
    move |settings| settings.tokens.encryption_keys = entries
}

fn is_sealed(token: &str, kid: &str) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("a header in JSON");
    token.split('.').count() == 5 && header == json!({ "alg": "dir", "enc": "A256GCM", "kid": kid, "cty": "JWT" })
}

async fn sealed_tokens_work_wherever_tokens_are_shown(engine: Engine) {
    let longest = NEW.replace("new", &"n".repeat(64));
    let app = TestApp::start_with(engine, router, keys(&[&longest])).await;
    let mut ada = app.signed_in("ada@example.com").await;
    for token in [&ada.access, &ada.refresh] {
        assert!(is_sealed(token, &"n".repeat(64)), "{token}");
        assert!(token.len() < TOKEN_BYTES / 2, "{} bytes", token.len());
        let reply = ada.post("/jwt-allauth/token/verify/", &json!({ "token": token })).await;
        assert_eq!((reply.status, reply.body), (200, json!({})));
    }
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200);
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.body["token_type"], "access");
    let replaced = ada.clone();
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(replaced.clone().refresh().await.status, 401, "a sealed token is replayed as any other");
    assert_eq!(ada.refresh().await.status, 401);
}

async fn a_superseded_refresh_token_yields_the_same_sealed_bytes_to_every_caller(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        keys(&[NEW])(settings);
        settings.sessions.retry_window = Duration::from_secs(30);
    })
    .await;
    let other = app.second_instance(router).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut tabs = vec![ada.clone(); 8];
    let mut far = other.client();
    far.refresh.clone_from(&ada.refresh);
    tabs.push(far);
    ada.refresh().await;
    let answers = tabs.into_iter().map(|mut tab| {
        tokio::spawn(async move {
            tab.refresh().await;
            (tab.refresh, tab.access)
        })
    });
    let mut accesses = std::collections::HashSet::new();
    for answer in answers.collect::<Vec<_>>() {
        let (refresh, access) = answer.await.expect("an answer");
        assert_eq!(refresh, ada.refresh);
        assert!(accesses.insert(access), "an access token has a nonce of its own");
    }
}

async fn after_a_rotation_of_the_key_tokens_of_the_old_one_are_still_read(engine: Engine) {
    let app = TestApp::start_with(engine, router, keys(&[OLD])).await;
    let old = app.signed_in("ada@example.com").await;
    let rotated = app.second_instance_with(router, keys(&[NEW, OLD])).await;
    let mut ada = rotated.client();
    (ada.access, ada.refresh) = (old.access.clone(), old.refresh.clone());
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200);
    assert_eq!(ada.refresh().await.status, 200);
    assert!(is_sealed(&ada.access, "new") && is_sealed(&ada.refresh, "new"));

    let without = app.second_instance_with(router, keys(&[OLD])).await;
    let mut early = without.client();
    early.access.clone_from(&ada.access);
    let reply = early.get("/jwt-allauth/user/").await;
    assert_eq!((reply.status, reply.text("code")), (401, "token_not_valid"), "a key this process does not know");
}

async fn encryption_can_be_turned_on_and_off_without_signing_anybody_out(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut ada = app.signed_in("ada@example.com").await;
    for (entries, sealed) in
        [(&["plain", NEW][..], false), (&[NEW, "plain"], true), (&[NEW], true), (&["plain", NEW], false)]
    {
        let next = app.second_instance_with(router, keys(entries)).await;
        let mut client = next.client();
        (client.access, client.refresh) = (ada.access.clone(), ada.refresh.clone());
        assert_eq!(client.get("/jwt-allauth/user/").await.status, 200, "{entries:?}");
        assert_eq!(client.refresh().await.status, 200, "{entries:?}");
        assert_eq!(is_sealed(&client.refresh, "new"), sealed, "{entries:?}");
        (ada.access, ada.refresh) = (client.access, client.refresh);
    }
    assert_eq!(ada.refresh().await.status, 200);
}

async fn a_token_that_was_not_sealed_is_refused(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = app.signed_in("ada@example.com").await;
    let sealing = app.second_instance_with(router, keys(&[NEW])).await;
    let mut client = sealing.client();
    (client.access, client.refresh) = (ada.access.clone(), ada.refresh.clone());
    let reply = client.get("/jwt-allauth/user/").await;
    assert_eq!((reply.status, reply.text("code")), (401, "token_not_valid"));
    assert_eq!(client.refresh().await.status, 401);
    let mut ada = ada;
    assert_eq!(ada.refresh().await.status, 200, "it was refused, not used up");
}

async fn kinds_of_sealed_tokens_are_not_taken_for_each_other(engine: Engine) {
    let app = TestApp::start_with(engine, router, keys(&[NEW])).await;
    let mut ada = app.signed_in("ada@example.com").await;
    std::mem::swap(&mut ada.access, &mut ada.refresh);
    let reply = ada.get("/jwt-allauth/user/").await;
    assert_eq!(reply.body["messages"][0]["message"], "Token has wrong type");
    assert_eq!(ada.refresh().await.status, 401);
}
