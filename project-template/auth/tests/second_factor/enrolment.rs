//! `mfa/setup/`, `mfa/activate/` and `mfa/authenticators/`, within a session.

use std::time::Duration;

use super::*;

auth::on_both_engines!(
    a_secret_is_shown_in_three_forms_and_counts_after_its_first_code,
    a_wrong_first_code_leaves_the_setup_open,
    another_setup_voids_the_one_before,
    a_setup_waits_for_five_minutes,
    what_is_no_code_is_a_problem_of_its_field,
    an_account_has_one_second_factor,
    setting_one_up_takes_a_recent_sign_in,
    setting_one_up_disturbs_no_session,
    another_password_voids_a_setup_and_every_challenge_and_keeps_the_factor,
    recovery_codes_are_replaced_after_a_recent_proof,
    without_a_credential_there_is_no_way_in,
    where_it_is_off_every_route_says_so,
    nothing_secret_is_in_the_database,
);

async fn a_secret_is_shown_in_three_forms_and_counts_after_its_first_code(engine: Engine) {
    let app = configured(engine, "[mfa]\nissuer = \"Acme & Co\"").await;
    let mut ada = app.signed_in(ADA).await;
    assert_eq!(ada.get(AUTHENTICATORS).await.body, json!([]));
    let setup = ada.post(SETUP, &json!({})).await;
    assert_eq!(setup.status, 200, "{setup:?}");
    assert_eq!(setup.header("cache-control"), "no-store");
    let secret = setup.text("secret");
    assert_eq!((secret.len(), setup.body.as_object().unwrap().len()), (32, 3), "{setup:?}");
    let uri = format!("otpauth://totp/Acme%20%26%20Co:ada@example.com?secret={secret}&issuer=Acme%20%26%20Co");
    assert_eq!(setup.text("provisioning_uri"), uri);
    assert!(setup.text("qr_code").starts_with("<svg ") && setup.text("qr_code").ends_with("</svg>"));
    assert_eq!(ada.get(AUTHENTICATORS).await.body, json!([]), "it does not count yet");
    assert_eq!(ada.login(ADA, PASSWORD).await.status, 200);

    let authenticator = AuthenticatorApp::of(secret);
    let activated = ada.post(ACTIVATE, &json!({ "code": authenticator.code(&app) })).await;
    assert_eq!(activated.status, 200, "{activated:?}");
    let codes = activated.body["recovery_codes"].as_array().unwrap();
    let are_eight_digits = codes.iter().all(|code| {
        code.as_str().is_some_and(|code| code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()))
    });
    assert!(codes.len() == 10 && are_eight_digits, "{activated:?}");
    assert_eq!(activated.body, json!({ "success": true, "recovery_codes": codes }));
    let listed = ada.get(AUTHENTICATORS).await.body;
    assert_eq!((&listed[0]["type"], &listed[1]["type"]), (&json!("totp"), &json!("recovery_codes")));
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["last_used_at"]), (2, &Value::Null));
    assert_eq!(listed[0]["created_at"], json!("2027-01-15T08:00:00Z"));
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("authenticator app was added"), "{mail:?}");
    challenge(&app).await;
}

async fn a_wrong_first_code_leaves_the_setup_open(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let setup = ada.post(SETUP, &json!({})).await;
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    for _ in 0..3 {
        assert_wrong(&ada.post(ACTIVATE, &json!({ "code": authenticator.wrong_code(&app) })).await);
    }
    assert_eq!(ada.get(AUTHENTICATORS).await.body, json!([]));
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200, "no trial row counts meanwhile");
    assert_eq!(ada.post(ACTIVATE, &json!({ "code": authenticator.code(&app) })).await.status, 200);
}

async fn another_setup_voids_the_one_before(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let first = AuthenticatorApp::of(ada.post(SETUP, &json!({})).await.text("secret"));
    let second = AuthenticatorApp::of(ada.post(SETUP, &json!({})).await.text("secret"));
    assert_wrong(&ada.post(ACTIVATE, &json!({ "code": first.code(&app) })).await);
    assert_eq!(ada.post(ACTIVATE, &json!({ "code": second.code(&app) })).await.status, 200);
}

async fn a_setup_waits_for_five_minutes(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let not_begun = |reply: &Reply| assert_refused(reply, 400, "Setup not initiated.", "setup_not_initiated");
    not_begun(&ada.post(ACTIVATE, &json!({ "code": "123456" })).await);
    let authenticator = AuthenticatorApp::of(ada.post(SETUP, &json!({})).await.text("secret"));
    app.advance(Duration::from_mins(5));
    not_begun(&ada.post(ACTIVATE, &json!({ "code": authenticator.code(&app) })).await);
}

async fn what_is_no_code_is_a_problem_of_its_field(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    ada.post(SETUP, &json!({})).await;
    for (body, problem) in [
        (json!({}), "This field is required."),
        (json!({ "code": null }), "This field may not be null."),
        (json!({ "code": "" }), "This field may not be blank."),
        (json!({ "code": "12345" }), "Ensure this field has at least 6 characters."),
        (json!({ "code": "1234567" }), "Ensure this field has no more than 6 characters."),
        (json!({ "code": [] }), "Not a valid string."),
    ] {
        let reply = ada.post(ACTIVATE, &body).await;
        assert_eq!((reply.status, &reply.body), (400, &json!({ "code": [problem] })), "{body}");
        let reply = app.client().post(VERIFY, &body).await;
        let both = json!({ "challenge_id": ["This field is required."], "code": [problem] });
        assert_eq!((reply.status, &reply.body), (400, &both), "{body}");
    }
    let reply = app.client().post(VERIFY_RECOVERY, &json!({ "challenge_id": "", "recovery_code": "" })).await;
    let blank = json!(["This field may not be blank."]);
    assert_eq!((reply.status, &reply.body), (400, &json!({ "challenge_id": blank, "recovery_code": blank })));
}

async fn an_account_has_one_second_factor(engine: Engine) {
    let (app, ada, authenticator) = enrolled(engine, "").await;
    let again = |reply: &Reply| assert_refused(reply, 400, "TOTP already activated.", "totp_already_activated");
    again(&ada.post(SETUP, &json!({})).await);
    again(&ada.post(ACTIVATE, &json!({ "code": authenticator.next_code(&app) })).await);
}

async fn setting_one_up_takes_a_recent_sign_in(engine: Engine) {
    let app = configured(engine, "").await;
    let mut ada = app.signed_in(ADA).await;
    app.advance(Duration::from_secs(301));
    ada.refresh().await;
    let detail = "Sign in again, then repeat this within five minutes.";
    assert_refused(&ada.post(SETUP, &json!({})).await, 403, detail, "sign_in_again");
    let proven = ada.post(REAUTHENTICATE, &json!({ "password": PASSWORD })).await;
    ada.keep(proven);
    ada.enrol(&app).await;
}

async fn setting_one_up_disturbs_no_session(engine: Engine) {
    let app = configured(engine, "").await;
    let mut ada = app.signed_in(ADA).await;
    let mut elsewhere = app.client();
    elsewhere.login(ADA, PASSWORD).await;
    ada.enrol(&app).await;
    assert_eq!(elsewhere.refresh().await.status, 200);
    assert_eq!(ada.refresh().await.status, 200);
    let new =
        json!({ "old_password": PASSWORD, "new_password1": "another horse 17", "new_password2": "another horse 17" });
    assert_eq!(ada.post("/jwt-allauth/password/change/", &new).await.status, 200, "a change needs no code");
}

async fn another_password_voids_a_setup_and_every_challenge_and_keeps_the_factor(engine: Engine) {
    const NEW: &str = "another horse 17";
    let (app, mut ada, authenticator) = enrolled(engine, "").await;
    let earlier = challenge(&app).await;
    let new = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    let changed = ada.post("/jwt-allauth/password/change/", &new).await;
    assert_eq!(ada.keep(changed).status, 200);
    assert_expired(&verify(&app, &earlier, &authenticator.next_code(&app)).await);
    assert_challenged(&app.client().login(ADA, NEW).await);

    let mut bob = app.signed_in("bob@example.com").await;
    let setup = AuthenticatorApp::of(bob.post(SETUP, &json!({})).await.text("secret"));
    let changed = bob.post("/jwt-allauth/password/change/", &new).await;
    assert_eq!(bob.keep(changed).status, 200);
    let reply = bob.post(ACTIVATE, &json!({ "code": setup.code(&app) })).await;
    assert_refused(&reply, 400, "Setup not initiated.", "setup_not_initiated");
}

async fn recovery_codes_are_replaced_after_a_recent_proof(engine: Engine) {
    let (app, mut ada, authenticator) = enrolled(engine, "").await;
    app.advance(Duration::from_secs(301));
    let detail = "Sign in again, then repeat this within five minutes.";
    assert_refused(&ada.post(RECOVERY_CODES, &json!({})).await, 403, detail, "sign_in_again");
    let proven = ada.post(REAUTHENTICATE, &json!({ "code": authenticator.code(&app) })).await;
    assert_eq!(ada.keep(proven).status, 200);
    let renewed = ada.post(RECOVERY_CODES, &json!({})).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let codes = renewed.body["recovery_codes"].as_array().unwrap();
    assert_eq!((codes.len(), &renewed.body), (10, &json!({ "recovery_codes": codes })));
    let id = challenge(&app).await;
    let reply = verify_recovery(&app, &id, &authenticator.recovery_codes[0]).await;
    assert_refused(&reply, 400, "Invalid recovery code.", "invalid_recovery_code");
    assert_signed_in(&verify_recovery(&app, &id, codes[0].as_str().unwrap()).await);

    let bob = app.signed_in("bob@example.com").await;
    assert_refused(&bob.post(RECOVERY_CODES, &json!({})).await, 400, "TOTP not activated.", "totp_not_activated");
}

async fn without_a_credential_there_is_no_way_in(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let nobody = app.client();
    for path in [SETUP, ACTIVATE, DEACTIVATE, RECOVERY_CODES, REAUTHENTICATE] {
        let reply = nobody.post(path, &json!({ "code": "123456" })).await;
        assert_refused(&reply, 401, "Authentication credentials were not provided.", "not_authenticated");
    }
    assert_eq!(nobody.get(AUTHENTICATORS).await.status, 401);
    let id = challenge(&app).await;
    for id in [id.as_str(), "", "1", &"0".repeat(32), &"0".repeat(5_000)] {
        for path in [SETUP, ACTIVATE] {
            let reply = nobody.post(path, &json!({ "setup_challenge_id": id, "code": authenticator.code(&app) })).await;
            assert_eq!(reply.status, 401, "a challenge to sign in sets nothing up: {reply:?}");
        }
    }
    for path in [SETUP, ACTIVATE, VERIFY, VERIFY_RECOVERY, DEACTIVATE] {
        let reply = nobody.get(path).await;
        assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{path}");
    }
}

async fn where_it_is_off_every_route_says_so(engine: Engine) {
    let on = configured(engine, "").await;
    let ada = on.signed_in(ADA).await;
    ada.enrol(&on).await;
    let app = on.second_instance_with(router, |settings| settings.mfa.totp = auth::factors::Mode::Disabled).await;
    let mut here = app.client();
    assert_signed_in(&here.login(ADA, PASSWORD).await);
    let off = |reply: &Reply| assert_refused(reply, 403, "MFA TOTP is disabled.", "mfa_disabled");
    for path in [SETUP, ACTIVATE, VERIFY, VERIFY_RECOVERY, DEACTIVATE, RECOVERY_CODES] {
        off(&here.post(path, &json!({})).await);
    }
    off(&here.get(AUTHENTICATORS).await);
    assert_eq!(app.client().post(SETUP, &json!({})).await.status, 401);
    assert_eq!(app.client().post(DEACTIVATE, &json!({})).await.status, 401);
    off(&app.client().post(VERIFY, &json!({})).await);
}

async fn nothing_secret_is_in_the_database(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let setup = ada.post(SETUP, &json!({})).await;
    let secret = setup.text("secret").to_owned();
    let authenticator = AuthenticatorApp::of(&secret);
    let codes = ada.post(ACTIVATE, &json!({ "code": authenticator.code(&app) })).await.body["recovery_codes"].clone();
    let (sealed, mac): (Vec<u8>, Vec<u8>) = auth::on!(app.auth.db(), pool => sqlx_row(
        auth::sqlx::query_as("select sealed, mac from second_factors natural join recovery_codes limit 1")
            .fetch_one(pool)
            .await
    ));
    let raw = authenticator.secret().to_vec();
    assert!(!sealed.windows(raw.len()).any(|part| part == raw) && !contains(&sealed, secret.as_bytes()));
    for code in codes.as_array().unwrap() {
        assert!(!contains(&mac, code.as_str().unwrap().as_bytes()));
        let plain = ring::digest::digest(&ring::digest::SHA256, code.as_str().unwrap().as_bytes());
        assert_ne!(plain.as_ref(), mac, "without the key, 10^8 codes are quickly tried");
    }
    let mails = app.mailbox().await;
    assert!(!mails.latest(ADA).source.contains(&secret));
}

fn sqlx_row<T>(row: auth::sqlx::Result<T>) -> T {
    row.unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
