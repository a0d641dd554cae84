//! Where a second factor is required, an account sets one up before its first session.

use std::time::Duration;

use auth::testing::Received;

use super::*;

auth::on_both_engines!(
    a_sign_up_leads_to_the_setup_and_then_to_a_session,
    a_sign_in_of_an_account_without_one_leads_to_the_setup,
    before_the_address_is_verified_a_factor_is_set_up_and_no_session_begins,
    after_the_address_is_verified_the_challenge_of_the_sign_up_begins_a_session,
    a_taken_address_is_answered_alike_and_sets_nothing_up,
    a_factor_goes_with_the_sign_up_that_set_it_up,
    a_setup_challenge_counts_for_five_minutes_and_for_its_account,
    an_account_that_was_closed_meanwhile_sets_nothing_up,
    a_role_may_require_one_of_its_accounts_alone,
    what_is_required_is_not_removed,
);

const MANDATORY: &str = "[mfa]\ntotp = \"required\"\n[email_verification]\nmode = \"mandatory\"";

/// The answer to the first code of a setup by challenge.
async fn activate(app: &TestApp, id: &str) -> (AuthenticatorApp, Reply) {
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    assert_eq!(setup.status, 200, "{setup:?}");
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    let body = json!({ "setup_challenge_id": id, "code": authenticator.code(app) });
    (authenticator, app.client().post(ACTIVATE, &body).await)
}

async fn a_sign_up_leads_to_the_setup_and_then_to_a_session(engine: Engine) {
    let app = configured(engine, REQUIRED).await;
    let reply = app.client().register(ADA, PASSWORD).await;
    assert_eq!(reply.status, 201);
    let id = setup_challenge(&reply);
    assert_eq!(reply.body, json!({ "mfa_setup_required": true, "setup_challenge_id": id }));
    let (authenticator, reply) = activate(&app, &id).await;
    assert_signed_in(&reply);
    assert_eq!((&reply.body["success"], reply.body["recovery_codes"].as_array().unwrap().len()), (&json!(true), 10));
    assert_eq!(claims(&app, &reply).await["amr"], json!(["pwd", "otp", "mfa"]));
    let (_, again) = {
        let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
        (setup.status, setup)
    };
    assert_refused(&again, 401, "Challenge expired or invalid.", "challenge_not_valid");
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn a_sign_in_of_an_account_without_one_leads_to_the_setup(engine: Engine) {
    let before = configured(engine, "").await;
    let mut ada = before.signed_in(ADA).await;
    let app = before.second_instance_with(router, |settings| settings.mfa.totp = auth::factors::Mode::Required).await;
    let reply = app.client().login(ADA, PASSWORD).await;
    let id = setup_challenge(&reply);
    assert_eq!((reply.status, &reply.body), (200, &json!({ "mfa_setup_required": true, "setup_challenge_id": id })));
    assert_expired(&verify(&app, &id, "123456").await);
    assert_eq!(ada.refresh().await.status, 200, "a session that is there goes on");
    let body = json!({ "email": ADA, "password": PASSWORD, "remember": false });
    let id = setup_challenge(&app.client().post(LOGIN, &body).await);
    let (_, reply) = activate(&app, &id).await;
    assert_signed_in(&reply);
    assert!(!reply.header("set-cookie").contains("Max-Age"), "as the sign-in said: {reply:?}");
}

async fn before_the_address_is_verified_a_factor_is_set_up_and_no_session_begins(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    let reply = app.client().register(ADA, PASSWORD).await;
    assert_eq!(reply.status, 201);
    let id = reply.text("setup_challenge_id").to_owned();
    let body = json!({ "detail": "Verification e-mail sent.", "mfa_setup_required": true, "setup_challenge_id": id });
    assert_eq!(reply.body, body);
    assert_eq!(app.client().login(ADA, PASSWORD).await.text("code"), "email_not_verified");
    let (authenticator, reply) = activate(&app, &id).await;
    let codes = &reply.body["recovery_codes"];
    let body = json!({ "success": true, "recovery_codes": codes, "detail": "Verification e-mail sent." });
    assert_eq!((reply.status, &reply.body), (200, &body));
    assert!(reply.headers.get("set-cookie").is_none(), "{reply:?}");
    assert_eq!(app.client().login(ADA, PASSWORD).await.text("code"), "email_not_verified");
    let link = app.mailbox().await.to(ADA)[0].link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn after_the_address_is_verified_the_challenge_of_the_sign_up_begins_a_session(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    let mut ada = app.client();
    let id = ada.register(ADA, PASSWORD).await.text("setup_challenge_id").to_owned();
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(ada.post(&link, &json!({})).await.status, 200);
    let (_, reply) = activate(&app, &id).await;
    assert_signed_in(&reply);
    assert!(reply.body.get("detail").is_none());
}

async fn a_taken_address_is_answered_alike_and_sets_nothing_up(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    let first = app.client().register(ADA, PASSWORD).await;
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    let taken = app.client().register(ADA, "another horse 17").await;
    let id = taken.text("setup_challenge_id").to_owned();
    assert!(is_id(&id), "{taken:?}");
    assert_eq!(taken.status, first.status);
    let members = |reply: &Reply| reply.body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&taken), members(&first));
    let reply = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    assert_refused(&reply, 401, "Challenge expired or invalid.", "challenge_not_valid");
}

async fn a_factor_goes_with_the_sign_up_that_set_it_up(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    // A stranger signs up with Ada's address, and she does after them.
    let id = app.client().register(ADA, "strangers horse 1").await.text("setup_challenge_id").to_owned();
    assert_eq!(activate(&app, &id).await.1.status, 200);
    let further = app.client().register(ADA, PASSWORD).await;
    let reply = app.client().post(SETUP, &json!({ "setup_challenge_id": further.text("setup_challenge_id") })).await;
    assert_eq!(reply.status, 401, "the address is the stranger's so far: {reply:?}");
    let links: Vec<_> = app
        .mailbox()
        .await
        .to(ADA)
        .iter()
        .filter(|mail| mail.text.contains("/verification/"))
        .map(Received::link)
        .collect();
    assert_eq!(app.client().post(links.last().unwrap(), &json!({})).await.status, 200);
    let id = setup_challenge(&app.client().login(ADA, PASSWORD).await);
    assert_signed_in(&activate(&app, &id).await.1);
}

async fn a_setup_challenge_counts_for_five_minutes_and_for_its_account(engine: Engine) {
    let app = configured(engine, REQUIRED).await;
    let id = setup_challenge(&app.client().register(ADA, PASSWORD).await);
    let other = setup_challenge(&app.client().register("bob@example.com", PASSWORD).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    let reply = app.client().post(ACTIVATE, &json!({ "setup_challenge_id": other, "code": code })).await;
    assert_refused(&reply, 400, "Setup not initiated.", "setup_not_initiated");
    app.advance(Duration::from_mins(5));
    let reply = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    assert_refused(&reply, 401, "Challenge expired or invalid.", "challenge_not_valid");
}

async fn an_account_that_was_closed_meanwhile_sets_nothing_up(engine: Engine) {
    let app = configured(engine, REQUIRED).await;
    let id = setup_challenge(&app.client().register(ADA, PASSWORD).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    auth::account::set_active(&app.auth, app.user(ADA).await.id, false).await.unwrap();
    for path in [SETUP, ACTIVATE] {
        let reply = app.client().post(path, &json!({ "setup_challenge_id": id, "code": code })).await;
        assert_refused(&reply, 401, "Challenge expired or invalid.", "challenge_not_valid");
    }
}

async fn a_role_may_require_one_of_its_accounts_alone(engine: Engine) {
    let app = configured(engine, "[mfa]\nrequired_roles = [900, 1000]").await;
    app.signed_in(ADA).await;
    assert_signed_in(&app.client().login(ADA, PASSWORD).await);
    app.set_role(ADA, 900).await;
    let id = setup_challenge(&app.client().login(ADA, PASSWORD).await);
    assert_signed_in(&activate(&app, &id).await.1);
}

async fn what_is_required_is_not_removed(engine: Engine) {
    let app = configured(engine, "[mfa]\nrequired_roles = [900]").await;
    let ada = app.signed_in(ADA).await;
    ada.enrol(&app).await;
    app.set_role(ADA, 900).await;
    for body in [json!({ "password": PASSWORD }), json!({ "password": "wrong" }), json!({})] {
        let reply = ada.post(DEACTIVATE, &body).await;
        assert_refused(&reply, 403, "MFA TOTP is required and cannot be disabled.", "mfa_required");
    }
    app.set_role(ADA, 0).await;
    assert_eq!(ada.post(DEACTIVATE, &json!({ "password": PASSWORD })).await.status, 200);
}
