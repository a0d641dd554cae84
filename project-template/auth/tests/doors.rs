//! What an application does with the crate from its own `src/`, without editing it: begins a session, limits a route of its own,
//! queues a mail, shows a page, records an event, asks for a fresh proof.

use auth::audit::OwnEvent;
use auth::hooks::{Admission, Challenge, Hook, Hooks, Proof, SigningIn};
use auth::http::Client;
use auth::login::OwnProof;
use auth::mail::OwnMail;
use auth::sessions::Delivery;
use auth::testing::{Engine, PASSWORD, TestApp};
use auth::throttle::Rate;
use auth::users::{self, Email, User, role};
use auth::{Auth, CurrentUser, Error, Fresh, Result, on, pages};
use axum::Router;
use axum::extract::{Path, State};
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
    whoever_an_application_has_proven_is_signed_in_as_by_any_other_way,
    an_application_signs_in_nobody_whose_account_is_closed_or_waits_for_its_confirmation,
    an_application_makes_an_account_for_an_address_that_was_vouched_for_once,
    a_challenge_of_a_hook_is_met_at_every_way_in_and_none_begins_a_session_before,
    no_session_begins_at_the_admin_pages_where_a_challenge_is_due,
    a_session_after_a_challenge_ends_with_the_browser_if_the_sign_in_asked_for_that,
    a_browser_is_redirected_with_cookies_or_with_the_challenge_and_never_with_tokens,
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
        .route("/callback/{email}/", get(callback))
        .route("/join/{email}/", get(join))
        .route("/met/{email}/{remembered}/", get(met))
        .route("/arrive/{email}/{name}/", get(arrive))
        .route("/close/", post(|user: Fresh| async move { user.id().to_string() }))
        .merge(auth.router())
        .with_state(auth)
}

/// Where a provider sends people back to, who are believed here to be whoever they say.
async fn callback(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    Path(email): Path<String>,
) -> Result<Response> {
    let user = users::by_email(&auth, &email).await?.ok_or_else(Error::not_found)?;
    Ok(auth.sign_in(&user, &client, "example.com").await?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

/// Where a challenge was met: `remembered` is kept with it.
async fn met(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    Path((email, remembered)): Path<(String, bool)>,
) -> Result<Response> {
    let user = users::by_email(&auth, &email).await?.ok_or_else(Error::not_found)?;
    let proof = OwnProof::new("example.com").remembered(remembered);
    Ok(auth.sign_in(&user, &client, proof).await?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

async fn arrive(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    Path((email, name)): Path<(String, String)>,
) -> Result<Response> {
    let user = users::by_email(&auth, &email).await?.ok_or_else(Error::not_found)?;
    let name = if name == "proven" { "example.com" } else { "half a proof" };
    auth.sign_in(&user, &client, name).await?.redirect(&auth, delivery, "https://app.example.com/welcome")
}

async fn join(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    Path(email): Path<String>,
) -> Result<Response> {
    let email = Email::parse(&email).ok_or_else(Error::not_found)?;
    let sign_in = auth.sign_up(&email, ("A\0da", &"x".repeat(151)), &client, "example.com").await?;
    Ok(sign_in.answer(&auth, delivery, StatusCode::CREATED, json!({})))
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
    let event = OwnEvent::new("invoice_paid").of(user.id()).session(user.session()).saying("invoice\0 7");
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

async fn whoever_an_application_has_proven_is_signed_in_as_by_any_other_way(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| settings.audit.notify_new_device = true).await;
    app.signed_in(ADA).await;
    let mut ada = app.client().from_address("198.51.100.7").with_header("user-agent", "AcmeNotes/1.0");
    let reply = ada.get("/callback/ada@example.com/").await;
    assert_eq!(reply.status, 200);
    ada.keep(reply);
    assert_eq!(ada.get("/partner/").await.status, 200);
    ada.refresh().await;
    assert_eq!(ada.get("/jwt-allauth/user/").await.text("email"), ADA);
    let log = app.audit_log().await;
    let last = log.iter().rfind(|row| row.kind == "sign_in").expect("a sign-in");
    assert_eq!(last.detail.as_deref(), Some("example.com"));
    assert_eq!(app.mailbox().await.to(ADA).len(), 1, "of the new device");
}

async fn an_application_signs_in_nobody_whose_account_is_closed_or_waits_for_its_confirmation(engine: Engine) {
    let app = TestApp::configured(engine, router, "[email_verification]\nmode = \"mandatory\"").await;
    assert_eq!(app.client().register(ADA, PASSWORD).await.status, 201);
    let waits = app.client().get("/callback/ada@example.com/").await;
    assert_eq!((waits.status, waits.text("code")), (401, "email_not_verified"));

    app.signed_in("grace@example.com").await;
    let grace = users::by_email(&app.auth, "grace@example.com").await.expect("a database").expect("an account");
    auth::account::set_active(&app.auth, grace.id, false).await.expect("a database");
    let closed = app.client().get("/callback/grace@example.com/").await;
    assert_eq!((closed.status, closed.text("code")), (401, "not_admitted"));
}

async fn an_application_makes_an_account_for_an_address_that_was_vouched_for_once(engine: Engine) {
    let app = TestApp::configured(engine, router, "[email_verification]\nmode = \"mandatory\"").await;
    let clients: Vec<_> = (0..8).map(|_| app.client()).collect();
    let replies =
        futures_util::future::join_all(clients.iter().map(|client| client.get("/join/ada@example.com/"))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    let ada = users::by_email(&app.auth, ADA).await.expect("a database").expect("an account");
    assert!(ada.email_verified && ada.password_hash.is_none());
    assert_eq!((ada.first_name.as_str(), ada.last_name.len()), ("Ada", 150));
}

/// Wants something else first, unless the application has seen to it.
struct Careful;

impl Hooks for Careful {
    fn before_login<'h>(
        &'h self,
        _: &'h Auth,
        user: &'h User,
        signing_in: &'h SigningIn<'h>,
    ) -> Hook<'h, Result<Admission>> {
        let step = format!("{:?}", signing_in.proof);
        let challenge = Challenge::new(json!({ "step": step, "user": user.id, "remembered": signing_in.remembered }));
        let is_met = signing_in.proof == Proof::Application("example.com");
        Box::pin(async move { Ok(if is_met { Admission::Granted } else { Admission::Challenged(challenge) }) })
    }
}

async fn sessions(app: &TestApp) -> i64 {
    let (count,): (i64,) = on!(app.auth.db(), pool => {
        sqlx::query_as("select count(*) from sessions").fetch_one(pool).await.expect("the database")
    });
    count
}

async fn a_challenge_of_a_hook_is_met_at_every_way_in_and_none_begins_a_session_before(engine: Engine) {
    let app = TestApp::configured(engine, router, "login_codes.create_accounts = true").await;
    let app = app.with_hooks(router, Careful).await;
    let up = app.client().register(ADA, PASSWORD).await;
    let ada = users::by_email(&app.auth, ADA).await.expect("a database").expect("an account");
    assert_eq!((up.status, &up.body), (201, &json!({ "step": "SignUp", "user": ada.id, "remembered": true })));
    let by_password = app.client().login(ADA, PASSWORD).await;
    assert_eq!((by_password.status, by_password.text("step")), (200, "Password"));
    for email in [ADA, "grace@example.com"] {
        assert_eq!(app.client().post("/jwt-allauth/login/code/", &json!({ "email": email })).await.status, 204);
        let code = app.mailbox().await.latest(email).code();
        let shown = json!({ "email": email, "code": code });
        let by_code = app.client().post("/jwt-allauth/login/code/verify/", &shown).await;
        assert_eq!((by_code.status, by_code.text("step")), (200, "LoginCode"), "{email}");
        assert!(by_code.header("set-cookie").is_empty() && by_code.body["access"].is_null());
    }
    assert_eq!(sessions(&app).await, 0);
    let log = app.audit_log().await;
    assert_eq!(log.iter().filter(|row| row.kind == "sign_in_challenged").count(), 4);

    assert_eq!(app.client().get("/callback/ada@example.com/").await.status, 200);
    assert_eq!(sessions(&app).await, 1);
}

async fn no_session_begins_at_the_admin_pages_where_a_challenge_is_due(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in_as(ADA, role::SUPERUSER).await;
    let before = sessions(&app).await;
    let app = app.with_hooks(router, Careful).await;
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    let token = page.body.as_str().and_then(|html| html.split("name=\"csrf_token\" value=\"").nth(1));
    let token = token.and_then(|rest| rest.split('"').next()).expect("a form").to_owned();
    let fields = [("csrf_token", token.as_str()), ("email", ADA), ("password", PASSWORD)];
    let refused = browser.submit("/admin/sign-in/", &fields).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.as_str().is_some_and(|html| html.contains("takes another step")), "{refused:?}");
    assert_eq!(sessions(&app).await, before);
}

/// How long a browser keeps the refresh token, as the answer says.
fn max_age(reply: &auth::testing::Reply) -> Option<&str> {
    let set = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let cookie = set.into_iter().find(|cookie| cookie.starts_with("refresh_token=")).expect("a refresh token");
    cookie.split("; ").find_map(|attribute| attribute.strip_prefix("Max-Age="))
}

async fn a_session_after_a_challenge_ends_with_the_browser_if_the_sign_in_asked_for_that(engine: Engine) {
    let app = TestApp::configured(engine, router, "login_codes.create_accounts = true").await;
    app.signed_in(ADA).await;
    let app = app.with_hooks(router, Careful).await;
    for remember in [true, false] {
        let body = json!({ "email": ADA, "password": PASSWORD, "remember": remember });
        assert_eq!(app.client().post("/jwt-allauth/login/", &body).await.body["remembered"], remember);
        let email = format!("{remember}@example.com");
        app.client().post("/jwt-allauth/login/code/", &json!({ "email": email })).await;
        let code = app.mailbox().await.latest(&email).code();
        let body = json!({ "email": email, "code": code, "remember": remember });
        assert_eq!(app.client().post("/jwt-allauth/login/code/verify/", &body).await.body["remembered"], remember);
    }
    let mut ada = app.client();
    let remembered = ada.get("/met/ada@example.com/true/").await;
    assert!(max_age(&remembered).is_some(), "{remembered:?}");
    let forgotten = ada.get("/met/ada@example.com/false/").await;
    assert_eq!(max_age(&ada.keep(forgotten)), None);
    app.advance(Duration::from_hours(23));
    assert_eq!(max_age(&ada.refresh().await), None);
    app.advance(Duration::from_hours(24));
    assert_eq!(ada.refresh().await.status, 401);
}

async fn a_browser_is_redirected_with_cookies_or_with_the_challenge_and_never_with_tokens(engine: Engine) {
    let app = TestApp::configured(engine, router, "sessions.transport = \"body\"").await;
    app.signed_in(ADA).await;
    let ada = users::by_email(&app.auth, ADA).await.expect("a database").expect("an account").id;
    let app = app.with_hooks(router, Careful).await;
    let mut browser = app.client().with_header("prefer", "token");
    let landed = browser.get("/arrive/ada@example.com/proven/").await;
    assert_eq!((landed.status, landed.header("location")), (303, "https://app.example.com/welcome"));
    assert!(landed.body.is_null(), "{landed:?}");
    browser.keep(landed);
    assert_eq!(browser.refresh().await.status, 200);

    let held = app.client().get("/arrive/ada@example.com/half/").await;
    let page =
        format!("https://app.example.com/welcome#remembered=true&step=Application%28%22half+a+proof%22%29&user={ada}");
    assert_eq!((held.status, held.header("location")), (303, page.as_str()));
    assert!(held.header("set-cookie").is_empty(), "{held:?}");
}
