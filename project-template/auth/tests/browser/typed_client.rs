//! `clients/typescript/`: a page that uses it, in one tab and in two.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth::Auth;
use auth::testing::{Engine, Listening, PASSWORD, TestApp};
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::tab::Tab;
use super::{ADA, in_chromium};

in_chromium!(
    parallel_requests_share_one_refresh,
    two_tabs_take_turns_at_refreshing_and_both_stay_signed_in,
    a_refresh_whose_answer_is_lost_is_tried_again,
    signing_out_in_one_tab_signs_the_other_out,
    no_token_is_where_other_scripts_find_it,
);

const PAGE: &str = r#"<!doctype html><title>app</title><h1>app</h1><script type="module">
import { Client, Refused } from "/client.js";
window.changes = [];
window.Refused = Refused;
window.client = new Client({ onChange: (signedIn) => changes.push(signedIn) });
</script>"#;

/// Instead of the server's own, which allows nothing.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline'";

/// What is done to refreshes on their way: counted, and the answers to the next ones lost.
#[derive(Default)]
struct Way {
    refreshes: AtomicU32,
    lose: AtomicU32,
}

async fn pass(way: Arc<Way>, request: Request, next: Next) -> Response {
    let is_refresh = request.uri().path().ends_with("/refresh/");
    let answer = next.run(request).await;
    if !is_refresh {
        return answer;
    }
    way.refreshes.fetch_add(1, Ordering::SeqCst);
    let is_lost = way.lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if is_lost { StatusCode::BAD_GATEWAY.into_response() } else { answer }
}

/// An application with the client's page, somebody signed in there, and the way to it.
async fn signed_in(reload_window: Duration) -> (TestApp, Listening, Arc<Way>, Tab) {
    let way = Arc::new(Way::default());
    let on_the_way = way.clone();
    let router = move |auth: Auth| -> Router {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/typescript/client.js");
        let script = std::fs::read_to_string(script).unwrap();
        let on_the_way = on_the_way.clone();
        let javascript = [(header::CONTENT_TYPE, "text/javascript")];
        auth.router()
            .route("/", get(|| async { ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)) }))
            .route("/client.js", get(move || async move { (javascript, script) }))
            .layer(from_fn(move |request, next| pass(on_the_way.clone(), request, next)))
            .with_state(auth)
    };
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.sessions.retry_window = Duration::ZERO;
        settings.sessions.reload_window = reload_window;
    })
    .await;
    let server = app.listen().await;
    let mut tab = Tab::open();
    tab.visit(&server.url("/"));
    let registered =
        tab.eval(&format!("client.register({{ email: '{ADA}', password1: '{PASSWORD}', password2: '{PASSWORD}' }})"));
    assert_eq!(registered, true);
    (app, server, way, tab)
}

/// Lets the access tokens expire.
fn expire(app: &TestApp) {
    let settings = &app.auth.settings().tokens;
    app.advance(settings.access_lifetime + settings.leeway + Duration::from_secs(1));
}

async fn parallel_requests_share_one_refresh() {
    let (app, _server, way, mut tab) = signed_in(Duration::ZERO).await;
    expire(&app);
    let users =
        tab.eval("Promise.all([1, 2, 3, 4, 5].map(() => client.user())).then((all) => all.map((one) => one.email))");
    assert_eq!(users, serde_json::Value::from(vec![ADA; 5]));
    assert_eq!(way.refreshes.load(Ordering::SeqCst), 1);
    assert_eq!(tab.eval("client.sessions().then((all) => all.length)"), 1);
}

async fn two_tabs_take_turns_at_refreshing_and_both_stay_signed_in() {
    // Without a window, two tabs that show the same cookie at once end the session.
    let (app, server, way, mut tab) = signed_in(Duration::ZERO).await;
    let first = tab.open_another();
    tab.visit(&server.url("/"));
    assert_eq!(tab.eval("client.restore()"), true);
    for round in 1..=3 {
        expire(&app);
        let asks = "window.asked = client.user().then((user) => user.email, String); 0";
        tab.eval(asks);
        let second = tab.look_at(first.clone());
        tab.eval(asks);
        assert_eq!(tab.eval("asked"), ADA, "{round}");
        tab.look_at(second);
        assert_eq!(tab.eval("asked"), ADA, "{round}");
        assert_eq!(way.refreshes.load(Ordering::SeqCst), 1 + 2 * round);
    }
}

async fn a_refresh_whose_answer_is_lost_is_tried_again() {
    let (app, server, way, mut tab) = signed_in(Duration::from_secs(10)).await;
    way.lose.store(2, Ordering::SeqCst);
    expire(&app);
    assert_eq!(tab.eval("client.user().then((user) => user.email)"), ADA);
    assert_eq!(way.refreshes.load(Ordering::SeqCst), 3, "two were lost");
    // The cookie is the session's newest.
    tab.visit(&server.url("/"));
    assert_eq!(tab.eval("client.restore()"), true);
}

async fn signing_out_in_one_tab_signs_the_other_out() {
    let (_app, server, _way, mut tab) = signed_in(Duration::ZERO).await;
    let first = tab.open_another();
    tab.visit(&server.url("/"));
    assert_eq!(tab.eval("client.restore()"), true);
    let second = tab.look_at(first);
    tab.eval("client.logout()");
    tab.look_at(second);
    let told = "new Promise((told) => { const look = () => changes.at(-1) === false ? told(true) : setTimeout(look); look(); })";
    assert_eq!(tab.eval(told), true);
    assert_eq!(tab.eval("client.signedIn"), false);
    let refused = "client.user().catch((error) => [error instanceof Refused, error.status])";
    assert_eq!(tab.eval(refused), serde_json::json!([true, 401]));
}

async fn no_token_is_where_other_scripts_find_it() {
    let (_app, _server, _way, mut tab) = signed_in(Duration::ZERO).await;
    assert_eq!(tab.eval("client.signedIn"), true);
    let found = "JSON.stringify([Object.keys(client), client, localStorage, sessionStorage, document.cookie, Object.keys(window)])";
    let found = tab.text(found);
    assert!(!found.contains("eyJ"), "{found}");
    assert_eq!(tab.eval("document.cookie"), "");
}
