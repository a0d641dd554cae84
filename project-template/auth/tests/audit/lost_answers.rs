//! The line that a replay has in the log where the answer before it may have been lost.

use std::time::Duration;

use auth::testing::{Client, Engine, TestApp};
use serde_json::{Value, json};

use super::log::capture;
use super::start;

auth::on_both_engines!(
    a_replay_that_looks_like_a_lost_answer_names_the_setting_to_look_at,
    a_replay_by_anybody_else_names_none,
);

const HOME: &str = "203.0.113.7";
const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/148.0.0.0 Safari/537.36";

fn from(client: &Client, address: &str) -> Client {
    client.clone().from_address(address).with_header("user-agent", CHROME)
}

fn page(client: &Client) -> Client {
    from(client, HOME).with_header("sec-fetch-site", "same-origin").with_header("sec-fetch-mode", "cors")
}

async fn session(client: &Client) -> Value {
    client.get("/jwt-allauth/token/claims/").await.body["session"].clone()
}

/// The warnings about a session: how long ago it was refreshed, and the setting.
fn warnings(log: &str, session: &Value) -> Vec<(Value, Value)> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    // That the session has ended is an event, and a line of its own.
    let ours = lines.filter(|line| line["level"] == "WARN" && line["target"] != "audit");
    let ours = ours.filter(|line| line["fields"]["session"] == *session);
    ours.map(|line| (line["fields"]["seconds"].clone(), line["fields"]["setting"].clone())).collect()
}

/// Exchanges the token of `client`, and presents it once more `later`.
async fn replay(app: &TestApp, client: &Client, later: Duration) {
    assert_eq!(client.clone().refresh().await.status, 200);
    app.advance(later);
    assert_eq!(client.clone().refresh().await.status, 401);
}

async fn a_replay_that_looks_like_a_lost_answer_names_the_setting_to_look_at(engine: Engine) {
    let captured = capture();
    let app = start(engine).await;
    for (client, seconds, setting) in [
        (page(&app.signed_in("page@example.com").await), 11, "sessions.reload_window"),
        (from(&app.signed_in("app@example.com").await, HOME), 3, "sessions.retry_window"),
    ] {
        let session = session(&client).await;
        replay(&app, &client, Duration::from_secs(seconds)).await;
        assert_eq!(warnings(&captured.text(), &session), [(json!(seconds), json!(setting))]);
        assert_eq!(client.clone().refresh().await.status, 401);
        assert_eq!(warnings(&captured.text(), &session).len(), 1, "once: the session is over");
    }
}

async fn a_replay_by_anybody_else_names_none(engine: Engine) {
    let captured = capture();
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let session_of_ada = session(&ada).await;
    assert_eq!(page(&ada).refresh().await.status, 200);
    assert_eq!(from(&ada, "198.51.100.1").refresh().await.status, 401, "from elsewhere");

    let bob = page(&app.signed_in("bob@example.com").await);
    let session_of_bob = session(&bob).await;
    let mut heir = bob.clone();
    assert_eq!((heir.refresh().await.status, heir.refresh().await.status), (200, 200));
    assert_eq!(bob.clone().refresh().await.status, 401, "the answer arrived, for its token was used");

    let log = captured.text();
    assert!(log.contains(session_of_ada.as_str().unwrap()) && log.contains(session_of_bob.as_str().unwrap()));
    assert_eq!([warnings(&log, &session_of_ada), warnings(&log, &session_of_bob)], [[], []]);
}
