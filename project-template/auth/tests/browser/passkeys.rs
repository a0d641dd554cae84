//! `clients/passkeys.js` with Chromium's virtual authenticator, on pages with a strict policy.

use std::net::{SocketAddr, TcpListener};

use auth::http::PublicUrl;
use auth::testing::{Client, Engine, Listening, PASSWORD, TestApp};
use auth::{Auth, Settings};
use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};

use super::tab::Tab;
use super::{ADA, in_chromium};

in_chromium!(
    a_passkey_is_added_and_signs_in,
    a_passkey_that_the_browser_offers_in_a_field_signs_in,
    a_field_that_waits_for_longer_than_a_challenge_is_valid_gets_another_one,
    a_device_that_has_a_passkey_of_the_account_makes_no_other,
    a_user_whom_the_device_does_not_verify_neither_adds_a_passkey_nor_signs_in,
    a_passkey_is_of_no_use_at_another_site,
    a_page_of_another_origin_uses_passkeys_once_the_settings_name_it,
    a_removed_passkey_is_refused,
    a_passkey_stands_in_for_the_code_and_proves_anew_who_it_is,
    a_passkey_of_several_devices_is_listed_as_such,
);

const PAGE: &str = "<!doctype html><html lang=en><title>App</title><h1>App</h1>
<label>E-mail address <input id=email autocomplete='username webauthn'></label><script type=module src=/app.js></script>";
const APP: &str = "import * as passkeys from '/passkeys.js';
window.passkeys = passkeys;
window.outcome = (promise) => promise.then((answer) => answer, (error) => error.code && error.status ? error.code : error.name);";
const JAVASCRIPT: [(&str, &str); 1] = [("content-type", "text/javascript")];
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

pub(super) fn router(auth: Auth) -> Router {
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/passkeys.js")).unwrap();
    auth.router()
        .route("/", get(|| async { ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)) }))
        .route("/app.js", get(move || async move { (JAVASCRIPT, APP) }))
        .route("/passkeys.js", get(move || async move { (JAVASCRIPT, script) }))
        .with_state(auth)
}

/// An application at `http://localhost` and a port, and a tab with its page.
pub(crate) struct Place {
    pub(crate) app: TestApp,
    pub(crate) server: Listening,
    pub(crate) tab: Tab,
    pub(crate) authenticator: Value,
}

/// The virtual authenticator of a device that verifies its user.
pub(super) fn device(is_synced: bool) -> Value {
    json!({
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
        "defaultBackupEligibility": is_synced, "defaultBackupState": is_synced,
    })
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn app_at(port: u16, change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.http.public_url = PublicUrl::parse(&format!("http://localhost:{port}"));
        settings.portal.enabled = true;
        change(settings);
    })
    .await
}

async fn opened_with(is_synced: bool, change: impl FnOnce(&mut Settings)) -> Place {
    let port = free_port();
    let app = app_at(port, change).await;
    let server = app.listen_at(SocketAddr::from(([127, 0, 0, 1], port))).await;
    let mut tab = Tab::open();
    let authenticator = tab.add_authenticator(&device(is_synced));
    tab.visit(&at_localhost(&server, "/"));
    Place { app, server, tab, authenticator }
}

pub(crate) async fn opened() -> Place {
    opened_and(|_| ()).await
}

/// With other settings.
pub(crate) async fn opened_and(change: impl FnOnce(&mut Settings)) -> Place {
    opened_with(false, change).await
}

pub(crate) fn at_localhost(server: &Listening, path: &str) -> String {
    server.url(path).replace("127.0.0.1", "localhost")
}

/// The outcome of a call of the module: the answer, or the code or the name of its error.
pub(super) fn call(tab: &mut Tab, call: &str) -> Value {
    tab.eval(&format!("outcome(passkeys.{call})"))
}

pub(super) fn add(tab: &mut Tab, client: &Client) -> Value {
    call(tab, &format!("add({{ access: '{}' }})", client.access))
}

/// The address of the account that an answer has tokens of.
pub(super) async fn signed_in_as(app: &TestApp, answer: &Value) -> String {
    let client = app.client().holding(answer["access"].as_str().unwrap_or_else(|| panic!("{answer}")), "");
    client.get("/jwt-allauth/user/").await.text("email").to_owned()
}

async fn a_passkey_is_added_and_signs_in() {
    let Place { app, server: _server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    assert_eq!(tab.eval("passkeys.isSupported()"), true);
    let added = call(&mut tab, &format!("add({{ access: '{}', name: 'Desk' }})", ada.access));
    assert_eq!(
        (&added["name"], &added["synced"], &added["transports"]),
        (&json!("Desk"), &json!(false), &json!(["internal"]))
    );
    for _ in 0..2 {
        let answer = call(&mut tab, "signIn()");
        assert_eq!(signed_in_as(&app, &answer).await, ADA);
        assert!(answer["refresh"].is_null());
        assert_ne!(tab.cookie("refresh_token"), "");
    }
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_passkey_that_the_browser_offers_in_a_field_signs_in() {
    let Place { app, server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    assert!(add(&mut tab, &ada)["id"].is_string());
    tab.visit(&at_localhost(&server, "/"));
    assert_eq!(tab.eval("passkeys.canAutofill()"), true);
    let answer = call(&mut tab, "signIn({ autofill: true, remember: false })");
    assert_eq!(signed_in_as(&app, &answer).await, ADA);
    let aborted = "(() => { const stop = new AbortController();
        const waiting = outcome(passkeys.signIn({ signal: stop.signal })); stop.abort(); return waiting; })()";
    assert_eq!(tab.eval(aborted), "AbortError");
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_field_that_waits_for_longer_than_a_challenge_is_valid_gets_another_one() {
    // The virtual authenticator picks at once, so this one stands for a user who does not. The first two challenges are
    // as good as expired.
    let Place { app: _app, server: _server, mut tab, .. } = opened().await;
    tab.eval(
        "navigator.credentials.get = ({ signal }) => new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
         });
         window.stop = new AbortController(); window.asked = 0; window.third = new Promise((resolve) => {
            const parse = PublicKeyCredential.parseRequestOptionsFromJSON.bind(PublicKeyCredential);
            PublicKeyCredential.parseRequestOptionsFromJSON = (options) => {
                asked += 1;
                if (asked === 3) setTimeout(() => resolve(asked));
                return parse(asked < 3 ? { ...options, timeout: 60_010 } : options);
            };
         }); window.answer = outcome(passkeys.signIn({ autofill: true, signal: stop.signal })); 0",
    );
    assert_eq!(tab.eval("Promise.race([third, answer])"), 3);
    tab.eval("stop.abort()");
    assert_eq!(tab.eval("answer"), "AbortError");
    let asked = tab.requests().iter().filter(|url| url.ends_with("/login/passkey/options/")).count();
    assert_eq!(asked, 3);
}

async fn a_device_that_has_a_passkey_of_the_account_makes_no_other() {
    let Place { app, server: _server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    assert!(add(&mut tab, &ada)["id"].is_string());
    assert_eq!(add(&mut tab, &ada), "InvalidStateError");
    let grace = app.signed_in("grace@example.com").await;
    assert!(add(&mut tab, &grace)["id"].is_string(), "another account's");
}

async fn a_user_whom_the_device_does_not_verify_neither_adds_a_passkey_nor_signs_in() {
    let Place { app, server: _server, mut tab, authenticator } = opened().await;
    let ada = app.signed_in(ADA).await;
    tab.verify_user(&authenticator, false);
    assert_eq!(add(&mut tab, &ada), "NotAllowedError");
    tab.verify_user(&authenticator, true);
    assert!(add(&mut tab, &ada)["id"].is_string());
    tab.verify_user(&authenticator, false);
    assert_eq!(call(&mut tab, "signIn()"), "NotAllowedError");
    // A page that does not ask for it gets a response, which the server refuses.
    let lax = "(async () => {
        const post = (path, body) => fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body) }).then((answer) => answer.json());
        const { challenge_id, options } = await post('/jwt-allauth/login/passkey/options/', {});
        options.userVerification = 'discouraged';
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
        const credential = (await navigator.credentials.get({ publicKey })).toJSON();
        return (await post('/jwt-allauth/login/passkey/', { challenge_id, credential })).code;
    })()";
    assert_eq!(tab.eval(lax), "passkey_not_valid");
}

async fn a_passkey_is_of_no_use_at_another_site() {
    let Place { app, server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    assert!(add(&mut tab, &ada)["id"].is_string());
    // A browser refuses to make or use passkeys of `localhost` on a page of 127.0.0.1.
    tab.visit(&server.url("/"));
    assert_eq!(add(&mut tab, &ada), "SecurityError");
    assert_eq!(call(&mut tab, "signIn()"), "SecurityError");
}

async fn a_page_of_another_origin_uses_passkeys_once_the_settings_name_it() {
    let Place { app, server: _server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    assert!(add(&mut tab, &ada)["id"].is_string());
    // The same accounts, at another port: the browser lets its pages use the passkeys, as they are of the same site.
    let port = free_port();
    let another = app.second_instance(router).await;
    let server = another.listen_at(SocketAddr::from(([127, 0, 0, 1], port))).await;
    tab.visit(&at_localhost(&server, "/"));
    assert_eq!(call(&mut tab, "signIn()"), "passkey_not_valid");
    let port = free_port();
    let named = app
        .second_instance_with(router, |settings| settings.passkeys.origins = vec![format!("http://localhost:{port}")])
        .await;
    let server = named.listen_at(SocketAddr::from(([127, 0, 0, 1], port))).await;
    tab.visit(&at_localhost(&server, "/"));
    let answer = call(&mut tab, "signIn()");
    assert_eq!(signed_in_as(&app, &answer).await, ADA);
}

async fn a_removed_passkey_is_refused() {
    let Place { app, server: _server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    let added = add(&mut tab, &ada);
    let path = format!("/jwt-allauth/passkeys/{}/", added["id"].as_str().unwrap());
    assert_eq!(ada.delete(&path, None).await.status, 204);
    assert_eq!(call(&mut tab, "signIn()"), "passkey_not_valid");
}

async fn a_passkey_of_several_devices_is_listed_as_such() {
    let Place { app, server: _server, mut tab, .. } = opened_with(true, |_| ()).await;
    let ada = app.signed_in(ADA).await;
    assert_eq!(add(&mut tab, &ada)["synced"], true);
    let answer = call(&mut tab, "signIn()");
    assert_eq!(signed_in_as(&app, &answer).await, ADA);
}

async fn a_passkey_stands_in_for_the_code_and_proves_anew_who_it_is() {
    let Place { app, server: _server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    assert!(add(&mut tab, &ada)["id"].is_string());
    ada.enrol(&app).await;
    let begun = app.client().login(ADA, PASSWORD).await;
    assert_eq!(begun.body["methods"], json!(["totp", "recovery", "passkey"]));
    let challenge = begun.text("challenge_id");
    let answer = call(&mut tab, &format!("verify({{ challenge: '{challenge}' }})"));
    assert_eq!(signed_in_as(&app, &answer).await, ADA);
    assert_eq!(call(&mut tab, &format!("verify({{ challenge: '{challenge}' }})")), "challenge_not_valid");
    app.advance(std::time::Duration::from_mins(6));
    let access = answer["access"].as_str().unwrap();
    assert_eq!(add(&mut tab, &app.client().holding(access, "")), "sign_in_again");
    let again = call(&mut tab, &format!("reauthenticate({{ access: '{access}' }})"));
    let fresh = app.client().holding(again["access"].as_str().unwrap(), "");
    assert_eq!(add(&mut tab, &fresh), "InvalidStateError", "it is asked for now: the device has one already");
    assert_eq!(tab.problems(), [""; 0]);
}
