//! Passkeys of strangers who signed up with somebody else's address.

use auth::testing::{Authenticator, Client, Engine, PASSWORD, TestApp};
use serde_json::json;

use super::{ADA, PASSKEYS, assert_refused, configured, details, start, with_passkey};

auth::on_both_engines!(
    a_password_that_the_owner_of_the_address_resets_takes_the_strangers_passkeys_with_it,
    a_first_proof_of_the_address_that_removes_the_password_removes_the_passkeys,
    a_reset_leaves_the_passkeys_of_an_owner_who_had_proven_the_address,
);

const NEW: &str = "a brand new passphrase";

/// Sets a new password by the mailed link.
async fn reset(app: &TestApp) {
    app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    let link = app.mailbox().await.latest(ADA).link();
    let mut browser = app.client();
    browser.visit(&link).await;
    let token = browser.cookies["csrftoken"].clone();
    let form = [("csrfmiddlewaretoken", token.as_str()), ("new_password1", NEW), ("new_password2", NEW)];
    let reply = browser.submit("/jwt-allauth/password/reset/set-new/", &form).await;
    assert_eq!(reply.status, 303, "{reply:?}");
}

async fn sign_in_by_code(app: &TestApp) -> Client {
    app.client().post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await;
    let code = app.mailbox().await.latest(ADA).code();
    let mut client = app.client();
    let reply = client.post("/jwt-allauth/login/code/verify/", &json!({ "email": ADA, "code": code })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    client.keep(reply);
    client
}

async fn signs_in(app: &TestApp, passkey: &mut Authenticator) -> bool {
    app.client().login_with_passkey(passkey).await.status == 200
}

async fn a_password_that_the_owner_of_the_address_resets_takes_the_strangers_passkeys_with_it(engine: Engine) {
    // The sign-in by mail takes the one from before it; the stranger still has the password, and adds another one.
    let app = start(engine).await;
    let (mut stranger, mut before) = with_passkey(&app, ADA).await;
    let owner = sign_in_by_code(&app).await;
    assert_eq!(owner.get(PASSKEYS).await.body, json!([]));
    stranger.login(ADA, PASSWORD).await;
    let mut after = app.authenticator();
    assert_eq!(stranger.add_passkey(&mut after).await.status, 201);
    assert!(!signs_in(&app, &mut before).await && signs_in(&app, &mut after).await);
    app.advance(std::time::Duration::from_mins(2));
    reset(&app).await;
    for passkey in [&mut before, &mut after] {
        assert_refused(&app.client().login_with_passkey(passkey).await);
    }
    assert_eq!(details(&app, "passkey_removed").await, ["not_verified", "not_verified"]);
    let mut owner = app.client();
    assert_eq!(owner.login(ADA, NEW).await.status, 200);
    assert_eq!(owner.get(PASSKEYS).await.body, json!([]));
}

async fn a_first_proof_of_the_address_that_removes_the_password_removes_the_passkeys(engine: Engine) {
    let app = configured(engine, "[email_verification]\nfirst_proof = \"reset\"").await;
    let (_, mut passkey) = with_passkey(&app, ADA).await;
    let owner = sign_in_by_code(&app).await;
    assert_refused(&app.client().login_with_passkey(&mut passkey).await);
    assert_eq!(owner.get(PASSKEYS).await.body, json!([]));
}

async fn a_reset_leaves_the_passkeys_of_an_owner_who_had_proven_the_address(engine: Engine) {
    let app = configured(engine, "[email_verification]\nmode = \"mandatory\"").await;
    let (_, mut passkey) = with_passkey(&app, ADA).await;
    app.advance(std::time::Duration::from_mins(2));
    reset(&app).await;
    assert!(signs_in(&app, &mut passkey).await);
}
