//! There is always a superuser left.

use auth::on;
use auth::testing::{Engine, PASSWORD, TestApp};
use auth::users::role::SUPERUSER;
use serde_json::json;

use super::{ADA, BOSS, id, is_active, role, router, set_role, signed_in, start, token};

auth::on_both_engines!(
    the_last_one_cannot_be_deactivated_or_removed,
    one_who_is_not_active_does_not_count,
    of_two_who_take_each_others_role_at_once_one_stays,
    of_two_who_leave_at_once_by_different_doors_one_stays,
    a_role_given_while_an_account_is_removed_is_not_lost,
);

const OTHER: &str = "other@example.com";

async fn superusers(app: &TestApp) -> i64 {
    let (count,): (i64,) = on!(app.auth.db(), pool => {
        sqlx::query_as("select count(*) from users where role >= 1000 and is_active").fetch_one(pool).await
    })
    .unwrap();
    count
}

async fn the_last_one_cannot_be_deactivated_or_removed(engine: Engine) {
    let app = start(engine).await;
    let boss = id(&app, BOSS).await;
    let refused = auth::account::set_active(&app.auth, boss, false).await.unwrap_err();
    assert!(format!("{refused:?}").contains("last_superuser"), "{refused:?}");
    let mut client = app.client();
    client.login(BOSS, PASSWORD).await;
    let reply = client.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!((reply.status, reply.text("code")), (409, "last_superuser"));
    assert_eq!(client.refresh().await.status, 200, "nothing has happened");
    set_role(&app, ADA, SUPERUSER).await;
    let reply = client.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!(reply.status, 204, "{reply:?}");
}

async fn one_who_is_not_active_does_not_count(engine: Engine) {
    let app = start(engine).await;
    set_role(&app, ADA, SUPERUSER).await;
    auth::account::set_active(&app.auth, id(&app, ADA).await, false).await.unwrap();
    assert!(auth::account::set_active(&app.auth, id(&app, BOSS).await, false).await.is_err());
    auth::account::set_active(&app.auth, id(&app, ADA).await, true).await.unwrap();
    auth::account::set_active(&app.auth, id(&app, BOSS).await, false).await.unwrap();
    assert!(!is_active(&app, BOSS).await);
}

async fn of_two_who_take_each_others_role_at_once_one_stays(engine: Engine) {
    let app = start(engine).await;
    let elsewhere = app.second_instance(router).await;
    app.signed_in(OTHER).await;
    for _ in 0..20 {
        set_role(&app, BOSS, SUPERUSER).await;
        set_role(&app, OTHER, SUPERUSER).await;
        let mut tasks = Vec::new();
        for (app, from, to) in [(&app, BOSS, OTHER), (&elsewhere, OTHER, BOSS)] {
            let mut browser = signed_in(app, from).await;
            let token = token(&browser.visit("/admin/").await);
            let path = format!("/admin/users/{}/role/", id(app, to).await);
            tasks.push(async move { browser.submit(&path, &[("csrf_token", &token), ("role", "0")]).await.status });
        }
        for task in tasks.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(superusers(&app).await, 1);
    }
}

async fn of_two_who_leave_at_once_by_different_doors_one_stays(engine: Engine) {
    let app = start(engine).await;
    let elsewhere = app.second_instance(router).await;
    let boss = id(&app, BOSS).await;
    for round in 0..20 {
        let email = format!("other{round}@example.com");
        let other = app.signed_in(&email).await;
        set_role(&app, &email, SUPERUSER).await;
        let removed = tokio::spawn(async move {
            other.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status
        });
        let auth = elsewhere.auth.clone();
        let deactivated = tokio::spawn(async move { auth::account::set_active(&auth, boss, false).await.is_ok() });
        let (removed, deactivated) = (removed.await.unwrap() == 204, deactivated.await.unwrap());
        assert!(!(removed && deactivated));
        assert_eq!(superusers(&app).await, 1 + i64::from(!removed && !deactivated));
        if deactivated {
            auth::account::set_active(&app.auth, boss, true).await.unwrap();
            set_role(&app, &email, 0).await;
        } else if !removed {
            set_role(&app, &email, 0).await;
        }
    }
}

async fn a_role_given_while_an_account_is_removed_is_not_lost(engine: Engine) {
    let app = start(engine).await;
    for round in 0..10 {
        let email = format!("new{round}@example.com");
        let client = app.signed_in(&email).await;
        let mut boss = signed_in(&app, BOSS).await;
        let (in_app, to) = (app.clone(), email.clone());
        let target = id(&app, &email).await;
        let token = token(&boss.visit("/admin/").await);
        let given = tokio::spawn(async move {
            let form = [("csrf_token", token.as_str()), ("role", "1000")];
            boss.submit(&format!("/admin/users/{target}/role/"), &form).await.status
        });
        let removed = client.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status;
        let given = given.await.unwrap();
        let is_there = auth::users::by_email(&in_app.auth, &to).await.unwrap();
        match is_there {
            Some(user) => {
                assert!(removed != 204 && given == 303 && user.role == SUPERUSER, "{removed} {given}");
                set_role(&app, &email, 0).await;
            }
            None => assert_eq!(removed, 204),
        }
        assert_eq!(role(&app, BOSS).await, SUPERUSER);
    }
}
