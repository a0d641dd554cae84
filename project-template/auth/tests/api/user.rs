//! `user/`.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, TestApp};
use serde_json::{Value, json};

use super::{assert_cookie_deleted, assert_not_authenticated, assert_refused, assert_session_over, configured, start};

const PATH: &str = "/jwt-allauth/user/";

auth::on_both_engines!(
    names_are_changed_and_nothing_else,
    names_that_do_not_fit_are_refused,
    an_account_is_deleted_with_its_password,
    without_the_right_password_an_account_stays,
    an_account_without_a_password_is_deleted_by_whoever_signed_in_a_moment_ago,
    an_account_without_a_password_gets_another_address_by_whoever_signed_in_a_moment_ago,
    a_password_is_asked_for_however_fresh_the_session_is,
    a_deleted_address_can_be_registered_again,
    an_account_is_deleted_by_post_too_and_its_owner_gets_a_mail,
    an_address_of_ones_own_can_be_written_in_another_case,
    what_is_kept_about_a_person_is_theirs_to_take_away,
);

#[tokio::test]
async fn each_method_needs_a_bearer() {
    let app = start(Engine::Sqlite).await;
    let nobody = app.client();
    assert_not_authenticated(&nobody.get(PATH).await);
    assert_not_authenticated(&nobody.patch(PATH, &json!({})).await);
    assert_not_authenticated(&nobody.delete(PATH, None).await);
    let mut cookie_only = app.signed_in("ada@example.com").await;
    cookie_only.access.clear();
    assert_not_authenticated(&cookie_only.get(PATH).await);
}

async fn names_are_changed_and_nothing_else(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let expected =
        |first: &str, last: &str| json!({ "email": "ada@example.com", "first_name": first, "last_name": last });
    let body =
        json!({ "first_name": " Ada ", "last_name": "Lovelace", "email": "x@example.com", "role": 1000, "id": 1 });
    assert_refused(&ada.patch(PATH, &body).await, 200, &expected("Ada", "Lovelace"));
    assert_refused(&ada.patch(PATH, &json!({ "last_name": "" })).await, 200, &expected("Ada", ""));
    assert_refused(&ada.patch(PATH, &json!({})).await, 200, &expected("Ada", ""));
    assert_refused(&ada.get(PATH).await, 200, &expected("Ada", ""));
    ada.refresh().await;
    assert_eq!(super::claims(&ada).await["role"], json!(0));
}

async fn names_that_do_not_fit_are_refused(engine: Engine) {
    let ada = start(engine).await.signed_in("ada@example.com").await;
    let body = json!({ "first_name": "x".repeat(151), "last_name": null });
    let expected = json!({
        "first_name": ["Ensure this field has no more than 150 characters."],
        "last_name": ["This field may not be null."],
    });
    assert_refused(&ada.patch(PATH, &body).await, 400, &expected);
    let reply = ada.patch(PATH, &json!({ "first_name": "a\u{0}b" })).await;
    assert_refused(&reply, 400, &json!({ "first_name": ["Null characters are not allowed."] }));
}

async fn an_account_is_deleted_with_its_password(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await;
    let reply = ada.delete(PATH, Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!((reply.status, &reply.body), (204, &Value::Null));
    assert_cookie_deleted(&reply);
    assert_session_over(&ada.get(PATH).await);
    assert_session_over(&phone.get(PATH).await);
    assert_eq!(phone.refresh().await.status, 401);
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 401);
    for table in ["select count(*) from users", "select count(*) from sessions"] {
        let (rows,): (i64,) = auth::on!(app.auth.db(), pool => sqlx::query_as(table).fetch_one(pool).await).unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

async fn without_the_right_password_an_account_stays(engine: Engine) {
    let ada = start(engine).await.signed_in("ada@example.com").await;
    assert_refused(&ada.delete(PATH, None).await, 400, &json!({ "password": ["This field is required."] }));
    let reply = ada.delete(PATH, Some(&json!({ "password": "a wrong password" }))).await;
    let message = "Your password was entered incorrectly. Please enter it again.";
    assert_refused(&reply, 400, &json!({ "password": [message] }));
    assert_eq!(ada.get(PATH).await.status, 200);
}

/// A client that signs in with a mailed code.
async fn by_code(app: &TestApp, email: &str) -> Client {
    let mut client = app.client();
    client.post("/jwt-allauth/login/code/", &json!({ "email": email })).await;
    let code = app.mailbox().await.latest(email).code();
    let reply = client.post("/jwt-allauth/login/code/verify/", &json!({ "email": email, "code": code })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    client.keep(reply);
    client
}

async fn an_account_without_a_password_is_deleted_by_whoever_signed_in_a_moment_ago(engine: Engine) {
    let app = configured(engine, "[login_codes]\ncreate_accounts = true").await;
    let mut old = by_code(&app, "ada@example.com").await;
    app.advance(Duration::from_mins(5));
    let expected = json!({
        "detail": "This account has no password. Sign in again, then repeat this within five minutes.",
        "code": "sign_in_again",
    });
    assert_refused(&old.delete(PATH, None).await, 403, &expected);
    assert_eq!(old.refresh().await.status, 200);
    for body in [None, Some(json!({ "password": PASSWORD })), Some(json!({ "password": "" }))] {
        assert_refused(&old.delete(PATH, body.as_ref()).await, 403, &expected);
    }
    let new = by_code(&app, "ada@example.com").await;
    assert_refused(&old.delete(PATH, None).await, 403, &expected);
    app.advance(Duration::from_mins(5) - Duration::from_secs(1));
    assert_eq!(new.delete(PATH, None).await.status, 204);
    assert_session_over(&old.get(PATH).await);
}

async fn an_account_without_a_password_gets_another_address_by_whoever_signed_in_a_moment_ago(engine: Engine) {
    let app = configured(engine, "[login_codes]\ncreate_accounts = true").await;
    let new_address = json!({ "email": "ada@new.example.com" });
    let mut old = by_code(&app, "ada@example.com").await;
    app.advance(Duration::from_mins(5));
    assert_eq!(old.refresh().await.status, 200);
    let reply = old.post("/jwt-allauth/user/email/", &new_address).await;
    assert_eq!((reply.status, reply.text("code")), (403, "sign_in_again"));

    let new = by_code(&app, "ada@example.com").await;
    assert_eq!(new.post("/jwt-allauth/user/email/", &new_address).await.status, 200);
    let link = app.mailbox().await.latest("ada@new.example.com").link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_eq!(new.get(PATH).await.text("email"), "ada@new.example.com");
}

async fn a_password_is_asked_for_however_fresh_the_session_is(engine: Engine) {
    let app = start(engine).await;
    app.signed_in("ada@example.com").await;
    let ada = by_code(&app, "ada@example.com").await;
    assert_refused(&ada.delete(PATH, None).await, 400, &json!({ "password": ["This field is required."] }));
    assert_eq!(ada.delete(PATH, Some(&json!({ "password": "a wrong password" }))).await.status, 400);
    assert_eq!(ada.get(PATH).await.status, 200);
}

async fn a_deleted_address_can_be_registered_again(engine: Engine) {
    let app = start(engine).await;
    let old = app.signed_in("ada@example.com").await;
    old.delete(PATH, Some(&json!({ "password": PASSWORD }))).await;
    let new = app.signed_in("ada@example.com").await;
    assert_session_over(&old.get(PATH).await);
    assert_eq!(new.get(PATH).await.status, 200);
}

async fn an_account_is_deleted_by_post_too_and_its_owner_gets_a_mail(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let path = "/jwt-allauth/user/delete/";
    assert_eq!(ada.post(path, &json!({ "password": "a wrong password" })).await.status, 400);
    let reply = ada.post(path, &json!({ "password": PASSWORD })).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_cookie_deleted(&reply);
    assert_session_over(&ada.get(PATH).await);
    let mail = app.mailbox().await.latest("ada@example.com");
    assert!(mail.subject.contains("was deleted"), "{mail:?}");
}

async fn an_address_of_ones_own_can_be_written_in_another_case(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let path = "/jwt-allauth/user/email/";
    let change =
        async |email: &str, password: &str| ada.post(path, &json!({ "email": email, "password": password })).await;
    assert_eq!(change("Ada@example.com", "a wrong password").await.status, 400);
    assert_eq!(change("ada@example.com", PASSWORD).await.status, 400, "nothing to change");
    assert_eq!(change("Ada@example.com", PASSWORD).await.text("detail"), "E-mail address changed.");
    assert_eq!(ada.get(PATH).await.text("email"), "Ada@example.com");
    assert_eq!(ada.refresh().await.status, 200, "nothing else has changed");
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
}

async fn what_is_kept_about_a_person_is_theirs_to_take_away(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await.from_address("203.0.113.7");
    app.signed_in("bob@example.com").await;
    let path = "/jwt-allauth/user/export/";
    assert_not_authenticated(&app.client().get(path).await);
    app.advance(Duration::from_mins(5));
    let expected = json!({ "detail": "Sign in again, then repeat this within five minutes.", "code": "sign_in_again" });
    assert_refused(&ada.get(path).await, 403, &expected);
    ada.refresh().await;
    assert_refused(&ada.get(path).await, 403, &expected);
    ada.login("ada@example.com", PASSWORD).await;
    let reply = ada.get(path).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
    assert_eq!(reply.body["account"]["email"], "ada@example.com");
    assert_eq!(reply.body["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(reply.body["sessions"][1]["ip"], "203.0.113.7");
    let kinds: Vec<_> = reply.body["events"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["exported", "sign_in", "sign_in", "sign_up"]);
    let text = reply.body.to_string();
    assert!(!text.contains("bob") && !text.contains("argon2"), "{text}");
}
