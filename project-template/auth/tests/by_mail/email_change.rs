//! Another address for an account.

use std::time::Duration;

use auth::email_verification::Method;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use axum::http::Method as Verb;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::*;

auth::on_both_engines! {
    the_new_address_counts_once_it_is_confirmed_from_there_and_the_old_one_is_told,
    a_change_dies_when_the_session_that_asked_for_it_is_taken_back,
    asking_takes_the_password_and_an_address_that_is_another,
    a_confirmation_ends_the_other_sessions_and_no_link_works_twice,
    a_taken_address_looks_like_any_other_to_who_asks_and_its_owner_is_told,
    a_stranger_gets_no_more_mail_than_if_one_account_asked,
    an_address_that_was_taken_since_is_refused_and_nothing_changes,
    a_sign_up_that_nobody_confirmed_does_not_keep_an_address_from_who_reads_its_mail,
    an_account_that_is_more_than_a_sign_up_keeps_its_address,
    of_a_change_and_the_confirmation_of_a_sign_up_at_once_one_gets_the_address,
    a_link_is_void_after_another_was_asked_for_or_the_password_was_changed,
    of_two_accounts_that_confirm_one_address_at_once_one_gets_it,
}

const NEW: &str = "ada@new.example.com";

async fn signed_in(app: &TestApp) -> Client {
    ada(app).await;
    let mut client = app.client();
    assert_eq!(client.login(ADA, PASSWORD).await.status, 200);
    client
}

async fn ask(client: &Client, email: &str) -> Reply {
    client.post("/jwt-allauth/user/email/", &json!({ "email": email, "password": PASSWORD })).await
}

async fn the_new_address_counts_once_it_is_confirmed_from_there_and_the_old_one_is_told(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let client = signed_in(&app).await;
    assert_eq!(ask(&client, NEW).await.status, 200);
    let mailbox = app.mailbox().await;
    let notice = mailbox.latest(ADA);
    assert!(notice.text.contains(NEW) && !notice.text.contains("/confirm/"), "{}", notice.text);
    let link = mailbox.latest(NEW).link();
    let page = browser(&app).get(&link).await;
    assert!(page.status == 200 && page.body.as_str().unwrap().contains(NEW), "{page:?}");
    assert_eq!(client.get("/jwt-allauth/user/").await.text("email"), ADA, "until it is confirmed");
    assert_eq!(app.client().login(NEW, PASSWORD).await.status, 401);

    let reply = app.client().post(&link, &json!({})).await;
    assert_eq!((reply.status, reply.text("detail")), (200, "E-mail address changed."));
    assert_eq!(client.get("/jwt-allauth/user/").await.text("email"), NEW);
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
    assert_eq!(app.client().login(NEW, PASSWORD).await.status, 200);
    let told = app.mailbox().await.latest(ADA);
    assert_eq!(told.subject, "Your e-mail address for localhost was changed");
    assert!(told.text.contains(NEW) && told.text.contains("15 January 2027"), "{}", told.text);
    assert!(!told.text.contains("http"), "a notice has no link that could be imitated: {}", told.text);
}

async fn a_change_dies_when_the_session_that_asked_for_it_is_taken_back(engine: Engine) {
    for way in ["logout-all", "invalidate", "from another session", "replay", "password", "logout", "nothing"] {
        let app = strict(engine, Method::Link).await;
        let mut thief = signed_in(&app).await;
        let mut owner = app.client();
        owner.login(ADA, PASSWORD).await;
        ask(&thief, NEW).await;
        let link = app.mailbox().await.latest(NEW).link();
        let session = thief.get("/jwt-allauth/token/claims/").await.text("session").to_owned();
        let post = async |client: &Client, path: &str, body| client.post(path, &body).await.status;
        let done = match way {
            "logout-all" => post(&owner, "/jwt-allauth/logout-all/", json!({})).await,
            "invalidate" => {
                let user = app.user(ADA).await.id;
                auth::sessions::invalidate(&app.auth, user, auth::sessions::TokenKinds::All).await.unwrap();
                200
            }
            "from another session" => owner.delete(&format!("/jwt-allauth/sessions/{session}/"), None).await.status,
            "replay" => {
                let copy = thief.clone();
                thief.refresh().await;
                app.advance(Duration::from_mins(1));
                copy.clone().refresh().await.status
            }
            "password" => {
                let new = "wrong pony charger clip";
                let body = json!({ "old_password": PASSWORD, "new_password1": new, "new_password2": new });
                post(&owner, "/jwt-allauth/password/change/", body).await
            }
            "logout" => post(&thief, "/jwt-allauth/logout/", json!({})).await,
            _ => 200,
        };
        assert!(matches!(done, 200 | 204 | 401), "{way}: {done}");
        let confirmed = app.client().post(&link, &json!({})).await.status;
        assert_eq!(confirmed, if matches!(way, "logout" | "nothing") { 200 } else { 404 }, "{way}");
    }
}

async fn asking_takes_the_password_and_an_address_that_is_another(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let client = signed_in(&app).await;
    let path = "/jwt-allauth/user/email/";
    let reply = client.post(path, &json!({ "email": ADA, "password": "wrong horse battery" })).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.body["email"][0], "This is already your e-mail address.");
    assert_eq!(reply.body["password"][0], "Your password was entered incorrectly. Please enter it again.");
    let reply = client.post(path, &json!({})).await;
    assert_eq!(reply.body["email"], reply.body["password"]);
    assert_eq!(app.client().post(path, &json!({ "email": NEW, "password": PASSWORD })).await.status, 401);
    assert_eq!(ask(&client, NEW).await.status, 200);
    let reply = ask(&client, NEW).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "60"));
}

async fn a_confirmation_ends_the_other_sessions_and_no_link_works_twice(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let mut client = signed_in(&app).await;
    let mut other = app.client();
    other.login(ADA, PASSWORD).await;
    ask(&client, NEW).await;
    let link = app.mailbox().await.latest(NEW).link();
    assert_eq!(browser(&app).send(Verb::POST, &link, None).await.status, 200);
    assert_eq!(client.refresh().await.status, 200);
    assert_eq!(other.refresh().await.status, 401);
    assert_eq!(browser(&app).send(Verb::POST, &link, None).await.status, 200, "pressed twice, it is still done");
    assert_eq!(app.client().post(&link, &json!({})).await.text("code"), "link_not_valid");
    for unknown in ["unknown", "%ff", "%00"].map(|key| format!("/jwt-allauth/user/email/confirm/{key}/")) {
        for reply in [browser(&app).get(&unknown).await, browser(&app).send(Verb::POST, &unknown, None).await] {
            assert_eq!((reply.status, reply.header("content-type")), (404, "text/html; charset=utf-8"), "{unknown}");
        }
        assert_eq!(app.client().post(&unknown, &json!({})).await.text("code"), "link_not_valid");
    }
}

async fn a_taken_address_looks_like_any_other_to_who_asks_and_its_owner_is_told(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let client = signed_in(&app).await;
    sign_up(&app, "bob@example.com", PASSWORD).await;
    let bobs = app.mailbox().await.latest("bob@example.com").link();
    app.client().post(&bobs, &json!({})).await;
    let taken = ask(&client, "bob@example.com").await;
    let mailbox = app.mailbox().await;
    assert!(mailbox.latest("bob@example.com").text.contains("already has an account"));
    assert!(mailbox.latest(ADA).text.contains("bob@example.com"));
    app.advance(Duration::from_mins(1));
    let free = ask(&client, NEW).await;
    assert_eq!((taken.status, taken.body), (free.status, free.body));
    let unused = "select count(*) from links where used_at is null";
    let (links,): (i64,) = auth::on!(app.auth.db(), pool => sqlx::query_as(unused).fetch_one(pool).await).unwrap();
    assert_eq!(links, 1, "what leads nowhere does not stay");
}

async fn an_address_that_was_taken_since_is_refused_and_nothing_changes(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let client = signed_in(&app).await;
    ask(&client, NEW).await;
    let link = app.mailbox().await.latest(NEW).link();
    sign_up(&app, NEW, EVES_PASSWORD).await;
    let eves = app.mailbox().await.latest(NEW).link();
    assert_eq!(app.client().post(&eves, &json!({})).await.status, 200);
    let reply = app.client().post(&link, &json!({})).await;
    assert_eq!((reply.status, reply.body["email"].is_array()), (400, true), "{reply:?}");
    assert_eq!(browser(&app).send(Verb::POST, &link, None).await.status, 400);
    assert_eq!(client.get("/jwt-allauth/user/").await.text("email"), ADA);
}

async fn a_stranger_gets_no_more_mail_than_if_one_account_asked(engine: Engine) {
    let app = TestApp::start(engine, router).await.at_two_instances(router).await;
    let bob = app.signed_in("bob@example.com").await;
    let mut clients = Vec::new();
    for number in 0..12 {
        clients.push(app.signed_in(&format!("eve{number}@example.com")).await);
    }
    // As many as an account may ask for; after these, there is a longer pause.
    for sent in 1..=4 {
        let asking = clients.iter().cloned().map(|client| async move { ask(&client, NEW).await });
        for reply in asking.collect::<JoinSet<_>>().join_all().await {
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        assert_eq!(app.mailbox().await.to(NEW).len(), sent);
        app.advance(app.auth.settings().codes.resend_cooldown);
    }
    let taken = ask(&bob, "eve1@example.com").await;
    app.advance(app.auth.settings().codes.resend_cooldown);
    let put_off = ask(&bob, NEW).await;
    assert_eq!((put_off.status, put_off.body), (taken.status, taken.body), "as where the address is taken");
    assert_eq!(app.mailbox().await.to(NEW).len(), 4);

    app.advance(app.auth.settings().codes.lockout);
    assert_eq!(ask(&bob, NEW).await.status, 200);
    let link = app.mailbox().await.latest(NEW).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
}

/// Somebody who signs up with the address and confirms nothing.
async fn squat(app: &TestApp) {
    sign_up(app, NEW, EVES_PASSWORD).await;
    app.advance(Duration::from_mins(1));
}

async fn a_sign_up_that_nobody_confirmed_does_not_keep_an_address_from_who_reads_its_mail(engine: Engine) {
    for is_first in [true, false] {
        let app = strict(engine, Method::Link).await;
        let client = signed_in(&app).await;
        if is_first {
            squat(&app).await;
        }
        assert_eq!(ask(&client, NEW).await.status, 200);
        let mail = app.mailbox().await.latest(NEW);
        assert!(mail.link().contains("/user/email/confirm/"), "{}", mail.text);
        if !is_first {
            squat(&app).await;
        }
        let eves = app.mailbox().await.to(NEW).into_iter().find(|mail| mail.text.contains("/verification/")).unwrap();
        let reply = app.client().post(&mail.link(), &json!({})).await;
        assert_eq!((reply.status, reply.text("detail")), (200, "E-mail address changed."));
        assert_eq!(client.get("/jwt-allauth/user/").await.text("email"), NEW);
        assert_eq!(app.client().post(&eves.link(), &json!({})).await.text("code"), "link_not_valid");
        assert_eq!(app.client().login(NEW, PASSWORD).await.status, 200);
        assert_eq!(app.client().login(NEW, EVES_PASSWORD).await.status, 401);
        let removed = app.audit_log().await.into_iter().find(|row| row.kind == "deleted").unwrap();
        assert_eq!((removed.detail.as_deref(), removed.email), (Some("address_taken"), None));
    }
}

async fn an_account_that_is_more_than_a_sign_up_keeps_its_address(engine: Engine) {
    for (change, why) in [
        ("email_verified = true", "confirmed"),
        ("last_login_at = created_at", "has signed in, when that took no confirmation"),
        ("is_active = false", "deactivated"),
        ("role = 900", "staff"),
        ("role = 7", "of a role of the project's own"),
        ("signed_up = false", "imported"),
        ("auth_version = 1", "changed since"),
    ] {
        let app = strict(engine, Method::Link).await;
        let client = signed_in(&app).await;
        ask(&client, NEW).await;
        let link = app.mailbox().await.latest(NEW).link();
        squat(&app).await;
        let statement = auth::sqlx::AssertSqlSafe(format!("update users set {change} where email_key = $1"));
        auth::on!(app.auth.db(), pool => auth::sqlx::query(statement).bind(NEW).execute(pool).await.map(drop)).unwrap();
        assert_eq!(app.client().post(&link, &json!({})).await.status, 400, "{why}");
        let sent = app.mailbox().await.to(NEW).len();
        assert_eq!(ask(&client, NEW).await.status, 200);
        let mailbox = app.mailbox().await;
        let links =
            mailbox.to(NEW).split_off(sent).into_iter().filter(|mail| mail.text.contains("/user/email/confirm/"));
        assert_eq!(links.count(), 0, "{why}");
    }
}

async fn of_a_change_and_the_confirmation_of_a_sign_up_at_once_one_gets_the_address(engine: Engine) {
    let app = strict(engine, Method::Link).await.at_two_instances(router).await;
    for round in 0..10 {
        let (old, new) = (format!("ada{round}@example.com"), format!("new{round}@example.com"));
        let client = app.signed_in(&old).await;
        ask(&client, &new).await;
        let change = app.mailbox().await.latest(&new).link();
        sign_up(&app, &new, EVES_PASSWORD).await;
        let confirmation = app.mailbox().await.latest(&new).link();
        let post = |link: String| {
            let client = app.client();
            tokio::spawn(async move { client.post(&link, &json!({})).await.status })
        };
        let (changed, confirmed) = (post(change), post(confirmation));
        let statuses = (changed.await.unwrap(), confirmed.await.unwrap());
        let address = client.get("/jwt-allauth/user/").await.text("email").to_owned();
        match statuses {
            (200, 404) => assert_eq!(address, new),
            (400, 200) => assert_eq!(address, old),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_link_is_void_after_another_was_asked_for_or_the_password_was_changed(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let client = signed_in(&app).await;
    ask(&client, NEW).await;
    let first = app.mailbox().await.latest(NEW).link();
    app.advance(Duration::from_mins(1));
    ask(&client, "ada@other.example.com").await;
    assert_eq!(app.client().post(&first, &json!({})).await.text("code"), "link_not_valid");
    let second = app.mailbox().await.latest("ada@other.example.com").link();
    let new = "yet another horse battery staple";
    let body = json!({ "old_password": PASSWORD, "new_password1": new, "new_password2": new });
    assert_eq!(client.post("/jwt-allauth/password/change/", &body).await.status, 200);
    assert_eq!(browser(&app).get(&second).await.status, 404);
    assert_eq!(app.client().post(&second, &json!({})).await.text("code"), "link_not_valid");
}

async fn of_two_accounts_that_confirm_one_address_at_once_one_gets_it(engine: Engine) {
    let app = TestApp::start(engine, router).await.at_two_instances(router).await;
    for round in 0..5 {
        let new = format!("new{round}@example.com");
        let mut links = Vec::new();
        for name in ["ada", "bob"] {
            let client = app.signed_in(&format!("{name}{round}@example.com")).await;
            ask(&client, &new).await;
            links.push(app.mailbox().await.latest(&new).link());
            // Another mail to the address would come too soon.
            app.advance(Duration::from_mins(1));
        }
        let post = |link: String| {
            let client = app.client();
            tokio::spawn(async move { client.post(&link, &json!({})).await.status })
        };
        let tasks: Vec<_> = links.into_iter().map(post).collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
    }
}
