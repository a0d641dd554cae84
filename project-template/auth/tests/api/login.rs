//! `login/`.

use std::time::Duration;

use auth::account;
use auth::testing::{Engine, PASSWORD, Reply};
use serde_json::json;

use super::{assert_refused, at_two_instances, start, user_id};

const PATH: &str = "/jwt-allauth/login/";

auth::on_both_engines!(
    it_answers_with_tokens_of_a_new_session,
    unknown_wrong_and_deactivated_are_one_answer_at_one_cost,
    a_reactivated_account_signs_in_again,
    many_correct_logins_at_once_all_succeed,
    whoever_is_not_to_be_remembered_is_forgotten_with_the_browser_and_after_a_day,
);

async fn it_answers_with_tokens_of_a_new_session(engine: Engine) {
    let app = start(engine).await;
    let first = app.signed_in("ada@example.com").await;
    let mut second = app.client();
    let reply = second.login(" ADA@Example.com ", PASSWORD).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({ "access": second.access, "expires_in": 1_800 })));
    assert_ne!(super::claims(&first).await["session"], super::claims(&second).await["session"]);
    assert_eq!(first.clone().refresh().await.status, 200, "the first session lives on");
}

async fn unknown_wrong_and_deactivated_are_one_answer_at_one_cost(engine: Engine) {
    let app = start(engine).await;
    app.signed_in("ada@example.com").await;
    let gone = app.signed_in("gone@example.com").await;
    account::set_active(&app.auth, user_id(&gone).await, false).await.unwrap();

    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        ("ada@example.com", "a wrong password"),
        ("ada@example.com", &PASSWORD.to_uppercase()),
        ("ada@example.com", &format!("{PASSWORD} ")),
        ("gone@example.com", PASSWORD),
        ("gone@example.com", "a wrong password"),
    ] {
        let before = app.password_hashes();
        let reply = app.client().login(email, password).await;
        assert_refused(&reply, 401, &json!({ "detail": "Incorrect credentials", "code": "incorrect_credentials" }));
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(reply.header("set-cookie"), "");
        assert_eq!(app.password_hashes() - before, 1, "{email}: one hash, whatever the reason");
    }
}

async fn a_reactivated_account_signs_in_again(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let id = user_id(&ada).await;
    assert!(account::set_active(&app.auth, id, false).await.unwrap());
    assert!(account::set_active(&app.auth, id, true).await.unwrap());
    assert_eq!(ada.refresh().await.status, 401, "its old sessions stay ended");
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
}

async fn many_correct_logins_at_once_all_succeed(engine: Engine) {
    let app = at_two_instances(engine, "").await;
    let ada = app.signed_in("ada@example.com").await;
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let mut client = app.client();
        logins.spawn(async move { client.login("ada@example.com", PASSWORD).await.status });
    }
    assert_eq!(logins.join_all().await, [200; 50]);
    assert_eq!(ada.get("/jwt-allauth/sessions/").await.body.as_array().unwrap().len(), 51);
}

#[tokio::test]
async fn beyond_the_queue_of_passwords_the_answer_is_busy() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let occupied = app.occupy_password_workers();
    let body = json!({ "detail": "The server is busy. Please try again.", "code": "busy" });
    for email in ["ada@example.com", "nobody@example.com"] {
        let reply = app.client().login(email, PASSWORD).await;
        assert_refused(&reply, 503, &body);
        assert_eq!(reply.header("retry-after"), "1");
    }
    assert_refused(&app.client().register("eve@example.com", PASSWORD).await, 503, &body);
    let change = json!({ "old_password": PASSWORD, "new_password1": "a new one 1", "new_password2": "a new one 1" });
    assert_refused(&ada.post("/jwt-allauth/password/change/", &change).await, 503, &body);
    assert_eq!(ada.clone().refresh().await.status, 200, "what hashes nothing goes on");
    drop(occupied);
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_that_is_too_long_to_be_one_costs_no_hash() {
    let app = start(Engine::Sqlite).await;
    let reply = app.client().post(PATH, &json!({ "email": "ada@example.com", "password": "x".repeat(1_025) })).await;
    assert_refused(&reply, 400, &json!({ "password": ["Ensure this field has no more than 1024 bytes."] }));
    assert_eq!(app.password_hashes(), 0);
}

#[tokio::test]
async fn a_hash_that_cannot_be_renewed_keeps_nobody_out() {
    /// Of [`PASSWORD`], as Django writes it.
    const OUTDATED: &str = "pbkdf2_sha256$1$NT365Rf5Q4rMNR1J7Noxun$2VeuBEqabuDgdHxuLFR0HKM5EvdmpvULULgeLMDv4xQ=";
    let app = start(Engine::Sqlite).await;
    app.signed_in("ada@example.com").await;
    let execute = async |statement: &'static str| {
        auth::on!(app.auth.db(), pool => sqlx::query(statement).bind(OUTDATED).execute(pool).await.map(drop)).unwrap();
    };
    let hash = async || app.user("ada@example.com").await.password_hash.unwrap();
    execute("update users set password_hash = $1").await;
    execute("create trigger broken before update of password_hash on users begin select raise(abort, 'broken'); end")
        .await;
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
    assert_eq!(hash().await, OUTDATED);
    execute("drop trigger broken").await;
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
    assert_ne!(hash().await, OUTDATED, "the next sign-in tries again");
}

/// The attributes of the cookie that an answer sets.
fn attributes(reply: &Reply) -> &str {
    reply.header("set-cookie").split_once("; ").map_or("", |(_, attributes)| attributes)
}

async fn whoever_is_not_to_be_remembered_is_forgotten_with_the_browser_and_after_a_day(engine: Engine) {
    let app = start(engine).await;
    app.signed_in("ada@example.com").await;
    let mut shared = app.client();
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "remember": false });
    let reply = shared.post("/jwt-allauth/login/", &body).await;
    let reply = shared.keep(reply);
    assert_eq!(attributes(&reply), "HttpOnly; SameSite=Lax; Path=/", "no Max-Age: until the browser is closed");
    app.advance(Duration::from_hours(23));
    assert_eq!(attributes(&shared.refresh().await), "HttpOnly; SameSite=Lax; Path=/");
    let new = "wrong pony charger clip";
    let change = json!({ "old_password": PASSWORD, "new_password1": new, "new_password2": new });
    let reply = shared.post("/jwt-allauth/password/change/", &change).await;
    assert_eq!(attributes(&shared.keep(reply)), "HttpOnly; SameSite=Lax; Path=/");
    app.advance(Duration::from_hours(24));
    assert_eq!(shared.refresh().await.status, 401);

    let body = json!({ "email": "ada@example.com", "password": new, "remember": true });
    let reply = shared.post("/jwt-allauth/login/", &body).await;
    assert_eq!(attributes(&reply), "HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600");
    let reply =
        shared.post("/jwt-allauth/login/", &json!({ "email": "a@b.c", "password": new, "remember": "no" })).await;
    assert_eq!((reply.status, &reply.body), (400, &json!({ "remember": ["Must be a valid boolean."] })));
}
