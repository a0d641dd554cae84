//! What is kept: under which key, for how long, and what is told of it.

use std::time::Duration;

use auth::tokens::Algorithm;
use secrecy::ExposeSecret;

use super::*;

auth::on_both_engines!(
    old_challenges_setups_and_guesses_are_removed,
    secrets_are_encrypted_again_so_that_a_key_can_be_removed,
    a_secret_of_another_account_does_not_open,
    the_export_of_an_account_tells_of_the_factor,
    sign_ins_are_counted_by_their_way,
    the_audit_log_and_the_mails_hold_no_code,
    the_database_holds_no_id_of_a_challenge,
);

pub(super) async fn rows(app: &TestApp, table: &str) -> i64 {
    let query = auth::sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    let (count,): (i64,) = auth::on!(app.auth.db(), pool => auth::sqlx::query_as(query).fetch_one(pool).await).unwrap();
    count
}

pub(super) async fn texts(app: &TestApp, table: &str, column: &str) -> Vec<String> {
    let query = auth::sqlx::AssertSqlSafe(format!("select {column} from {table}"));
    let rows: Vec<(String,)> =
        auth::on!(app.auth.db(), pool => auth::sqlx::query_as(query).fetch_all(pool).await).unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}

async fn old_challenges_setups_and_guesses_are_removed(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    verify(&app, &id, &authenticator.wrong_code(&app)).await;
    app.signed_in("bob@example.com").await.post(SETUP, &json!({})).await;
    app.flush().await;
    let tables = ["second_factor_challenges", "second_factor_setups", "second_factor_guesses"];
    for table in tables {
        assert_eq!(rows(&app, table).await, 1, "{table}");
    }
    app.advance(Duration::from_mins(15));
    let flushed = app.flush().await;
    assert!(flushed["codes"].as_u64() >= Some(2) && flushed["counters"].as_u64() >= Some(1), "{flushed}");
    for table in tables {
        assert_eq!(rows(&app, table).await, 0, "{table}");
    }
    assert_eq!((rows(&app, "second_factors").await, rows(&app, "recovery_codes").await), (1, 10));
    challenge(&app).await;
}

async fn secrets_are_encrypted_again_so_that_a_key_can_be_removed(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    app.add_key("0002", Algorithm::EdDsa, None);
    let rotated = app.second_instance(router).await;
    let id = challenge(&rotated).await;
    assert_signed_in(&verify(&rotated, &id, &authenticator.next_code(&app)).await);
    rotated.flush().await;
    let directory = app.auth.settings().tokens.keys[0].clone();
    let directory = std::path::PathBuf::from(directory.expose_secret());
    std::fs::remove_file(directory.join("0001.pem")).unwrap();
    let later = app.second_instance(router).await;
    let id = challenge(&later).await;
    assert_signed_in(&verify(&later, &id, &authenticator.next_code(&app)).await);
    let id = challenge(&later).await;
    assert_signed_in(&verify_recovery(&later, &id, &authenticator.recovery_codes[0]).await);
}

async fn a_secret_of_another_account_does_not_open(engine: Engine) {
    let (app, ..) = enrolled(engine, "").await;
    let bob = app.signed_in("bob@example.com").await;
    let of_bob = bob.enrol(&app).await;
    let (ada, bob) = (app.user(ADA).await.id, app.user("bob@example.com").await.id);
    auth::on!(app.auth.db(), pool => auth::sqlx::query(
        "update second_factors set sealed = (select sealed from second_factors where user_id = $1) where user_id = $2",
    )
    .bind(bob)
    .bind(ada)
    .execute(pool)
    .await
    .map(drop))
    .unwrap();
    let id = challenge(&app).await;
    let reply = verify(&app, &id, &of_bob.next_code(&app)).await;
    assert_eq!(reply.status, 500, "somebody wrote into the database: {reply:?}");
}

async fn the_export_of_an_account_tells_of_the_factor(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    assert_eq!(ada.get("/jwt-allauth/user/export/").await.body["second_factor"], Value::Null);
    ada.enrol(&app).await;
    let told = ada.get("/jwt-allauth/user/export/").await.body["second_factor"].clone();
    let expected = json!({
        "type": "totp", "created": "2027-01-15T08:00:00Z", "last_used": null, "recovery_codes_left": 10,
    });
    assert_eq!(told, expected);
}

async fn sign_ins_are_counted_by_their_way(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    verify(&app, &id, &authenticator.wrong_code(&app)).await;
    verify(&app, &id, &authenticator.next_code(&app)).await;
    let metrics = app.metrics().await;
    for line in [
        "auth_sign_ins_total{way=\"password\",outcome=\"challenged\"} 1",
        "auth_sign_ins_total{way=\"second_factor\",outcome=\"succeeded\"} 1",
        "auth_sign_ins_total{way=\"second_factor\",outcome=\"refused\"} 1",
        "auth_events_total{kind=\"second_factor_added\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
}

async fn the_audit_log_and_the_mails_hold_no_code(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let (wrong, right) = (authenticator.wrong_code(&app), authenticator.next_code(&app));
    verify(&app, &id, &wrong).await;
    verify(&app, &id, &right).await;
    let mails = format!("{:?}", app.mailbox().await.to(ADA));
    let log = format!("{:?}", app.audit_log().await.iter().map(|event| &event.detail).collect::<Vec<_>>());
    for code in authenticator.recovery_codes.iter().chain([&id]) {
        assert!(!mails.contains(code) && !log.contains(code), "{code}");
    }
    assert!(!log.contains(&wrong) && !log.contains(&right), "{log}");
}

async fn the_database_holds_no_id_of_a_challenge(engine: Engine) {
    let (app, ..) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    let query = "select id from second_factor_challenges";
    let rows: Vec<(uuid::Uuid,)> =
        auth::on!(app.auth.db(), pool => auth::sqlx::query_as(query).fetch_all(pool).await).unwrap();
    assert!(rows.len() == 1 && rows[0].0.simple().to_string() != id, "{rows:?}");
    assert_expired(&verify(&app, &rows[0].0.simple().to_string(), "123456").await);
}
