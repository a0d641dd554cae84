//! What an application does with the crate from its own `src/`, without editing it: limits a route of its own, queues a mail,
//! shows a page, records an event, asks for a fresh proof.

use auth::audit::OwnEvent;
use auth::mail::OwnMail;
use auth::testing::{Engine, TestApp};
use auth::throttle::Rate;
use auth::users::Email;
use auth::{Auth, CurrentUser, Fresh, Result, on, pages};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;
use std::time::Duration;

auth::on_both_engines!(
    a_route_of_the_application_has_a_rate_of_its_own,
    a_limit_by_another_name_than_the_clients_counts_for_that_name,
    a_limit_counts_nothing_where_limits_are_off,
    a_mail_of_the_application_leaves_if_its_transaction_is_committed,
    a_mail_whose_text_names_a_missing_value_is_refused_and_nothing_is_queued,
    a_page_of_the_application_has_the_layout_the_policy_and_escaped_values,
    an_event_of_the_application_stands_in_the_audit_log_with_its_request,
    a_fresh_proof_is_one_of_the_last_five_minutes_and_no_refresh_renews_it,
);

const ADA: &str = "ada@example.com";

const INVITED: OwnMail = OwnMail {
    subject: "You are a member of {{ team }}",
    text: "{{ service }}: {{ team }} is at {{ link }}",
    html: "{% extends \"email/email_layout.html\" %}{% block title %}{{ team }}{% endblock %}\
           {% block content %}<p>{{ link }}</p>{% endblock %}",
};

const TEAM: &str = "{% extends \"pages/page_layout.html\" %}{% block title %}Team{% endblock %}\
                    {% block content %}<h1>{{ team }}</h1>{% endblock %}";

fn router(auth: Auth) -> Router {
    let search = auth.limited("search", Rate::per_minute(3), get(|| async { "nothing found" }));
    Router::new()
        .route("/search/", search)
        .route("/partner/", get(partner))
        .route("/invite/", post(invite))
        .route("/broken/", post(broken))
        .route("/team/", get(team))
        .route("/pay/", post(pay))
        .route("/close/", post(|user: Fresh| async move { user.id().to_string() }))
        .merge(auth.router())
        .with_state(auth)
}

async fn partner(State(auth): State<Auth>, user: CurrentUser) -> Result<&'static str> {
    auth.limit_of("partner", Rate::per_hour(1), &user.id().to_string()).await?;
    Ok("served")
}

async fn invite(State(auth): State<Auth>, body: String) -> Result<StatusCode> {
    let values = json!({ "team": "Analytical Engines & Co", "link": "https://app.example.com/teams/1" });
    let mut tx = auth.db().begin().await?;
    let to = Email::parse(ADA).expect("an address");
    auth.mail().queue(&mut tx, &to, &INVITED, &values).await?;
    if body == "commit" {
        tx.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn broken(State(auth): State<Auth>) -> Result<StatusCode> {
    let mut tx = auth.db().begin().await?;
    let to = Email::parse(ADA).expect("an address");
    auth.mail().queue(&mut tx, &to, &INVITED, &json!({ "team": "Engines" })).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn team(State(auth): State<Auth>) -> Result<Response> {
    pages::show_own(&auth, StatusCode::OK, TEAM, &json!({ "team": "<Engines>" }))
}

async fn pay(State(auth): State<Auth>, user: CurrentUser) -> Result<StatusCode> {
    let mut tx = auth.db().begin().await?;
    let event = OwnEvent::new("invoice_paid").of(user.id()).session(user.session).saying("invoice 7");
    auth.audit().record(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn a_route_of_the_application_has_a_rate_of_its_own(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let stranger = app.client().from_address("198.51.100.7");
    for _ in 0..3 {
        assert_eq!(stranger.get("/search/").await.status, 200);
    }
    let refused = stranger.get("/search/").await;
    assert_eq!((refused.status, refused.text("code")), (429, "throttled"));
    assert_eq!(refused.header("retry-after"), "20");
    assert_eq!(app.client().from_address("203.0.113.9").get("/search/").await.status, 200);
    app.advance(Duration::from_secs(20));
    assert_eq!(stranger.get("/search/").await.status, 200);
}

async fn a_limit_by_another_name_than_the_clients_counts_for_that_name(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = app.signed_in(ADA).await;
    let grace = app.signed_in("grace@example.com").await;
    assert_eq!(ada.get("/partner/").await.status, 200);
    assert_eq!(ada.get("/partner/").await.status, 429);
    assert_eq!(grace.get("/partner/").await.status, 200);
}

async fn a_limit_counts_nothing_where_limits_are_off(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| settings.throttle.enabled = false).await;
    let stranger = app.client().from_address("198.51.100.7");
    for _ in 0..10 {
        assert_eq!(stranger.get("/search/").await.status, 200);
    }
}

async fn post_text(client: &auth::testing::Client, path: &str, text: &'static str) -> u16 {
    let request = axum::http::Request::post(path).body(axum::body::Body::from(text)).expect("a request");
    client.send_raw(request).await.status
}

async fn a_mail_of_the_application_leaves_if_its_transaction_is_committed(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let client = app.client();
    assert_eq!(post_text(&client, "/invite/", "roll back").await, 204);
    assert!(app.mailbox().await.to(ADA).is_empty());
    assert_eq!(post_text(&client, "/invite/", "commit").await, 204);
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("You are a member of Analytical Engines & Co"), "{}", mail.subject);
    assert!(mail.text.contains("Analytical Engines & Co is at https://app.example.com/teams/1"), "{}", mail.text);
    assert!(mail.html.contains("Analytical Engines &amp; Co") && mail.html.contains("class=\"card\""), "{}", mail.html);
}

async fn a_mail_whose_text_names_a_missing_value_is_refused_and_nothing_is_queued(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    assert_eq!(post_text(&app.client(), "/broken/", "").await, 500);
    assert!(app.mailbox().await.to(ADA).is_empty());
}

async fn a_page_of_the_application_has_the_layout_the_policy_and_escaped_values(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let page = app.client().get("/team/").await;
    let html = page.body.as_str().expect("a page");
    assert_eq!(page.status, 200);
    assert!(html.contains("<h1>&lt;Engines&gt;</h1>") && html.contains("<!doctype html>"), "{html}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'nonce-") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
}

async fn an_event_of_the_application_stands_in_the_audit_log_with_its_request(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = app.signed_in(ADA).await;
    let reply = ada.post("/pay/", &json!({})).await;
    assert_eq!(reply.status, 204);
    let rows: Vec<(String, Option<uuid::Uuid>, Option<String>)> = on!(app.auth.db(), pool => {
        sqlx::query_as("select kind, request_id, detail from audit where kind = $1")
            .bind("app.invoice_paid")
            .fetch_all(pool)
            .await
            .expect("the database")
    });
    let request = reply.header("x-request-id").parse().ok();
    assert_eq!(rows, [("app.invoice_paid".to_owned(), request, Some("invoice 7".to_owned()))]);
}

async fn a_fresh_proof_is_one_of_the_last_five_minutes_and_no_refresh_renews_it(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut ada = app.signed_in(ADA).await;
    assert_eq!(app.client().post("/close/", &json!({})).await.status, 401);
    assert_eq!(ada.post("/close/", &json!({})).await.status, 200);
    app.advance(Duration::from_mins(5));
    ada.refresh().await;
    let refused = ada.post("/close/", &json!({})).await;
    assert_eq!((refused.status, refused.text("code")), (403, "sign_in_again"));
}
