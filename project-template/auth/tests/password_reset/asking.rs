//! Asking for a link.

use std::time::Duration;

use auth::on;
use auth::testing::{Engine, Reply, TestApp};
use serde_json::json;

use super::{ADA, RESET, link, router};

auth::on_both_engines!(
    the_answer_is_the_same_for_every_address,
    as_much_is_written_for_an_address_without_an_account,
    a_deactivated_account_gets_no_link,
    an_address_is_written_to_only_so_often_whether_or_not_it_has_an_account,
    what_is_no_address_is_refused,
    the_mail_has_the_link_and_nothing_that_a_header_said,
    a_new_link_ends_the_one_before,
    asking_again_and_again_for_nobody_leaves_one_link,
);

/// What of an answer could differ: everything but its own number.
fn visible(reply: &Reply) -> String {
    let mut headers = reply.headers.clone();
    headers.remove("x-request-id");
    format!("{} {headers:?} {}", reply.status, reply.body)
}

async fn rows(app: &TestApp, table: &'static str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    let (count,): (i64,) = on!(app.auth.db(), pool => sqlx::query_as(query).fetch_one(pool).await).expect("a count");
    count
}

async fn the_answer_is_the_same_for_every_address(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let known = app.client().post(RESET, &json!({ "email": ADA })).await;
    let unknown = app.client().post(RESET, &json!({ "email": "nobody@example.com" })).await;
    assert_eq!(known.status, 200);
    assert_eq!(known.text("detail"), "Password reset e-mail has been sent.");
    assert_eq!(visible(&known), visible(&unknown));
    let page = |email: &'static str| {
        let mut browser = app.client();
        async move { browser.submit(RESET, &[("email", email)]).await }
    };
    app.advance(Duration::from_mins(2));
    let (known, unknown) = (page(ADA).await, page("nobody@example.com").await);
    assert_eq!(known.status, 200);
    let said = |reply: &Reply| reply.body.as_str().map(|html| html.replace(nonce(reply), "")).expect("a page");
    assert_eq!(said(&known), said(&unknown));
    assert_eq!(app.mailbox().await.all().len(), 2);
}

fn nonce(reply: &Reply) -> &str {
    let policy = reply.header("content-security-policy");
    policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce")
}

async fn as_much_is_written_for_an_address_without_an_account(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut counts = Vec::new();
    for email in [ADA, "nobody@example.com"] {
        let before = [rows(&app, "links").await, rows(&app, "outbox").await, rows(&app, "codes").await];
        app.client().post(RESET, &json!({ "email": email })).await;
        let after = [rows(&app, "links").await, rows(&app, "outbox").await, rows(&app, "codes").await];
        counts.push([after[0] - before[0], after[1] - before[1], after[2] - before[2]]);
    }
    assert_eq!(counts, [[1, 1, 1]; 2]);
    assert_eq!(app.mailbox().await.to("nobody@example.com").len(), 0);
    assert_eq!(rows(&app, "outbox").await, 0);
}

async fn a_deactivated_account_gets_no_link(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = app.signed_in(ADA).await;
    let id = ada.get("/jwt-allauth/token/claims/").await.text("sub").parse().expect("an id");
    let before = link(&app, ADA).await;
    auth::account::set_active(&app.auth, id, false).await.expect("a database");
    app.advance(Duration::from_hours(1));
    assert_eq!(app.client().post(RESET, &json!({ "email": ADA })).await.status, 200);
    assert_eq!(app.mailbox().await.to(ADA).len(), 1);
    assert_eq!(app.client().visit(&before).await.status, 404);
}

async fn an_address_is_written_to_only_so_often_whether_or_not_it_has_an_account(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut answers = Vec::new();
    for email in [ADA, "nobody@example.com"] {
        app.client().post(RESET, &json!({ "email": email })).await;
        let reply = app.client().post(RESET, &json!({ "email": email.to_uppercase() })).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, "60"), "{reply:?}");
        assert_eq!(reply.text("code"), "throttled");
        answers.push(visible(&reply));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(app.mailbox().await.to(ADA).len(), 1);

    let page = app.client().submit(RESET, &[("email", ADA)]).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "60"));
    assert!(page.body.as_str().is_some_and(|html| html.contains("Try again in 1 minute.")), "{page:?}");
    app.advance(Duration::from_mins(1));
    link(&app, ADA).await;
}

async fn what_is_no_address_is_refused(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let reply = app.client().post(RESET, &json!({ "email": "ada" })).await;
    assert_eq!((reply.status, reply.body), (400, json!({ "email": ["Enter a valid email address."] })));
    let reply = app.client().post(RESET, &json!({})).await;
    assert_eq!((reply.status, reply.body), (400, json!({ "email": ["This field is required."] })));
    let page = app.client().submit(RESET, &[("email", "<b>ada")]).await;
    let html = page.body.as_str().expect("a page");
    assert_eq!(page.status, 400);
    assert!(html.contains("Enter a valid email address.") && html.contains("value=\"&lt;b&gt;ada\""), "{html}");
}

async fn the_mail_has_the_link_and_nothing_that_a_header_said(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.http.public_url = auth::http::PublicUrl::parse("https://auth.example.com/base");
    })
    .await;
    app.signed_in(ADA).await;
    let mut client = app.client();
    for name in ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-original-url"] {
        client = client.with_header(name, "evil.example");
    }
    client.post(RESET, &json!({ "email": ADA })).await;
    let mail = app.mailbox().await.latest(ADA);
    assert_eq!(mail.subject, "Reset your password for auth.example.com");
    for form in [&mail.text, &mail.html] {
        assert!(form.contains("https://auth.example.com/base/jwt-allauth/password/reset/confirm/"), "{form}");
        assert!(!form.contains("evil"), "{form}");
    }
}

async fn a_new_link_ends_the_one_before(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let first = link(&app, ADA).await;
    app.advance(Duration::from_mins(2));
    let second = link(&app, ADA).await;
    assert_eq!(app.client().visit(&first).await.status, 404);
    assert_eq!(app.client().visit(&second).await.status, 302);
}

async fn asking_again_and_again_for_nobody_leaves_one_link(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    for _ in 0..3 {
        assert_eq!(app.client().post(RESET, &json!({ "email": "nobody@example.com" })).await.status, 200);
        app.advance(Duration::from_hours(1));
    }
    assert_eq!(rows(&app, "links").await, 1);
}
