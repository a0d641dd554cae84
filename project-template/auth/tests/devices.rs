//! What a session tells of the device it belongs to.

use auth::Auth;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use axum::Router;
use serde_json::{Value, json};

auth::on_both_engines!(
    a_session_tells_the_device_that_last_used_it,
    odd_user_agents_fail_no_request,
    without_collect_device_nothing_is_stored_and_what_was_is_forgotten,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn device(client: &Client) -> Value {
    let reply = client.get("/jwt-allauth/sessions/").await;
    let sessions = reply.body.as_array().expect("a list");
    sessions.iter().find(|session| session["current"] == true).expect("the current session")["device"].clone()
}

async fn a_session_tells_the_device_that_last_used_it(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut client = app.client().with_header("user-agent", FIREFOX);
    client.register("ada@example.com", PASSWORD).await;
    let firefox = json!({ "browser": "Firefox", "os": "Linux", "kind": "desktop", "user_agent": FIREFOX });
    assert_eq!(device(&client).await, firefox);

    client.headers.clear();
    client.refresh().await;
    assert_eq!(device(&client).await, firefox, "a refresh that says nothing changes nothing");

    let mut client = client.with_header("user-agent", "Shop/3.1 (iPhone; iOS 17.6)");
    client.refresh().await;
    assert_eq!(device(&client).await["browser"], "Shop");
    assert_eq!(device(&client).await["os"], "iOS");
}

async fn odd_user_agents_fail_no_request(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in("ada@example.com").await;
    for user_agent in
        [String::new(), " ".into(), "x".repeat(9_000), "Mozilla/5.0 (\u{202e}\u{1f4a9}".into(), "\t/\t".into()]
    {
        let mut client = app.client().with_header("user-agent", &user_agent);
        assert_eq!(client.login("ada@example.com", PASSWORD).await.status, 200, "{user_agent}");
        assert_eq!(client.refresh().await.status, 200, "{user_agent}");
        let device = device(&client).await;
        assert!(device["user_agent"].as_str().is_none_or(|text| text.chars().count() <= 256), "{device}");
    }
}

async fn without_collect_device_nothing_is_stored_and_what_was_is_forgotten(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut client = app.client().with_header("user-agent", FIREFOX);
    client.register("ada@example.com", PASSWORD).await;
    client.refresh().await;
    assert_eq!(stored(&app).await, 1);

    let quiet = TestApp::start_with(engine, router, |settings| settings.sessions.collect_device = false).await;
    let mut other = quiet.client().with_header("user-agent", FIREFOX);
    other.register("ada@example.com", PASSWORD).await;
    assert_eq!(stored(&quiet).await, 0);
    other.refresh().await;
    assert_eq!(stored(&quiet).await, 0);
    let unknown = json!({ "browser": null, "os": null, "kind": null, "user_agent": null });
    assert_eq!(device(&other).await, unknown);
}

/// How many sessions have a user agent.
async fn stored(app: &TestApp) -> i64 {
    let (count,): (i64,) = auth::on!(app.auth.db(), pool => {
        sqlx::query_as("select count(user_agent) from sessions").fetch_one(pool).await
    })
    .expect("a count");
    count
}
