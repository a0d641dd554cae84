//! Signing in with a second factor.

use std::time::Duration;

use super::*;

auth::on_both_engines!(
    a_code_opens_the_session_that_the_password_did_not,
    a_wrong_password_is_answered_like_anybodys,
    a_code_counts_once,
    a_challenge_counts_once_and_for_five_minutes,
    a_success_voids_no_other_challenge,
    codes_are_read_as_people_type_them,
    a_recovery_code_counts_once_and_its_owner_is_told,
    tokens_come_in_the_body_where_that_is_wished,
    a_session_is_remembered_as_the_password_said,
    a_stale_token_beside_a_code_is_ignored,
    an_account_that_was_closed_or_changed_meanwhile_gets_no_session,
    only_as_many_devices_as_allowed_sign_in_and_a_code_is_kept_for_later,
    tokens_say_how_and_when_the_user_was_proven,
    a_sign_in_is_recorded_with_its_factor,
);

async fn a_code_opens_the_session_that_the_password_did_not(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let mut ada = app.client();
    let reply = ada.post(VERIFY, &json!({ "challenge_id": id, "code": authenticator.next_code(&app) })).await;
    assert_signed_in(&reply);
    assert!(reply.body.get("refresh").is_none());
    ada.keep(reply);
    assert_eq!(ada.get("/jwt-allauth/user/").await.text("email"), ADA);
    assert_eq!(ada.refresh().await.status, 200, "a refresh takes no code");
    let listed = ada.get(AUTHENTICATORS).await.body;
    assert_eq!(listed[0]["last_used_at"], json!("2027-01-15T08:00:30Z"));
    assert_eq!(ada.post("/jwt-allauth/logout/", &json!({})).await.status, 200);
}

async fn a_wrong_password_is_answered_like_anybodys(engine: Engine) {
    let (app, ..) = enrolled(engine, "").await;
    app.signed_in("bob@example.com").await;
    let answers = [ADA, "bob@example.com", "nobody@example.com"].map(|email| {
        let app = app.clone();
        async move { app.client().login(email, "wrong").await }
    });
    for answer in answers {
        let reply = answer.await;
        assert_refused(&reply, 401, "Incorrect credentials", "incorrect_credentials");
    }
}

async fn a_code_counts_once(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    assert_wrong(&verify(&app, &id, &authenticator.code(&app)).await);
    let code = authenticator.next_code(&app);
    assert_signed_in(&verify(&app, &id, &code).await);
    let id = challenge(&app).await;
    assert_wrong(&verify(&app, &id, &code).await);
    assert_wrong(&verify(&app, &id, &authenticator.code_in(&app, -1)).await);
    assert_signed_in(&verify(&app, &id, &authenticator.code_in(&app, 1)).await);
}

async fn a_challenge_counts_once_and_for_five_minutes(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
    assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
    let id = challenge(&app).await;
    app.advance(Duration::from_secs(299));
    assert_wrong(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
    app.advance(Duration::from_secs(1));
    assert_expired(&verify(&app, &id, &authenticator.code(&app)).await);
    for id in ["", "1", &"0".repeat(32), &id.to_uppercase(), &format!(" {id}"), &"é".repeat(32)] {
        let reply = verify(&app, id, &authenticator.code(&app)).await;
        assert_eq!(reply.status, 400, "{id} {reply:?}");
    }
}

async fn a_success_voids_no_other_challenge(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let (one, other) = (challenge(&app).await, challenge(&app).await);
    assert_signed_in(&verify(&app, &one, &authenticator.next_code(&app)).await);
    assert_signed_in(&verify(&app, &other, &authenticator.next_code(&app)).await);
}

async fn codes_are_read_as_people_type_them(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let code = authenticator.next_code(&app);
    assert_signed_in(&verify(&app, &id, &format!(" {}\u{a0}{} ", &code[..3], &code[3..])).await);
    let id = challenge(&app).await;
    let code = &authenticator.recovery_codes[3];
    assert_signed_in(&verify_recovery(&app, &id, &format!("{}-{}", &code[..4], &code[4..])).await);
}

async fn a_recovery_code_counts_once_and_its_owner_is_told(engine: Engine) {
    let (app, ada, authenticator) = enrolled(engine, "").await;
    let codes = &authenticator.recovery_codes;
    for (used, code) in codes.iter().enumerate() {
        let id = challenge(&app).await;
        assert_signed_in(&verify_recovery(&app, &id, code).await);
        let mail = app.mailbox().await.latest(ADA);
        let left = match 9 - used {
            0 => "No recovery code is left".to_owned(),
            1 => "One recovery code is left. Make new ones soon".to_owned(),
            left @ 2..=3 => format!("{left} recovery codes are left. Make new ones soon"),
            left => format!("{left} recovery codes are left."),
        };
        assert!(mail.subject.contains("recovery code was used") && mail.text.contains(&left), "{left} {mail:?}");
        let id = challenge(&app).await;
        let reply = verify_recovery(&app, &id, code).await;
        assert_refused(&reply, 400, "Invalid recovery code.", "invalid_recovery_code");
    }
    let listed = ada.get(AUTHENTICATORS).await.body;
    assert_eq!(listed[1]["last_used_at"], json!("2027-01-15T08:00:00Z"));
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn tokens_come_in_the_body_where_that_is_wished(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let client = app.client().with_header("prefer", "token");
    let reply = client.post(VERIFY, &json!({ "challenge_id": id, "code": authenticator.next_code(&app) })).await;
    assert!(!reply.text("refresh").is_empty() && reply.headers.get("set-cookie").is_none(), "{reply:?}");
}

async fn a_session_is_remembered_as_the_password_said(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    for remember in [true, false] {
        let reply =
            app.client().post(LOGIN, &json!({ "email": ADA, "password": PASSWORD, "remember": remember })).await;
        let reply = verify(&app, reply.text("challenge_id"), &authenticator.next_code(&app)).await;
        assert_signed_in(&reply);
        assert_eq!(reply.header("set-cookie").contains("Max-Age"), remember, "{reply:?}");
    }
}

async fn a_stale_token_beside_a_code_is_ignored(engine: Engine) {
    let (app, ada, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    ada.post("/jwt-allauth/logout-all/", &json!({})).await;
    for token in [ada.access.as_str(), "nonsense"] {
        let client = app.client().holding(token, "");
        let reply = client.post(VERIFY, &json!({ "challenge_id": id, "code": authenticator.wrong_code(&app) })).await;
        assert_wrong(&reply);
    }
    let client = app.client().holding("nonsense", "");
    let body = json!({ "challenge_id": id, "recovery_code": authenticator.recovery_codes[0] });
    assert_signed_in(&client.post(VERIFY_RECOVERY, &body).await);
}

async fn an_account_that_was_closed_or_changed_meanwhile_gets_no_session(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let user = app.user(ADA).await.id;
    auth::account::set_active(&app.auth, user, false).await.unwrap();
    assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
    assert_expired(&verify_recovery(&app, &id, &authenticator.recovery_codes[0]).await);
    auth::account::set_active(&app.auth, user, true).await.unwrap();
    assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
    let id = challenge(&app).await;
    assert_signed_in(&verify_recovery(&app, &id, &authenticator.recovery_codes[0]).await);
}

async fn only_as_many_devices_as_allowed_sign_in_and_a_code_is_kept_for_later(engine: Engine) {
    let (app, mut ada, authenticator) = enrolled(engine, "[sessions]\nmax_per_user = 1\non_limit = \"refuse\"").await;
    let id = challenge(&app).await;
    let code = authenticator.next_code(&app);
    for _ in 0..4 {
        let reply = verify(&app, &id, &code).await;
        assert_eq!((reply.status, reply.text("code")), (403, "too_many_devices"), "{reply:?}");
    }
    ada.refresh().await;
    ada.post("/jwt-allauth/logout/", &json!({})).await;
    assert_signed_in(&verify(&app, &id, &code).await);
}

async fn tokens_say_how_and_when_the_user_was_proven(engine: Engine) {
    let app = configured(engine, "").await;
    let mut ada = app.signed_in(ADA).await;
    let before = app.auth.now().unix_timestamp();
    let said = ada.get("/jwt-allauth/token/claims/").await.body;
    assert_eq!((&said["amr"], &said["auth_time"]), (&json!(["pwd"]), &json!(before)));
    let authenticator = ada.enrol(&app).await;
    ada.refresh().await;
    let said = ada.get("/jwt-allauth/token/claims/").await.body;
    assert_eq!(said["amr"], json!(["pwd", "otp", "mfa"]), "whoever sets an app up has both");
    let id = challenge(&app).await;
    let reply = verify(&app, &id, &authenticator.next_code(&app)).await;
    let said = claims(&app, &reply).await;
    assert_eq!((&said["amr"], &said["auth_time"]), (&json!(["pwd", "otp", "mfa"]), &json!(before + 30)));
    let mut ada = app.client();
    ada.keep(reply);
    app.advance(Duration::from_secs(100));
    ada.refresh().await;
    let said = ada.get("/jwt-allauth/token/claims/").await.body;
    assert_eq!((&said["amr"], &said["auth_time"]), (&json!(["pwd", "otp", "mfa"]), &json!(before + 30)));
}

async fn a_sign_in_is_recorded_with_its_factor(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    verify(&app, &id, &authenticator.wrong_code(&app)).await;
    verify(&app, &id, &authenticator.next_code(&app)).await;
    let id = challenge(&app).await;
    verify_recovery(&app, &id, &authenticator.recovery_codes[0]).await;
    let events = app.audit_log().await;
    let has = |kind: &str, detail: Option<&str>| {
        events.iter().any(|event| event.kind == kind && event.detail.as_deref() == detail)
    };
    assert!(has("second_factor_added", None) && has("recovery_code_used", None), "{events:?}");
    assert!(has("sign_in_challenged", Some("second_factor")) && has("code_wrong", Some("second_factor")), "{events:?}");
    assert!(has("sign_in", Some("second_factor")) && has("sign_in", Some("recovery_code")), "{events:?}");
    let texts = format!("{events:?}");
    assert!(!texts.contains(&id) && !texts.contains(&authenticator.recovery_codes[0]), "{texts}");
}
