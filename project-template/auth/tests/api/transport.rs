//! How tokens travel: the cookie and its attributes, the body, `Prefer`.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply};
use serde_json::{Value, json};

use super::{configured, start};

const REFRESH: &str = "/jwt-allauth/refresh/";
const BODY: &str = "[sessions]\ntransport = \"body\"";

async fn login(client: &Client) -> Reply {
    client.post("/jwt-allauth/login/", &json!({ "email": "ada@example.com", "password": PASSWORD })).await
}

fn members(reply: &Reply) -> Vec<&str> {
    reply.body.as_object().into_iter().flat_map(serde_json::Map::keys).map(String::as_str).collect()
}

#[tokio::test]
async fn the_cookie_holds_the_refresh_token_and_the_body_never_does() {
    let app = start(Engine::Sqlite).await;
    let mut ada = app.client();
    let reply = ada.register("ada@example.com", PASSWORD).await;
    assert_eq!(members(&reply), ["access", "expires_in"]);
    let attributes = "HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600";
    assert_eq!(reply.header("set-cookie"), format!("refresh_token={}; {attributes}", ada.refresh));
    let reply = ada.refresh().await;
    assert_eq!(members(&reply), ["access", "expires_in"]);
    assert_eq!(reply.header("set-cookie"), format!("refresh_token={}; {attributes}", ada.refresh));
}

#[tokio::test]
async fn the_cookie_is_as_the_settings_say() {
    let settings =
        "[sessions]\ncookie_name = \"__Host-refresh_token\"\ncookie_same_site = \"strict\"\nrefresh_lifetime = \"1h\"";
    let app = configured(Engine::Sqlite, settings).await;
    let mut ada = app.client();
    let reply = ada.register("ada@example.com", PASSWORD).await;
    let cookie =
        format!("__Host-refresh_token={}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=3600", ada.refresh);
    assert_eq!(reply.header("set-cookie"), cookie);
    assert_eq!(ada.refresh().await.status, 200);
    let goodbye = ada.post("/jwt-allauth/logout/", &json!({})).await;
    let cleared = "__Host-refresh_token=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0";
    assert_eq!(goodbye.header("set-cookie"), cleared);
}

#[tokio::test]
async fn a_cookie_can_be_for_a_domain_and_a_path() {
    let settings =
        "[sessions]\ncookie_domain = \"example.com\"\ncookie_path = \"/jwt-allauth\"\ncookie_same_site = \"none\"";
    let reply = configured(Engine::Sqlite, settings).await.client().register("ada@example.com", PASSWORD).await;
    let cookie = reply.header("set-cookie");
    let attributes = "; HttpOnly; SameSite=None; Secure; Path=/jwt-allauth; Domain=example.com; Max-Age=1209600";
    assert!(cookie.ends_with(attributes), "{cookie}");
}

#[tokio::test]
async fn a_cookie_can_be_kept_apart_for_each_site_that_embeds_the_page() {
    let settings = "[sessions]\ncookie_partitioned = true\ncookie_same_site = \"none\"";
    let reply = configured(Engine::Sqlite, settings).await.client().register("ada@example.com", PASSWORD).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.contains("; SameSite=None; Partitioned; Secure; Path=/; Max-Age="), "{cookie}");
}

#[tokio::test]
async fn the_answer_says_for_how_long_the_access_token_is_good() {
    let settings = "[tokens]\naccess_lifetime = \"10m\"\n[sessions]\nlifetime = \"30m\"";
    let app = configured(Engine::Sqlite, settings).await;
    let mut ada = app.client();
    assert_eq!(ada.register("ada@example.com", PASSWORD).await.body["expires_in"], 600);
    app.advance(Duration::from_mins(25));
    assert_eq!(ada.refresh().await.body["expires_in"], 300, "no longer than its session");
}

/// What is set and what is deleted, without the values.
fn set_cookies(reply: &Reply) -> Vec<String> {
    let cookies = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let outline = |cookie: &str| {
        let (pair, attributes) = cookie.split_once("; ")?;
        let (name, value) = pair.split_once('=')?;
        let is_deletion = value.is_empty() && attributes.ends_with("; Max-Age=0");
        let is_place = |attribute: &&str| attribute.starts_with("Path=") || attribute.starts_with("Domain=");
        let places: Vec<_> = attributes.split("; ").filter(is_place).collect();
        Some(format!("{} {name} {}", if is_deletion { "delete" } else { "set" }, places.join(" ")))
    };
    cookies.filter_map(outline).collect()
}

#[tokio::test]
async fn cookies_of_earlier_settings_are_deleted_once_they_come_along() {
    let app = configured(Engine::Sqlite, "[http]\npublic_url = \"https://auth.example.com\"").await;
    let old = app.signed_in("ada@example.com").await;
    let changed = |domain: Option<&'static str>, path: &'static str| {
        app.second_instance_with(super::router, move |settings| {
            settings.sessions.cookie.domain = domain.map(str::to_owned);
            settings.sessions.cookie.path = path.to_owned();
        })
    };
    for (domain, path, deleted, set) in [
        (Some("example.com"), "/", "delete refresh_token Path=/", "set refresh_token Path=/ Domain=example.com"),
        (None, "/", "delete refresh_token Path=/ Domain=example.com", "set refresh_token Path=/"),
        (None, "/jwt-allauth/refresh/", "delete refresh_token Path=/", "set refresh_token Path=/jwt-allauth/refresh/"),
    ] {
        let now = changed(domain, path).await;
        app.advance(Duration::from_secs(1));
        let mut new = now.client();
        let reply = new.login("ada@example.com", PASSWORD).await;
        assert_eq!(set_cookies(&reply), [set], "one cookie alone has no twin");
        let both = new.clone().with_header("cookie", &format!("refresh_token={}", old.refresh));
        let reply = both.post(REFRESH, &json!({})).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let cookies = set_cookies(&reply);
        assert!(cookies.contains(&deleted.to_owned()), "{cookies:?}");
        assert_eq!(cookies.last().unwrap(), set);
        assert!(!cookies.contains(&set.replace("set", "delete")), "{cookies:?}");
        let reply = both.post("/jwt-allauth/logout/", &json!({})).await;
        assert!(set_cookies(&reply).contains(&deleted.to_owned()), "{reply:?}");
        assert!(set_cookies(&reply).contains(&set.replace("set", "delete")), "{reply:?}");
    }
}

#[tokio::test]
async fn with_the_body_there_is_no_cookie() {
    let app = configured(Engine::Sqlite, BODY).await;
    let reply = app.client().register("ada@example.com", PASSWORD).await;
    assert_eq!((reply.status, members(&reply)), (201, vec!["access", "expires_in", "refresh"]));
    assert_eq!(reply.header("set-cookie"), "");
    let next = app.client().post(REFRESH, &json!({ "refresh": reply.body["refresh"] })).await;
    assert_eq!((next.status, members(&next)), (200, vec!["access", "expires_in", "refresh"]));
    assert_eq!(next.header("set-cookie"), "");
}

#[tokio::test]
async fn a_request_chooses_for_itself() {
    let app = start(Engine::Sqlite).await;
    app.signed_in("ada@example.com").await;
    for wish in ["token", "Token", "respond-async, token", "token; please=1", "wait=10,token"] {
        let reply = login(&app.client().with_header("prefer", wish)).await;
        assert_eq!(
            (members(&reply), reply.header("set-cookie")),
            (vec!["access", "expires_in", "refresh"], ""),
            "{wish}"
        );
    }
    for wish in ["cookies", "return=minimal", "tokens", ""] {
        assert_eq!(
            members(&login(&app.client().with_header("prefer", wish)).await),
            ["access", "expires_in"],
            "{wish}"
        );
    }
    let app = configured(Engine::Sqlite, BODY).await;
    app.signed_in("ada@example.com").await;
    let reply = login(&app.client().with_header("prefer", "cookies")).await;
    assert_eq!(members(&reply), ["access", "expires_in"]);
    assert!(reply.header("set-cookie").starts_with("refresh_token="));
}

#[tokio::test]
async fn a_script_cannot_have_the_cookie_read_out_to_it() {
    let app = start(Engine::Sqlite).await;
    let mut ada = app.signed_in("ada@example.com").await.with_header("prefer", "token");
    let reply = ada.refresh().await;
    assert_eq!((reply.status, members(&reply)), (200, vec!["access", "expires_in"]));
    assert!(!reply.header("set-cookie").is_empty());
}

#[tokio::test]
async fn a_token_in_the_body_goes_before_the_cookie() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let other = app.signed_in("bob@example.com").await;
    let reply = ada.post(REFRESH, &json!({ "refresh": other.refresh })).await;
    assert_eq!(reply.status, 200);
    assert_eq!(ada.clone().refresh().await.status, 200, "the cookie's session was left alone");
    assert_eq!(other.clone().refresh().await.status, 401, "the body's was used");
    for (value, message) in [
        (Value::Null, "This field may not be null."),
        (json!(""), "This field may not be blank."),
        (json!({}), "Not a valid string."),
    ] {
        let reply = ada.post(REFRESH, &json!({ "refresh": value })).await;
        super::assert_refused(&reply, 400, &json!({ "refresh": [message] }));
    }
}

/// As browsers send them after `sessions.cookie_path` was changed: one for each path, and neither goes away.
#[tokio::test]
async fn of_two_cookies_the_one_that_was_given_out_last_counts() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let old = ada.refresh.clone();
    let mut new = ada.clone();
    new.refresh().await;
    for garbage in ["x", ""] {
        for _ in 0..2 {
            let cookies = [&new.refresh, &old, garbage].map(|value| format!("refresh_token={value}"));
            let both = app.client().with_header("cookie", &cookies.join("; "));
            let reply = both.post(REFRESH, &json!({})).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            new.keep(reply);
        }
        let cookies = [garbage, &old, &new.refresh].map(|value| format!("refresh_token={value}"));
        let reply = app.client().with_header("cookie", &cookies.join("; ")).post(REFRESH, &json!({})).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        new.keep(reply);
    }
}

#[tokio::test]
async fn other_cookies_do_not_disturb() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let token = ada.refresh.clone();
    for cookies in [format!("a=b; refresh_token={token}"), format!("x=\u{22}1\u{22}; =; ;refresh_token={token}; z")] {
        let client = app.client().with_header("cookie", &cookies);
        assert_eq!(client.post("/jwt-allauth/logout/", &json!({})).await.status, 200, "{cookies}");
    }
}
