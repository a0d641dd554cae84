//! A page that refreshes when it loads, loaded again and again over a slow network before the answer is there.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use auth::Auth;
use auth::testing::{Engine, Listening, PASSWORD, TestApp};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::tab::Tab;
use super::{ADA, in_chromium};

in_chromium!(a_page_that_is_reloaded_over_a_slow_network_stays_signed_in, a_copy_of_its_cookie_ends_the_session);

/// How long the server may be silent before the test gives up.
const SILENCE: Duration = Duration::from_mins(1);
/// How long an answer takes, as to a phone.
const LATENCY: Duration = Duration::from_millis(300);
const TRIES: usize = 10;
const PAGE: &str = "<!doctype html><title>App</title><script>
window.answer = fetch('/jwt-allauth/refresh/', { method: 'POST' }).then(answer => answer.status);</script>";

fn router(auth: Auth) -> Router {
    let policy = [("content-security-policy", "script-src 'unsafe-inline'; connect-src 'self'")];
    Router::new().route("/app/", get(async move || (policy, Html(PAGE)))).merge(auth.router()).with_state(auth)
}

/// Answers scripts late, and tells of each such answer when it is on its way. The page itself is there at once, as from a
/// cache: until a new one has come, a browser does not give up what the old one waits for.
async fn slow_relay(server: SocketAddr, on_its_way: Sender<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(server).await else { continue };
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let on_its_way = on_its_way.clone();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 65_536];
                while let Ok(length @ 1..) = from_server.read(&mut bytes).await {
                    if String::from_utf8_lossy(&bytes[..length]).contains("application/json") {
                        let _ = on_its_way.send(());
                        tokio::time::sleep(LATENCY).await;
                    }
                    if to_client.write_all(&bytes[..length]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

/// An application behind the relay, and a tab whose user has just signed in.
struct Phone {
    app: TestApp,
    _server: Listening,
    tab: Tab,
    page: String,
    on_its_way: Receiver<()>,
}

async fn signed_in(reload_window: u64) -> Phone {
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.sessions.reload_window = Duration::from_secs(reload_window);
        settings.throttle.enabled = false;
    })
    .await;
    app.signed_in(ADA).await;
    let server = app.listen().await;
    let (sender, on_its_way) = channel();
    let relay = slow_relay(server.url("").trim_start_matches("http://").parse().unwrap(), sender).await;
    let page = format!("http://{relay}/app/");
    let mut tab = Tab::open();
    sign_in(&mut tab, &page);
    Phone { app, _server: server, tab, page, on_its_way }
}

fn sign_in(tab: &mut Tab, page: &str) {
    tab.visit(page);
    let body = json!({ "email": ADA, "password": PASSWORD }).to_string();
    let login = format!(
        "window.answer.then(() => fetch('/jwt-allauth/login/', {{ method: 'POST', body: '{body}',
         headers: {{ 'content-type': 'application/json' }} }})).then(answer => answer.status)"
    );
    assert_eq!(tab.eval(&login), 200);
}

/// Of ten people who reload three times, how many are signed out.
async fn signed_out(reload_window: u64) -> usize {
    let Phone { mut tab, page, on_its_way, _server, .. } = signed_in(reload_window).await;
    let mut out = 0;
    for _ in 0..TRIES {
        on_its_way.try_iter().for_each(drop);
        tab.visit(&page);
        for _ in 0..3 {
            on_its_way.recv_timeout(SILENCE).unwrap();
            tab.until_loaded(|tab| {
                tab.eval("setTimeout(() => location.reload(), 0)");
            });
        }
        if tab.eval("window.answer") != 200 {
            out += 1;
            sign_in(&mut tab, &page);
        }
    }
    out
}

async fn a_page_that_is_reloaded_over_a_slow_network_stays_signed_in() {
    let strict = signed_out(0).await;
    assert!(strict > 0, "the network loses no answer, so this test shows nothing");
    let out = signed_out(10).await;
    println!("signed out: {strict} of {TRIES} without a window, {out} with one of ten seconds");
    assert_eq!(out, 0);
}

async fn a_copy_of_its_cookie_ends_the_session() {
    let Phone { app, mut tab, page, _server, .. } = signed_in(10).await;
    let user_agent = tab.text("navigator.userAgent");
    let copied = tab.cookie("refresh_token");
    tab.visit(&page);
    assert_eq!(tab.eval("window.answer"), 200);
    let thief = app.client().from_address("198.51.100.1").holding("", &copied).with_header("user-agent", &user_agent);
    let thief = thief.with_header("sec-fetch-site", "same-origin").with_header("sec-fetch-mode", "cors");
    assert_eq!(thief.post("/jwt-allauth/refresh/", &json!({})).await.status, 401);
    tab.visit(&page);
    assert_eq!(tab.eval("window.answer"), 401, "the session is over for its owner too");
}
