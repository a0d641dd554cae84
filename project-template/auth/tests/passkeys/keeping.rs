//! Naming and removing passkeys.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD};
use auth::users::Email;
use serde_json::json;

use super::{ADA, GRACE, PASSKEYS, assert_refused, begin, configured, details, signed, start, with_passkey};

auth::on_both_engines!(
    a_passkey_is_renamed_by_its_owner_alone,
    a_removed_passkey_signs_in_no_more_and_other_sessions_end,
    only_a_user_who_signed_in_just_now_removes_a_passkey,
    the_only_way_in_cannot_be_removed,
    the_deletion_of_an_account_removes_its_passkeys,
    expired_challenges_are_removed,
);

async fn a_passkey_is_renamed_by_its_owner_alone(engine: Engine) {
    let app = start(engine).await;
    let (ada, _) = with_passkey(&app, ADA).await;
    let grace = app.signed_in(GRACE).await;
    let id = ada.get(PASSKEYS).await.body[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{PASSKEYS}{id}/");
    app.advance(Duration::from_mins(6));
    let renamed = ada.patch(&path, &json!({ "name": " Key ring " })).await;
    assert_eq!((renamed.status, renamed.text("name")), (200, "Key ring"));
    assert_eq!(ada.get(PASSKEYS).await.body, json!([renamed.body]));
    assert_eq!(grace.patch(&path, &json!({ "name": "Mine" })).await.status, 404);
    assert_eq!(app.client().patch(&path, &json!({ "name": "Mine" })).await.status, 401);
    for unknown in ["0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12", "1", "x"] {
        assert_eq!(ada.patch(&format!("{PASSKEYS}{unknown}/"), &json!({ "name": "x" })).await.status, 404);
    }
    for wrong in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": null }),
        json!({ "name": "x".repeat(101) }),
        json!({ "name": [] }),
    ] {
        let refused = ada.patch(&path, &wrong).await;
        assert_eq!((refused.status, refused.body["name"].is_array()), (400, true), "{wrong}: {refused:?}");
    }
}

async fn a_removed_passkey_signs_in_no_more_and_other_sessions_end(engine: Engine) {
    let app = start(engine).await;
    let (ada, mut phone) = with_passkey(&app, ADA).await;
    let mut other = app.client();
    assert_eq!(other.login_with_passkey(&mut phone).await.status, 200);
    let pending = signed(&app, &mut phone).await;
    let id = ada.get(PASSKEYS).await.body[0]["id"].as_str().unwrap().to_owned();
    let grace = app.signed_in(GRACE).await;
    let path = format!("{PASSKEYS}{id}/");
    assert_eq!(grace.delete(&path, None).await.status, 404);
    assert_eq!(ada.delete(&path, None).await.status, 204);
    assert_eq!(ada.delete(&path, None).await.status, 404);
    assert_eq!(ada.get(PASSKEYS).await.body, json!([]));
    assert_eq!(other.refresh().await.status, 401);
    assert_refused(&app.client().post(super::LOGIN, &pending).await);
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("A passkey was removed"), "{}", mail.subject);
    assert_eq!(details(&app, "passkey_removed").await, [""]);
    assert_eq!(details(&app, "sessions_ended").await, ["passkey"]);
    // The device still has it, so another registration may be of the same.
    assert_eq!(ada.add_passkey(&mut phone).await.status, 201);
}

async fn only_a_user_who_signed_in_just_now_removes_a_passkey(engine: Engine) {
    let app = start(engine).await;
    let (mut ada, _) = with_passkey(&app, ADA).await;
    let id = ada.get(PASSKEYS).await.body[0]["id"].as_str().unwrap().to_owned();
    app.advance(Duration::from_mins(5));
    ada.refresh().await;
    let refused = ada.delete(&format!("{PASSKEYS}{id}/"), None).await;
    assert_eq!((refused.status, refused.text("code")), (403, "sign_in_again"));
    assert_eq!(app.client().delete(&format!("{PASSKEYS}{id}/"), None).await.status, 401);
}

async fn the_only_way_in_cannot_be_removed(engine: Engine) {
    let app = configured(engine, "[login_codes]\nenabled = false").await;
    let (ada, _) = with_passkey(&app, ADA).await;
    let address = Email::parse(ADA).unwrap();
    let statement = "update users set password_hash = null where email_key = $1";
    auth::on!(app.auth.db(), pool => {
        auth::sqlx::query(statement).bind(address.key()).execute(pool).await.map(drop).unwrap();
    });
    let mut second = app.authenticator();
    assert_eq!(ada.add_passkey(&mut second).await.status, 201);
    let ids: Vec<_> = ada.get(PASSKEYS).await.body.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    let paths: Vec<_> = ids.iter().map(|id| format!("{PASSKEYS}{}/", id.as_str().unwrap())).collect();
    // Both at once: one is left.
    let clients = [ada.elsewhere(), ada.elsewhere()];
    let (one, other) = tokio::join!(clients[0].delete(&paths[0], None), clients[1].delete(&paths[1], None));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400], "{one:?} {other:?}");
    let refused = if one.status == 400 { one } else { other };
    assert_eq!(refused.text("code"), "disconnect_not_allowed");
    assert_eq!(ada.get(PASSKEYS).await.body.as_array().unwrap().len(), 1);
}

async fn the_deletion_of_an_account_removes_its_passkeys(engine: Engine) {
    let app = start(engine).await;
    let (ada, mut phone) = with_passkey(&app, ADA).await;
    begin(&ada, super::OPTIONS).await;
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    for table in ["select count(*) from passkeys", "select count(*) from passkey_challenges where user_id is not null"]
    {
        let (rows,): (i64,) =
            auth::on!(app.auth.db(), pool => auth::sqlx::query_as(table).fetch_one(pool).await.unwrap());
        assert_eq!(rows, 0, "{table}");
    }
    let grace = app.signed_in(GRACE).await;
    assert_eq!(grace.add_passkey(&mut phone).await.status, 201, "the id is free again");
}

async fn expired_challenges_are_removed(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    begin(&ada, super::OPTIONS).await;
    begin(&ada, super::LOGIN_OPTIONS).await;
    begin(&ada, super::LOGIN_OPTIONS).await;
    assert_eq!(app.flush().await["codes"], 0);
    app.advance(Duration::from_mins(5));
    assert_eq!(app.flush().await["codes"], 3);
}
