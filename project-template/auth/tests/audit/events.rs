//! Each thing that happens leaves its row, and no other.

use std::time::Duration;

use auth::email_verification::{Method, Mode};
use auth::sessions::{TokenKinds, invalidate};
use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::json;

use super::{ADA, NEW, change_password, log, router, since, start, user_id};

auth::on_both_engines!(
    signing_up_in_and_out,
    a_session_that_ran_out_is_not_ended_once_more,
    a_replay_is_one_row_beside_the_end_of_its_session,
    of_parallel_replays_one_leaves_a_row,
    a_changed_password,
    a_password_that_is_reset,
    another_address,
    a_verified_address,
    a_sign_up_with_an_address_that_is_taken,
    deactivation,
    tokens_that_are_taken_back,
    rows_carry_the_request_id_of_the_answer_and_name_user_and_session,
    what_is_rolled_back_leaves_no_row,
);

async fn signing_up_in_and_out(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in(ADA).await;
    assert_eq!(log(&app).await, ["sign_up", "sign_in"]);
    ada.login(ADA, PASSWORD).await;
    assert_eq!(since(&app, 2).await, ["sign_in"]);
    assert_eq!(ada.refresh().await.status, 200);
    ada.get("/jwt-allauth/user/").await;
    assert_eq!(since(&app, 3).await, [] as [&str; 0], "the use of a key or a token is none");
    for _ in 0..2 {
        ada.post("/jwt-allauth/logout/", &json!({})).await;
    }
    assert_eq!(since(&app, 3).await, ["sessions_ended: logout"], "signing out twice ends nothing more");
    for _ in 0..3 {
        ada.login(ADA, PASSWORD).await;
    }
    ada.post("/jwt-allauth/logout-all/", &json!({})).await;
    assert_eq!(since(&app, 7).await, ["sessions_ended: logout_all x4"]);
    ada.login(ADA, PASSWORD).await;
    let session = ada.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
    ada.delete(&format!("/jwt-allauth/sessions/{session}/"), None).await;
    assert_eq!(since(&app, 9).await, ["sessions_ended: user"]);
}

async fn a_session_that_ran_out_is_not_ended_once_more(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in(ADA).await;
    app.advance(Duration::from_hours(24 * 15));
    ada.login(ADA, PASSWORD).await;
    ada.post("/jwt-allauth/logout-all/", &json!({})).await;
    assert_eq!(since(&app, 3).await, ["sessions_ended: logout_all"]);
}

async fn a_replay_is_one_row_beside_the_end_of_its_session(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in(ADA).await;
    let stolen = ada.refresh.clone();
    let session = ada.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
    ada.refresh().await;
    for _ in 0..2 {
        assert_eq!(ada.holding("", &stolen).refresh().await.status, 401);
    }
    assert_eq!(since(&app, 2).await, ["replayed"], "once for a session");
    assert_eq!(app.audit_log().await[2].session_id.unwrap().to_string(), session);
    assert_eq!(ada.refresh().await.status, 401);
}

async fn of_parallel_replays_one_leaves_a_row(engine: Engine) {
    let app = start(engine).await.at_two_instances(router).await;
    for round in 0..20 {
        let mut ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let stolen = ada.holding("", &ada.refresh);
        ada.refresh().await;
        let before = app.audit_log().await.len();
        let replays = (0..4).map(|_| {
            let mut thief = stolen.elsewhere();
            tokio::spawn(async move { thief.refresh().await.status })
        });
        for replay in replays.collect::<Vec<_>>() {
            assert_eq!(replay.await.unwrap(), 401);
        }
        assert_eq!(since(&app, before).await, ["replayed"]);
    }
}

async fn a_changed_password(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in(ADA).await;
    assert_eq!(change_password(&mut ada, "wrong", NEW).await, 400);
    assert_eq!(since(&app, 2).await, ["password_wrong: password_change"]);
    assert_eq!(change_password(&mut ada, PASSWORD, NEW).await, 200);
    assert_eq!(since(&app, 3).await, ["sessions_ended: password_change", "password_changed"]);
}

async fn a_password_that_is_reset(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    let path = "/jwt-allauth/password/reset/";
    app.client().post(path, &json!({ "email": ADA })).await;
    app.client().post(path, &json!({ "email": "nobody@example.com" })).await;
    assert_eq!(since(&app, 2).await, ["password_reset_asked", "password_reset_asked"]);
    let rows = app.audit_log().await;
    assert_eq!((rows[2].user_id, rows[3].user_id), (Some(user_id(&app, ADA).await), None));
    assert_eq!(rows[3].email.as_deref(), Some("n***@example.com"));

    let mut browser = app.client();
    browser.visit(&app.mailbox().await.latest(ADA).link()).await;
    let token = browser.cookies["csrftoken"].clone();
    let form = [("csrfmiddlewaretoken", token.as_str()), ("new_password1", NEW), ("new_password2", NEW)];
    assert_eq!(browser.submit("/jwt-allauth/password/reset/set-new/", &form).await.status, 303);
    assert_eq!(since(&app, 4).await, ["email_verified", "sessions_ended: password_reset", "password_reset"]);
}

async fn another_address(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    let ask = async |password| {
        let body = json!({ "email": "ada@new.example.com", "password": password });
        ada.post("/jwt-allauth/user/email/", &body).await.status
    };
    assert_eq!(ask("wrong").await, 400);
    assert_eq!(ask(PASSWORD).await, 200);
    assert_eq!(since(&app, 2).await, ["password_wrong: email_change", "email_change_asked"]);
    app.client().login(ADA, PASSWORD).await;
    let link = app.mailbox().await.latest("ada@new.example.com").link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_eq!(since(&app, 5).await, ["sessions_ended: email_change", "email_changed"]);
}

async fn a_verified_address(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.method = Method::Both;
    })
    .await;
    app.client().register(ADA, PASSWORD).await;
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
    assert_eq!(log(&app).await, ["sign_up", "sign_in_failed: not_verified"]);
    app.deliver_mail().await;
    app.advance(Duration::from_mins(1));
    app.client().post("/jwt-allauth/registration/verification/resend/", &json!({ "email": ADA })).await;
    assert_eq!(since(&app, 2).await, ["code_sent: verification"]);
    let code = app.mailbox().await.latest(ADA).code();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let verify = async |code: &str| {
        let body = json!({ "email": ADA, "otp": code });
        app.client().post("/jwt-allauth/registration/verify-otp/", &body).await.status
    };
    assert_eq!(verify(&wrong).await, 400);
    assert_eq!(verify(&code).await, 200);
    assert_eq!(since(&app, 3).await, ["code_wrong: verification", "email_verified"]);
}

async fn a_sign_up_with_an_address_that_is_taken(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    assert_eq!(app.client().register(ADA, PASSWORD).await.status, 400);
    assert_eq!(since(&app, 2).await, ["sign_up_refused: address_taken"]);

    let strict =
        TestApp::start_with(engine, router, |settings| settings.email_verification.mode = Mode::Mandatory).await;
    for _ in 0..2 {
        assert_eq!(strict.client().register(ADA, PASSWORD).await.status, 201);
    }
    assert_eq!(log(&strict).await, ["sign_up", "sign_up: again"]);
    let link = strict.mailbox().await.latest(ADA).link();
    strict.client().post(&link, &json!({})).await;
    let before = strict.audit_log().await.len();
    strict.client().register(ADA, PASSWORD).await;
    assert_eq!(since(&strict, before).await, ["sign_up_refused: address_taken"]);
}

async fn deactivation(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    let id = user_id(&app, ADA).await;
    auth::account::set_active(&app.auth, id, false).await.unwrap();
    auth::account::set_active(&app.auth, id, true).await.unwrap();
    assert_eq!(since(&app, 2).await, ["sessions_ended: deactivation", "deactivated", "activated"]);
    assert!(!auth::account::set_active(&app.auth, uuid::Uuid::now_v7(), false).await.unwrap());
    assert_eq!(app.audit_log().await.len(), 5, "nobody was deactivated");
}

async fn tokens_that_are_taken_back(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    let id = user_id(&app, ADA).await;
    for kinds in [TokenKinds::Access, TokenKinds::Refresh, TokenKinds::All] {
        assert!(invalidate(&app.auth, id, kinds).await.unwrap());
        assert!(!invalidate(&app.auth, uuid::Uuid::now_v7(), kinds).await.unwrap());
    }
    assert_eq!(
        since(&app, 2).await,
        [
            "tokens_invalidated: access",
            "tokens_invalidated: refresh",
            "sessions_ended: invalidation",
            "tokens_invalidated: all"
        ]
    );
}

async fn rows_carry_the_request_id_of_the_answer_and_name_user_and_session(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.client();
    let signed_up = ada.register(ADA, PASSWORD).await;
    let failed = app.client().login(ADA, "wrong").await;
    let session = ada.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
    let rows = app.audit_log().await;
    for (row, reply) in [(&rows[0], &signed_up), (&rows[1], &signed_up), (&rows[2], &failed)] {
        assert_eq!(row.request_id.unwrap().to_string(), reply.header("x-request-id"), "{row:?}");
        assert_eq!(row.user_id, Some(user_id(&app, ADA).await));
        assert_eq!((row.email.as_deref(), row.actor_id), (Some("a***@example.com"), None));
        assert_eq!(row.at, app.auth.now());
    }
    assert_eq!(rows[1].session_id.unwrap().to_string(), session);
}

async fn what_is_rolled_back_leaves_no_row(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    // The link is spent before the account is found to have changed.
    app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    let mut browser = app.client();
    browser.visit(&app.mailbox().await.latest(ADA).link()).await;
    let id = user_id(&app, ADA).await;
    auth::account::set_active(&app.auth, id, false).await.unwrap();
    let before = app.audit_log().await.len();
    let token = browser.cookies["csrftoken"].clone();
    let form = [("csrfmiddlewaretoken", token.as_str()), ("new_password1", NEW), ("new_password2", NEW)];
    assert_eq!(browser.submit("/jwt-allauth/password/reset/set-new/", &form).await.status, 401);
    assert_eq!(app.audit_log().await.len(), before);
}
