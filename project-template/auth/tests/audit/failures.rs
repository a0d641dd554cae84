//! What fails is told without a cost to who answers, and without an end to the disk.

use std::time::Duration;

use auth::on;
use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::json;

use super::{ADA, log, router, since, start, user_id};

auth::on_both_engines!(
    a_refused_sign_in_says_why_and_whom_as_far_as_that_is_known,
    a_flood_is_counted_and_hides_nothing_else,
    what_was_only_counted_is_written_when_the_server_stops,
    a_log_that_cannot_be_written_fails_no_refusal_and_lets_nothing_happen_unseen,
);

async fn a_refused_sign_in_says_why_and_whom_as_far_as_that_is_known(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    let id = user_id(&app, ADA).await;
    app.client().login(ADA, "wrong").await;
    app.client().login("nobody@example.com", PASSWORD).await;
    auth::account::set_active(&app.auth, id, false).await.unwrap();
    app.client().login(ADA, PASSWORD).await;
    let rows: Vec<_> = app.audit_log().await.into_iter().filter(|row| row.kind == "sign_in_failed").collect();
    let told: Vec<_> =
        rows.iter().map(|row| (row.detail.as_deref().unwrap(), row.email.as_deref().unwrap(), row.user_id)).collect();
    assert_eq!(
        told,
        [
            ("wrong_password", "a***@example.com", Some(id)),
            ("unknown_address", "n***@example.com", None),
            ("inactive", "a***@example.com", Some(id)),
        ]
    );
}

/// Where a flood of guesses arrives at the passwords.
async fn unlimited(engine: Engine) -> TestApp {
    TestApp::configured(engine, router, "[throttle]\nenabled = false").await
}

async fn a_flood_is_counted_and_hides_nothing_else(engine: Engine) {
    let app = unlimited(engine).await;
    let ada = app.signed_in(ADA).await;
    for _ in 0..100 {
        // One after the other: how many are written at once is another limit.
        app.client().login("nobody@example.com", "wrong").await;
        app.audit_log().await;
    }
    assert_eq!(since(&app, 2).await.len(), 60, "a row each, up to a number");
    let body = json!({ "password": "wrong" });
    ada.delete("/jwt-allauth/user/", Some(&body)).await;
    assert_eq!(since(&app, 62).await, ["password_wrong: deletion"]);

    app.advance(Duration::from_mins(1));
    app.client().login("nobody@example.com", "wrong").await;
    assert_eq!(since(&app, 63).await, ["sign_in_failed x40", "sign_in_failed: unknown_address"]);
}

async fn what_was_only_counted_is_written_when_the_server_stops(engine: Engine) {
    let app = unlimited(engine).await;
    for _ in 0..70 {
        app.client().login("nobody@example.com", "wrong").await;
        app.audit_log().await;
    }
    app.finish_audit_log().await;
    assert_eq!(since(&app, 60).await, ["sign_in_failed x10"]);
    app.finish_audit_log().await;
    assert_eq!(log(&app).await.len(), 61, "once");
}

async fn a_log_that_cannot_be_written_fails_no_refusal_and_lets_nothing_happen_unseen(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    on!(app.auth.db(), pool => sqlx::query("drop table audit").execute(pool).await.map(drop)).unwrap();
    assert_eq!(app.client().login(ADA, "wrong").await.status, 401);
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 500);
}
