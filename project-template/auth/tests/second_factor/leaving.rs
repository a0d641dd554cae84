//! Removing a second factor.

use super::*;

auth::on_both_engines!(
    the_password_removes_it_and_ends_the_other_sessions,
    a_wrong_password_removes_nothing_and_is_counted_as_at_the_sign_in,
    without_one_there_is_nothing_to_remove,
    an_account_without_a_password_removes_it_by_a_code,
    deleting_the_account_removes_everything,
);

async fn the_password_removes_it_and_ends_the_other_sessions(engine: Engine) {
    let (app, mut ada, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let mut elsewhere = app.client();
    let reply = verify(&app, &id, &authenticator.next_code(&app)).await;
    elsewhere.keep(reply);
    let pending = challenge(&app).await;
    let reply = ada.post(DEACTIVATE, &json!({ "password": PASSWORD })).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({ "success": true })));
    assert_eq!(ada.get(AUTHENTICATORS).await.body, json!([]));
    assert_eq!(elsewhere.refresh().await.status, 401);
    assert_eq!(ada.refresh().await.status, 200);
    assert_expired(&verify(&app, &pending, &authenticator.next_code(&app)).await);
    assert_expired(&verify_recovery(&app, &pending, &authenticator.recovery_codes[0]).await);
    assert!(app.mailbox().await.latest(ADA).subject.contains("authenticator app was removed"));
    assert!(app.audit_log().await.iter().any(|event| event.kind == "second_factor_removed"));
    assert_signed_in(&app.client().login(ADA, PASSWORD).await);
    let mut again = app.client();
    again.login(ADA, PASSWORD).await;
    again.enrol(&app).await;
}

async fn a_wrong_password_removes_nothing_and_is_counted_as_at_the_sign_in(engine: Engine) {
    let (_app, ada, _) = enrolled(engine, "").await;
    for (body, problem) in
        [(json!({}), "This field is required."), (json!({ "password": "" }), "This field may not be blank.")]
    {
        let reply = ada.post(DEACTIVATE, &body).await;
        assert_eq!((reply.status, &reply.body), (400, &json!({ "password": [problem] })));
    }
    for _ in 0..5 {
        let reply = ada.post(DEACTIVATE, &json!({ "password": "wrong" })).await;
        assert_refused(&reply, 400, "Invalid password.", "invalid_password");
    }
    let reply = ada.post(DEACTIVATE, &json!({ "password": PASSWORD })).await;
    assert_eq!((reply.status, reply.text("code")), (429, "throttled"), "{reply:?}");
    assert_eq!(ada.get(AUTHENTICATORS).await.body.as_array().unwrap().len(), 2);
}

async fn without_one_there_is_nothing_to_remove(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let reply = ada.post(DEACTIVATE, &json!({ "password": PASSWORD })).await;
    assert_refused(&reply, 400, "TOTP not activated.", "totp_not_activated");
    let reply = ada.post(DEACTIVATE, &json!({ "password": "wrong" })).await;
    assert_refused(&reply, 400, "Invalid password.", "invalid_password");
}

async fn an_account_without_a_password_removes_it_by_a_code(engine: Engine) {
    let app = configured(engine, "[login_codes]\ncreate_accounts = true").await;
    let ada = ways::signed_in_by_code(&app, ADA).await;
    let authenticator = ada.enrol(&app).await;
    let reply = ada.post(DEACTIVATE, &json!({ "password": PASSWORD })).await;
    assert_eq!((reply.status, &reply.body), (400, &json!({ "code": ["This field is required."] })));
    assert_wrong(&ada.post(DEACTIVATE, &json!({ "code": authenticator.code(&app) })).await);
    let reply = ada.post(DEACTIVATE, &json!({ "code": authenticator.next_code(&app) })).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({ "success": true })));
}

async fn deleting_the_account_removes_everything(engine: Engine) {
    let (app, ada, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    verify(&app, &id, &authenticator.wrong_code(&app)).await;
    let bob = app.signed_in("bob@example.com").await;
    bob.post(SETUP, &json!({})).await;
    for client in [&ada, &bob] {
        let reply = client.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
        assert_eq!(reply.status, 204, "{reply:?}");
    }
    for table in [
        "second_factors",
        "second_factor_setups",
        "recovery_codes",
        "second_factor_challenges",
        "second_factor_guesses",
    ] {
        let query = auth::sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let (count,): (i64,) =
            auth::on!(app.auth.db(), pool => auth::sqlx::query_as(query).fetch_one(pool).await).unwrap();
        assert_eq!(count, 0, "{table}");
    }
    assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
}
