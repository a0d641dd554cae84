//! `tokens.bind`: a token that is shown from another device or address is refused, and its session lives on.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use auth::tokens::Bind;
use serde_json::{Value, json};

use crate::router;

auth::on_both_engines!(
    a_token_from_another_device_is_refused_and_its_session_lives_on,
    an_access_token_from_another_address_is_refused_and_a_refresh_gives_one_for_it,
    a_copy_from_elsewhere_uses_up_no_refresh_of_the_owner,
    a_browser_that_updates_itself_is_the_same_device,
    an_old_refresh_token_from_another_device_ends_no_session,
    within_the_window_one_device_gets_one_successor_and_another_none,
    a_token_that_went_out_untied_is_accepted_and_its_successor_is_tied,
    tied_tokens_stay_usable_when_the_setting_changes,
    tied_tokens_stay_usable_when_the_key_changes,
    nothing_of_the_device_is_stored_for_it,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE: &str = "Shop/3.1 (iPhone; iOS 17.6)";
const CLAIMS: &str = "/jwt-allauth/token/claims/";
const USER: &str = "/jwt-allauth/user/";

async fn bound(engine: Engine, bind: Bind) -> TestApp {
    TestApp::start_with(engine, router, |settings| settings.tokens.bind = bind).await
}

/// With other settings, on the same database.
async fn rebound(app: &TestApp, bind: Bind) -> TestApp {
    app.second_instance_with(router, |settings| settings.tokens.bind = bind).await
}

async fn on(app: &TestApp, device: &str, email: &str) -> Client {
    let mut client = app.client().with_header("user-agent", device).from_address("203.0.113.7");
    let reply = client.register(email, PASSWORD).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    client
}

/// Somebody who holds the same tokens.
fn thief(client: &Client, device: &str, address: &str) -> Client {
    let mut thief = client.clone().from_address(address);
    thief.headers.clear();
    if device.is_empty() { thief } else { thief.with_header("user-agent", device) }
}

/// The same client at another instance.
fn at(app: &TestApp, client: &Client) -> Client {
    let mut there = app.client().holding(&client.access, &client.refresh);
    there.headers.clone_from(&client.headers);
    there.address = client.address;
    there
}

async fn status(client: &Client, path: &str) -> u16 {
    client.get(path).await.status
}

#[track_caller]
fn assert_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.text("code")), (401, "token_not_valid"), "{reply:?}");
}

async fn a_token_from_another_device_is_refused_and_its_session_lives_on(engine: Engine) {
    for bind in [Bind::Device, Bind::DeviceAndIp] {
        let app = bound(engine, bind).await;
        let mut ada = on(&app, FIREFOX, "ada@example.com").await;
        for device in
            [IPHONE, "", "curl/8.10.1", "Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0"]
        {
            let mut thief = thief(&ada, device, "203.0.113.7");
            for path in [CLAIMS, USER, "/jwt-allauth/sessions/"] {
                assert_refused(&thief.get(path).await);
            }
            assert_refused(&thief.post("/jwt-allauth/logout-all/", &json!({})).await);
            assert_refused(&thief.post("/jwt-allauth/logout/", &json!({})).await);
            assert_refused(&thief.refresh().await);
        }
        assert_eq!(status(&ada, USER).await, 200);
        assert_eq!(ada.refresh().await.status, 200, "nothing was used up");
        assert_eq!(status(&ada, USER).await, 200);
    }
}

async fn a_copy_from_elsewhere_uses_up_no_refresh_of_the_owner(engine: Engine) {
    let app = bound(engine, Bind::Device).await;
    let mut ada = on(&app, FIREFOX, "ada@example.com").await;
    for _ in 0..62 {
        assert_refused(&thief(&ada, IPHONE, "192.0.2.1").refresh().await);
    }
    assert_eq!(ada.refresh().await.status, 200);
}

async fn an_access_token_from_another_address_is_refused_and_a_refresh_gives_one_for_it(engine: Engine) {
    for bind in [Bind::Ip, Bind::DeviceAndIp] {
        let app = bound(engine, bind).await;
        let ada = on(&app, FIREFOX, "ada@example.com").await;
        let mut moved = thief(&ada, FIREFOX, "198.51.100.9");
        assert_refused(&moved.get(CLAIMS).await);
        assert_eq!(status(&ada, CLAIMS).await, 200);
        assert_eq!(status(&thief(&ada, FIREFOX, "::ffff:203.0.113.7"), CLAIMS).await, 200, "the same address");
        assert_eq!(moved.refresh().await.status, 200);
        assert_eq!(status(&moved, CLAIMS).await, 200);
        assert_refused(&thief(&moved, FIREFOX, "203.0.113.7").get(CLAIMS).await);

        moved = moved.from_address("2001:db8:1:2::1");
        moved.refresh().await;
        assert_eq!(status(&thief(&moved, FIREFOX, "2001:db8:1:2:ffff::2"), CLAIMS).await, 200, "the same network");
        assert_refused(&thief(&moved, FIREFOX, "2001:db8:1:3::1").get(CLAIMS).await);
        moved.address = None;
        assert_refused(&moved.get(CLAIMS).await);
    }
}

#[tokio::test]
async fn the_address_is_the_one_that_trusted_proxies_vouch_for() {
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.tokens.bind = Bind::Ip;
        settings.http.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut ada = app.client().from_address("10.0.0.1").with_header("x-forwarded-for", "203.0.113.7");
    ada.register("ada@example.com", PASSWORD).await;
    let another_proxy = ada.clone().from_address("10.0.0.2");
    assert_eq!(status(&another_proxy, CLAIMS).await, 200);
    let mut elsewhere = app.client().holding(&ada.access, "").from_address("10.0.0.1");
    elsewhere = elsewhere.with_header("x-forwarded-for", "203.0.113.7, 198.51.100.9");
    assert_refused(&elsewhere.get(CLAIMS).await);
    let untrusted = app.client().holding(&ada.access, "").from_address("198.51.100.9");
    assert_refused(&untrusted.with_header("x-forwarded-for", "203.0.113.7").get(CLAIMS).await);
}

async fn a_browser_that_updates_itself_is_the_same_device(engine: Engine) {
    let app = bound(engine, Bind::Device).await;
    let ada = on(&app, FIREFOX, "ada@example.com").await;
    let mut updated = thief(&ada, NEWER_FIREFOX, "198.51.100.9");
    assert_eq!(status(&updated, USER).await, 200);
    assert_eq!(updated.refresh().await.status, 200);
}

async fn an_old_refresh_token_from_another_device_ends_no_session(engine: Engine) {
    let app = bound(engine, Bind::Device).await;
    let mut ada = on(&app, FIREFOX, "ada@example.com").await;
    let old = ada.clone();
    ada.refresh().await;
    assert_refused(&thief(&old, IPHONE, "198.51.100.9").refresh().await);
    assert_eq!(ada.refresh().await.status, 200);
    assert_refused(&old.clone().refresh().await);
    assert_refused(&ada.refresh().await);
}

async fn within_the_window_one_device_gets_one_successor_and_another_none(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.tokens.bind = Bind::DeviceAndIp;
        settings.sessions.retry_window = Duration::from_secs(10);
    })
    .await;
    let ada = on(&app, FIREFOX, "ada@example.com").await;
    let (mut tab, mut other_tab) = (ada.clone(), thief(&ada, NEWER_FIREFOX, "198.51.100.9"));
    assert_eq!(tab.refresh().await.status, 200);
    app.advance(Duration::from_secs(3));
    assert_eq!(other_tab.refresh().await.status, 200);
    assert_eq!(tab.refresh, other_tab.refresh);
    assert_refused(&thief(&ada, IPHONE, "203.0.113.7").refresh().await);
    assert_eq!(tab.refresh().await.status, 200);
}

async fn a_token_that_went_out_untied_is_accepted_and_its_successor_is_tied(engine: Engine) {
    let app = bound(engine, Bind::None).await;
    let ada = on(&app, FIREFOX, "ada@example.com").await;
    assert_eq!(ada.get(CLAIMS).await.body["bind"], Value::Null);
    let mut there = at(&rebound(&app, Bind::DeviceAndIp).await, &ada);
    assert_eq!(status(&there, CLAIMS).await, 200);
    assert_eq!(there.refresh().await.status, 200);
    assert_refused(&thief(&there, IPHONE, "203.0.113.7").get(CLAIMS).await);
    assert_refused(&thief(&there, FIREFOX, "198.51.100.9").get(CLAIMS).await);
    assert_refused(&thief(&there, IPHONE, "203.0.113.7").refresh().await);
    assert_eq!(there.refresh().await.status, 200);
}

async fn tied_tokens_stay_usable_when_the_setting_changes(engine: Engine) {
    let app = bound(engine, Bind::Device).await;
    let mut ada = on(&app, FIREFOX, "ada@example.com").await;
    for bind in [Bind::DeviceAndIp, Bind::Ip, Bind::None, Bind::Device] {
        ada = at(&rebound(&app, bind).await, &ada);
        assert_eq!(status(&ada, CLAIMS).await, 200, "{bind:?}");
        assert_eq!(ada.refresh().await.status, 200, "{bind:?}");
    }
}

async fn tied_tokens_stay_usable_when_the_key_changes(engine: Engine) {
    let app = bound(engine, Bind::DeviceAndIp).await;
    let ada = on(&app, FIREFOX, "ada@example.com").await;
    app.add_key("0002", app.auth.settings().tokens.algorithm, None);
    let mut there = at(&app.second_instance(router).await, &ada);
    assert_eq!(status(&there, CLAIMS).await, 200);
    assert_eq!(there.refresh().await.status, 200);
    assert_refused(&thief(&there, IPHONE, "203.0.113.7").get(CLAIMS).await);
}

async fn nothing_of_the_device_is_stored_for_it(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.tokens.bind = Bind::DeviceAndIp;
        settings.sessions.collect_device = false;
    })
    .await;
    let mut ada = on(&app, FIREFOX, "ada@example.com").await;
    ada.refresh().await;
    assert_eq!(status(&ada, USER).await, 200);
    assert_refused(&thief(&ada, IPHONE, "203.0.113.7").refresh().await);
    let stored: Vec<(Option<String>, Option<String>, String)> = auth::on!(app.auth.db(), pool => {
        sqlx::query_as("select ip, user_agent, claims from sessions").fetch_all(pool).await
    })
    .expect("the sessions");
    let [(None, None, claims)] = stored.as_slice() else { panic!("{stored:?}") };
    assert!(!claims.contains("bind"), "{claims}");
}

#[tokio::test]
async fn what_a_token_says_of_the_device_tells_nothing() {
    let app = bound(Engine::Sqlite, Bind::DeviceAndIp).await;
    let ada = on(&app, FIREFOX, "ada@example.com").await;
    let bob = on(&app, FIREFOX, "bob@example.com").await;
    let (of_ada, of_bob) = (ada.get(CLAIMS).await.body["bind"].clone(), bob.get(CLAIMS).await.body["bind"].clone());
    for what in ["device", "ip"] {
        let (ada, bob) = (of_ada[what].as_str().unwrap(), of_bob[what].as_str().unwrap());
        assert_ne!(ada, bob, "nobody can see that the two share it");
        assert_eq!((ada.len(), bob.len()), (43, 43));
    }
}
