//! `sessions.reload_window`: a browser whose answer was lost presents its cookie again.

use std::time::Duration;

use auth::testing::{Client, Engine, TestApp};
use serde_json::json;
use tokio::task::JoinSet;

use super::{assert_token_not_valid, configured};

const SECOND: Duration = Duration::from_secs(1);
const HOME: &str = "203.0.113.7";
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";
const FETCHED: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")];

auth::on_both_engines!(
    a_page_that_is_reloaded_until_an_answer_arrives_stays_signed_in,
    a_page_of_an_allowed_origin_on_the_same_site_is_one_of_ours,
    reloads_at_once_get_one_successor,
    after_the_window_it_is_a_replay,
    an_instance_whose_clock_is_behind_knows_a_reload,
    a_rotation_from_further_in_the_future_than_the_window_is_no_reload,
    whoever_has_a_copy_within_the_window_ends_the_session,
    a_copy_that_is_presented_first_ends_the_session_when_the_owner_comes,
    a_copy_in_a_race_with_reloads_ends_the_session,
    once_the_successor_was_used_the_token_before_it_is_a_replay,
    a_token_in_a_body_is_never_a_reload,
    without_a_window_a_reload_is_a_replay,
    a_reload_is_known_where_no_device_is_stored,
);

/// The same client as a page of an origin would have its browser send the request, from an address.
fn page(client: &Client, address: &str, user_agent: &str, headers: &[(&str, &str)]) -> Client {
    let client = client.clone().from_address(address).with_header("user-agent", user_agent);
    headers.iter().fold(client, |client, (name, value)| client.with_header(name, value))
}

fn at_home(client: &Client) -> Client {
    page(client, HOME, CHROME, &FETCHED)
}

async fn start(engine: Engine, toml: &str) -> TestApp {
    configured(engine, toml).await.at_two_instances(super::router).await
}

async fn a_page_that_is_reloaded_until_an_answer_arrives_stays_signed_in(engine: Engine) {
    let app = start(engine, "").await;
    let browser = at_home(&app.signed_in("ada@example.com").await);
    let mut lost = browser.clone();
    assert_eq!(lost.refresh().await.status, 200);
    let mut arrived = browser.elsewhere();
    for _ in 0..3 {
        app.advance(3 * SECOND);
        arrived = browser.elsewhere();
        assert_eq!(arrived.refresh().await.status, 200);
        assert_eq!(arrived.refresh, lost.refresh, "the same bytes");
    }
    for _ in 0..3 {
        assert_eq!(arrived.refresh().await.status, 200, "and the session goes on");
    }
}

async fn a_page_of_an_allowed_origin_on_the_same_site_is_one_of_ours(engine: Engine) {
    let app = start(engine, "[http]\ncors_origins = [\"https://app.example.com\"]").await;
    let headers = [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors"), ("origin", "https://app.example.com")];
    let browser = page(&app.signed_in("ada@example.com").await, HOME, CHROME, &headers);
    for _ in 0..3 {
        assert_eq!(browser.elsewhere().refresh().await.status, 200);
    }
}

async fn reloads_at_once_get_one_successor(engine: Engine) {
    let app = start(engine, "[throttle]\nrefresh = \"\"").await;
    for round in 0..10 {
        let browser = at_home(&app.signed_in(&format!("ada{round}@example.com")).await);
        let answers = at_once((0..20).map(|_| browser.elsewhere()).collect()).await;
        let heir = &answers[0].1;
        for (status, client) in &answers {
            assert_eq!((*status, &client.refresh), (200, &heir.refresh));
        }
        assert_eq!(heir.clone().refresh().await.status, 200);
    }
}

async fn after_the_window_it_is_a_replay(engine: Engine) {
    let app = start(engine, "").await;
    let browser = at_home(&app.signed_in("ada@example.com").await);
    let mut lost = browser.clone();
    assert_eq!(lost.refresh().await.status, 200);
    app.advance(10 * SECOND);
    assert_eq!(browser.elsewhere().refresh().await.status, 200);
    app.advance(SECOND);
    assert_token_not_valid(&browser.elsewhere().refresh().await);
    assert_token_not_valid(&lost.refresh().await);
}

async fn an_instance_whose_clock_is_behind_knows_a_reload(engine: Engine) {
    let app = start(engine, "").await;
    app.advance(10 * SECOND);
    let browser = at_home(&app.signed_in("ada@example.com").await);
    let mut lost = browser.clone();
    assert_eq!(lost.refresh().await.status, 200);
    app.clock.set_back(10 * SECOND);
    let mut arrived = browser.elsewhere();
    assert_eq!(arrived.refresh().await.status, 200);
    assert_eq!(arrived.refresh, lost.refresh, "the same bytes");
    assert_eq!(arrived.refresh().await.status, 200, "and the session goes on");
}

async fn a_rotation_from_further_in_the_future_than_the_window_is_no_reload(engine: Engine) {
    let app = start(engine, "").await;
    app.advance(11 * SECOND);
    let browser = at_home(&app.signed_in("ada@example.com").await);
    let mut lost = browser.clone();
    assert_eq!(lost.refresh().await.status, 200);
    app.clock.set_back(11 * SECOND);
    assert_token_not_valid(&browser.elsewhere().refresh().await);
    assert_token_not_valid(&lost.refresh().await);
}

/// Who else may have the cookie, as far as a request tells: a name, an address, a user agent, headers.
type Other = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);
const OTHERS: [Other; 6] = [
    ("another address", "198.51.100.1", CHROME, &FETCHED),
    ("another browser", HOME, "curl/8.16.0", &FETCHED),
    ("no browser", HOME, CHROME, &[]),
    ("an address that was typed", HOME, CHROME, &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")]),
    ("a form", HOME, CHROME, &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")]),
    (
        "another site, though it may call",
        HOME,
        CHROME,
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("origin", "https://app.example.org")],
    ),
];

async fn whoever_has_a_copy_within_the_window_ends_the_session(engine: Engine) {
    let app = start(engine, "[http]\ncors_origins = [\"https://app.example.org\"]").await;
    for (number, (who, address, user_agent, headers)) in OTHERS.into_iter().enumerate() {
        let ada = app.signed_in(&format!("ada{number}@example.com")).await;
        let mut owner = at_home(&ada);
        let copy = page(&ada, address, user_agent, headers);
        assert_eq!(owner.refresh().await.status, 200);
        assert_eq!(copy.elsewhere().refresh().await.status, 401, "{who}");
        assert_eq!(owner.refresh().await.status, 401, "{who} ended the session");
    }
}

async fn a_copy_that_is_presented_first_ends_the_session_when_the_owner_comes(engine: Engine) {
    let app = start(engine, "").await;
    let ada = app.signed_in("ada@example.com").await;
    let mut thief = page(&ada, "198.51.100.1", CHROME, &FETCHED);
    assert_eq!(thief.refresh().await.status, 200);
    assert_token_not_valid(&at_home(&ada).refresh().await);
    assert_token_not_valid(&thief.refresh().await);
}

async fn a_copy_in_a_race_with_reloads_ends_the_session(engine: Engine) {
    let app = start(engine, "[throttle]\nrefresh = \"\"").await;
    for round in 0..10 {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let thief = page(&ada, "198.51.100.1", CHROME, &FETCHED);
        let clients = (0..20).map(|n| if n == 10 { thief.elsewhere() } else { at_home(&ada).elsewhere() }).collect();
        for (_, mut holder) in at_once(clients).await {
            assert_token_not_valid(&holder.refresh().await);
        }
    }
}

async fn once_the_successor_was_used_the_token_before_it_is_a_replay(engine: Engine) {
    let app = start(engine, "").await;
    let browser = at_home(&app.signed_in("ada@example.com").await);
    let mut heir = browser.clone();
    heir.refresh().await;
    assert_eq!(heir.refresh().await.status, 200);
    assert_token_not_valid(&browser.elsewhere().refresh().await);
    assert_token_not_valid(&heir.refresh().await);
}

async fn a_token_in_a_body_is_never_a_reload(engine: Engine) {
    let app = start(engine, "").await;
    let ada = at_home(&app.signed_in("ada@example.com").await);
    let body = json!({ "refresh": ada.refresh });
    let without_cookie = ada.holding("", "");
    assert_eq!(without_cookie.post("/jwt-allauth/refresh/", &body).await.status, 200);
    assert_token_not_valid(&without_cookie.post("/jwt-allauth/refresh/", &body).await);
}

async fn without_a_window_a_reload_is_a_replay(engine: Engine) {
    let app = start(engine, "[sessions]\nreload_window = \"0s\"").await;
    let browser = at_home(&app.signed_in("ada@example.com").await);
    assert_eq!(browser.clone().refresh().await.status, 200);
    assert_token_not_valid(&browser.elsewhere().refresh().await);
}

async fn a_reload_is_known_where_no_device_is_stored(engine: Engine) {
    let app = start(engine, "[sessions]\ncollect_device = false").await;
    let ada = app.signed_in("ada@example.com").await;
    for _ in 0..3 {
        assert_eq!(at_home(&ada).elsewhere().refresh().await.status, 200);
    }
    assert_token_not_valid(&page(&ada, "198.51.100.1", CHROME, &FETCHED).refresh().await);
}

async fn at_once(clients: Vec<Client>) -> Vec<(u16, Client)> {
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move { (client.refresh().await.status, client) });
    }
    tasks.join_all().await
}
