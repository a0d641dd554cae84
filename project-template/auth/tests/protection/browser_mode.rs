//! `sessions.access_cookie`: the access token in a cookie, and the token against forged requests that it then takes.

use std::sync::Arc;
use std::time::Duration;

use auth::settings::Environment;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use auth::{Auth, CurrentUser};
use axum::Router;
use axum::http::Method;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

auth::on_both_engines!(
    the_cookie_opens_what_the_token_opens,
    what_a_cookie_changes_takes_the_token_of_its_session,
    signing_out_forgets_every_cookie,
    the_token_stays_for_a_session_and_changes_with_it,
    cookies_go_on_after_the_access_token_has_expired,
    nothing_outlives_a_logout,
    the_token_of_an_older_cookie_beside_is_as_good_if_it_is_of_the_same_account,
);

const ROUNDS: usize = 20;
const USER: &str = "/jwt-allauth/user/";
const SESSIONS: &str = "/jwt-allauth/sessions/";
const ACCESS: &str = "access_token";
const CSRF: &str = "csrf_access_token";
const NEW_PASSWORD: &str = "wrong pony charger clip";

/// An application with a route of its own that changes something.
fn router(auth: Auth) -> Router {
    Router::new()
        .route("/own/", post(async |user: CurrentUser| user.id().to_string()).get(async |_: CurrentUser| "seen"))
        .merge(auth.router())
        .with_state(auth)
}

async fn browser_app(engine: Engine) -> TestApp {
    TestApp::start_with(engine, router, |settings| {
        settings.sessions.access_cookie = true;
        settings.tokens.session_check = true;
        settings.sessions.retry_window = Duration::from_secs(10);
        // More requests in a moment than a browser makes.
        settings.throttle.enabled = false;
    })
    .await
}

/// A browser whose page keeps no token: it has what the cookies hold.
async fn browser(app: &TestApp, email: &str) -> Client {
    let mut client = app.signed_in(email).await;
    client.access.clear();
    client
}

/// The page's script sends what the readable cookie holds.
fn with_token(client: &Client) -> Client {
    client.clone().with_header("x-csrftoken", &client.cookies[CSRF])
}

/// Refreshes as the page does, and forgets the access token of the body.
async fn refresh(client: &mut Client) -> Reply {
    let mut page = with_token(client);
    let reply = page.refresh().await;
    (client.refresh, client.cookies) = (page.refresh, page.cookies);
    reply
}

fn set_cookies(reply: &Reply) -> Vec<&str> {
    reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect()
}

async fn every_unsafe_request(client: &Client) -> Vec<(Method, String, Value)> {
    let sessions = client.get(SESSIONS).await.body;
    let session = sessions[0]["id"].as_str().expect("a session").to_owned();
    let change = json!({ "old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD });
    vec![
        (Method::PATCH, USER.into(), json!({ "first_name": "Eve" })),
        (Method::POST, "/jwt-allauth/user/email/".into(), json!({ "email": "e@example.com", "password": PASSWORD })),
        (Method::POST, "/own/".into(), json!({})),
        (Method::POST, "/jwt-allauth/refresh/".into(), json!({})),
        (Method::POST, "/jwt-allauth/password/change/".into(), change),
        (Method::DELETE, format!("{SESSIONS}{session}/"), json!({})),
        (Method::POST, "/jwt-allauth/logout/".into(), json!({})),
        (Method::POST, "/jwt-allauth/logout-all/".into(), json!({})),
        (Method::DELETE, USER.into(), json!({ "password": PASSWORD })),
    ]
}

/// After another `sessions.cookie_domain` a browser sends the old cookies too, and a page finds the old token first.
async fn the_token_of_an_older_cookie_beside_is_as_good_if_it_is_of_the_same_account(engine: Engine) {
    let app = browser_app(engine).await;
    let old = browser(&app, "ada@example.com").await;
    let mut new = app.client();
    new.login("ada@example.com", PASSWORD).await;
    new.access.clear();
    let bob = browser(&app, "bob@example.com").await;
    let beside = |old: &Client| {
        let cookies =
            |client: &Client| format!("access_token={}; refresh_token={}", client.cookies[ACCESS], client.refresh);
        let both = app.client().with_header("cookie", &format!("{}; {}", cookies(old), cookies(&new)));
        both.with_header("x-csrftoken", &old.cookies[CSRF])
    };
    let names = json!({ "first_name": "Ada" });
    assert_eq!(beside(&bob).patch(USER, &names).await.status, 403, "a stranger's cookie may have been planted");
    assert_eq!(beside(&bob).post("/jwt-allauth/refresh/", &json!({})).await.status, 403);
    assert_eq!(beside(&old).patch(USER, &names).await.status, 200);
    assert_eq!(beside(&old).post("/jwt-allauth/refresh/", &json!({})).await.status, 200);
    assert_eq!(beside(&old).post("/jwt-allauth/logout/", &json!({})).await.status, 200);
    assert_eq!(old.get(USER).await.status, 401);
    assert_eq!(new.get(USER).await.status, 401);
}

#[tokio::test]
async fn the_cookies_are_as_the_settings_say() {
    let app = browser_app(Engine::Sqlite).await;
    let mut ada = app.client();
    let reply = ada.register("ada@example.com", PASSWORD).await;
    let attributes = |age: u32| format!("SameSite=Lax; Path=/; Max-Age={age}");
    let expected = [
        format!("refresh_token={}; HttpOnly; {}", ada.refresh, attributes(1_209_600)),
        format!("access_token={}; HttpOnly; {}", ada.access, attributes(1_800)),
        format!("csrf_access_token={}; {}", ada.cookies[CSRF], attributes(1_209_600)),
    ];
    assert_eq!(set_cookies(&reply), expected);

    let app = app
        .second_instance_with(router, |settings| {
            settings.environment = Environment::Production;
            settings.sessions.cookie.name = "__Host-refresh_token".into();
            settings.sessions.cookie.same_site = auth::sessions::SameSite::Strict;
        })
        .await;
    let mut bob = app.client();
    let reply = bob.register("bob@example.com", PASSWORD).await;
    let names: Vec<_> = set_cookies(&reply).iter().filter_map(|cookie| Some(cookie.split_once('=')?.0)).collect();
    assert_eq!(names, ["__Host-refresh_token", "__Host-access_token", "__Host-csrf_access_token"]);
    assert!(set_cookies(&reply).iter().all(|cookie| cookie.contains("; SameSite=Strict; Secure; Path=/")), "{reply:?}");
    bob.access.clear();
    assert_eq!(bob.get(USER).await.status, 200);
}

#[tokio::test]
async fn an_answer_with_tokens_in_the_body_sets_no_cookie() {
    let app = browser_app(Engine::Sqlite).await;
    let mut ada = app.client().with_header("prefer", "token");
    let reply = ada.register("ada@example.com", PASSWORD).await;
    assert_eq!(set_cookies(&reply), Vec::<&str>::new());
    let reply = ada.post("/jwt-allauth/refresh/", &json!({ "refresh": ada.refresh })).await;
    assert_eq!((reply.status, set_cookies(&reply)), (200, Vec::new()), "{reply:?}");
}

async fn the_cookie_opens_what_the_token_opens(engine: Engine) {
    let app = browser_app(engine).await;
    let ada = browser(&app, "ada@example.com").await;
    for path in [USER, SESSIONS, "/jwt-allauth/token/claims/", "/own/"] {
        assert_eq!(ada.get(path).await.status, 200, "{path}");
    }

    let bob = app.signed_in("bob@example.com").await;
    let both = ada.holding(&bob.access, &ada.refresh);
    assert_eq!(both.get(USER).await.text("email"), "bob@example.com", "the header counts");
    assert_eq!(both.patch(USER, &json!({ "first_name": "Bob" })).await.status, 200, "and is no cookie");
    for header in ["Bearer a.b.c", "Bearer", "Basic YTpi"] {
        assert_eq!(ada.clone().with_header("authorization", header).get(USER).await.status, 401, "{header}");
    }

    let mut swapped = ada.clone();
    swapped.cookies.insert(ACCESS.into(), ada.refresh.clone());
    assert_eq!(swapped.get(USER).await.status, 401);
    let off = app.second_instance_with(router, |settings| settings.sessions.access_cookie = false).await;
    let mut there = off.client();
    there.cookies.clone_from(&ada.cookies);
    assert_eq!(there.get(USER).await.status, 401, "unless the settings say so, a cookie counts for nothing");
}

async fn what_a_cookie_changes_takes_the_token_of_its_session(engine: Engine) {
    let app = browser_app(engine).await;
    let ada = browser(&app, "ada@example.com").await;
    let bob = browser(&app, "bob@example.com").await;
    let requests = every_unsafe_request(&ada).await;
    let forged = [
        (ada.clone(), "CSRF Failed: CSRF token missing."),
        (ada.clone().with_header("x-csrftoken", ""), "CSRF Failed: CSRF token incorrect."),
        (ada.clone().with_header("x-csrftoken", &bob.cookies[CSRF]), "CSRF Failed: CSRF token incorrect."),
        (ada.clone().with_header("x-csrftoken", &"A".repeat(43)), "CSRF Failed: CSRF token incorrect."),
        (ada.clone().with_header("x-csrftoken", "\u{e9}"), "CSRF Failed: CSRF token incorrect."),
    ];
    for (client, detail) in &forged {
        for (method, path, body) in &requests {
            let reply = client.send(method.clone(), path, Some(body)).await;
            let expected = json!({ "detail": detail, "code": "csrf_failed" });
            assert_eq!((reply.status, &reply.body), (403, &expected), "{method} {path}");
        }
    }
    let mut tossed = forged[2].0.clone();
    tossed.cookies.insert(CSRF.into(), bob.cookies[CSRF].clone());
    assert_eq!(tossed.patch(USER, &json!({})).await.status, 403, "though the cookie says the same");
    assert_eq!(ada.get(USER).await.text("first_name"), "", "nothing was done");

    for (number, (method, path, body)) in requests.iter().enumerate() {
        let email = format!("ada{number}@example.com");
        let page = with_token(&browser(&app, &email).await);
        let path =
            if path.starts_with(SESSIONS) { every_unsafe_request(&page).await[number].1.clone() } else { path.clone() };
        let reply = page.send(method.clone(), &path, Some(body)).await;
        assert!((200..300).contains(&reply.status), "{method} {path}: {reply:?}");
    }
}

async fn signing_out_forgets_every_cookie(engine: Engine) {
    let app = browser_app(engine).await;
    for end in ["logout/", "logout-all/"] {
        let mut ada = browser(&app, &format!("{}@example.com", end.trim_end_matches('/'))).await;
        let before = ada.clone();
        let mut page = with_token(&ada);
        let reply = page.post(&format!("/jwt-allauth/{end}"), &json!({})).await;
        assert_eq!(reply.status, 200);
        let expected = [
            "refresh_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
            "access_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
            "csrf_access_token=; SameSite=Lax; Path=/; Max-Age=0",
        ];
        assert_eq!(set_cookies(&reply), expected);
        assert_eq!(reply.header("clear-site-data"), "\"cache\"");
        page.keep(reply);
        (ada.refresh, ada.cookies) = (page.refresh, page.cookies);
        assert!(ada.refresh.is_empty() && ada.cookies.is_empty());
        assert_eq!(ada.get(USER).await.text("code"), "not_authenticated");
        assert_eq!(before.get("/jwt-allauth/token/claims/").await.status, 401, "nor does a copy open anything");
        assert_eq!(with_token(&before).refresh().await.status, 401);
    }
}

async fn the_token_stays_for_a_session_and_changes_with_it(engine: Engine) {
    let app = browser_app(engine).await;
    let mut ada = browser(&app, "ada@example.com").await;
    let token = ada.cookies[CSRF].clone();
    assert_eq!(refresh(&mut ada).await.status, 200);
    assert_eq!(ada.cookies[CSRF], token, "another tab goes on with it");

    app.add_key("0002", app.auth.settings().tokens.algorithm, None);
    let other = app.second_instance(router).await;
    let mut there = other.client().holding("", &ada.refresh);
    there.cookies.clone_from(&ada.cookies);
    assert_eq!(with_token(&there).patch(USER, &json!({})).await.status, 200, "after a new key too");

    let mut page = with_token(&ada);
    let change = json!({ "old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD });
    let reply = page.post("/jwt-allauth/password/change/", &change).await;
    assert_eq!(page.keep(reply).status, 200);
    (ada.refresh, ada.cookies) = (page.refresh, page.cookies);
    assert_ne!(ada.cookies[CSRF], token);
    assert_eq!(ada.clone().with_header("x-csrftoken", &token).patch(USER, &json!({})).await.status, 403);
    assert_eq!(with_token(&ada).patch(USER, &json!({})).await.status, 200);
}

async fn cookies_go_on_after_the_access_token_has_expired(engine: Engine) {
    let app = browser_app(engine).await;
    let mut ada = browser(&app, "ada@example.com").await;
    app.advance(Duration::from_hours(1));
    assert_eq!(ada.get(USER).await.status, 401);
    ada.cookies.remove(ACCESS);
    assert_eq!(ada.get(USER).await.text("code"), "not_authenticated", "the browser has dropped it");
    assert_eq!(refresh(&mut ada).await.status, 200);
    assert_eq!(ada.get(USER).await.status, 200);
    app.advance(Duration::from_hours(1));
    assert_eq!(with_token(&ada).post("/jwt-allauth/logout/", &json!({})).await.status, 200);
}

/// Tabs that refresh over and over while another signs out: no cookie that any of them was given opens anything.
async fn nothing_outlives_a_logout(engine: Engine) {
    let app = browser_app(engine).await.at_two_instances(router).await;
    for round in 0..ROUNDS {
        let ada = browser(&app, &format!("ada{round}@example.com")).await;
        let start = Arc::new(Barrier::new(5));
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let (mut tab, start) = (ada.elsewhere(), Arc::clone(&start));
            tasks.spawn(async move {
                let mut given_out = Vec::new();
                start.wait().await;
                while refresh(&mut tab).await.status == 200 {
                    given_out.push(tab.clone());
                }
                given_out
            });
        }
        start.wait().await;
        assert_eq!(with_token(&ada).post("/jwt-allauth/logout/", &json!({})).await.status, 200);
        for mut tab in tasks.join_all().await.into_iter().flatten().chain([ada]) {
            assert_eq!(tab.get("/jwt-allauth/token/claims/").await.status, 401);
            assert_eq!(tab.get(USER).await.status, 401);
            assert_eq!(refresh(&mut tab).await.status, 401);
        }
    }
}
