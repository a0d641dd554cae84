//! The description of the API, held against the API: what it promises is so, and nothing is answered that it does not say.

mod checks;
mod inputs;
mod schema;
mod spec;
mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use auth::email_verification::{Method as VerificationMethod, Mode};
use auth::http::Docs;
use auth::settings::Environment;
use auth::testing::{AuthenticatorApp, Client, Engine, PASSWORD, Provider, Reply, TestApp};
use auth::{Auth, Settings};
use axum::Router;
use serde_json::{Value, json};

use spec::{Operation, Spec};

/// What a scheduler shows.
const CRON_SECRET: &str = "b1gPz7uQ0vXn5tJr8yWcKd2sLf4hAe6m";

/// A provider for each application, by the issuer in its settings.
static PROVIDERS: Mutex<BTreeMap<String, Provider>> = Mutex::new(BTreeMap::new());

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn start(engine: Engine, change: impl FnOnce(&mut Settings)) -> (TestApp, Spec) {
    let provider = Provider::start().await;
    let toml = provider.settings("example");
    let social = Settings::load(Path::new("the test"), &toml, &BTreeMap::new()).expect("good settings").social;
    PROVIDERS.lock().expect("no panic").insert(provider.issuer(), provider);
    let everything = |settings: &mut Settings| {
        settings.social = social;
        settings.email_verification.mode = Mode::Optional;
        settings.email_verification.method = VerificationMethod::Both;
        settings.invitations.enabled = true;
        settings.cron.secret = Some(CRON_SECRET.into());
        settings.languages.offered.push("de".to_owned());
        settings.passkeys.origins = vec!["https://example.de".to_owned()];
        change(settings);
    };
    let app = TestApp::start_with(engine, router, everything).await;
    let reply = app.client().get("/openapi.json").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    (app, Spec(reply.body))
}

/// Somebody new, with both tokens; for an operation that takes one, with a link to a new password opened.
async fn somebody(app: &TestApp, operation: &Operation<'_>) -> (Client, String) {
    let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let mut client = app.signed_in(&email).await;
    if operation.name == "invite" || operation.name == "setInvitedPassword" {
        app.set_role(&email, auth::users::role::SUPERUSER).await;
    }
    if operation.name == "setInvitedPassword" {
        let guest = format!("guest-{email}");
        let invited = json!({ "email": guest, "role": 0 });
        client.post("/jwt-allauth/registration/user-register/", &invited).await;
        client.visit(&app.mailbox().await.latest(&guest).link()).await;
        let token = client.cookies["csrftoken"].clone();
        client = client.with_header("x-csrftoken", &token);
    }
    if operation.path.ends_with("/password/reset/set-new/") {
        client.post("/jwt-allauth/password/reset/", &json!({ "email": email })).await;
        client.visit(&app.mailbox().await.latest(&email).link()).await;
        let token = client.cookies["csrftoken"].clone();
        client = client.with_header("x-csrftoken", &token);
    }
    if operation.path.ends_with("/cron/flush-tokens/") {
        client = client.with_header("x-cron-secret", CRON_SECRET);
    }
    if let (false, Some(token)) = (client.cookies.contains_key("csrftoken"), client.cookies.get("csrf_access_token")) {
        let token = token.clone();
        client = client.with_header("x-csrftoken", &token);
    }
    if operation.path.ends_with("/login/code/verify/") {
        client.post("/jwt-allauth/login/code/", &json!({ "email": email })).await;
    }
    if ["/mfa/deactivate/", "/mfa/recovery-codes/"].iter().any(|path| operation.path.ends_with(path)) {
        client.enrol(app).await;
    }
    // Another mail to the address would come too soon.
    app.advance(app.auth.settings().codes.resend_cooldown);
    (client, email)
}

/// The path with the client's own session, or the link that was mailed to it, in it.
async fn path(app: &TestApp, operation: &Operation<'_>, client: &Client, email: &str) -> String {
    if operation.path.contains("{key}") {
        let mut address = email.to_owned();
        if operation.path.contains("/user/email/") {
            address = format!("new-{email}");
            client.post("/jwt-allauth/user/email/", &json!({ "email": address, "password": PASSWORD })).await;
        }
        let start = operation.path.split('{').next().expect("a path");
        let mails = app.mailbox().await.to(&address);
        return mails.iter().rev().find(|mail| mail.text.contains(start)).expect("a mail with the link").link();
    }
    if operation.path.contains("/passkeys/{id}/") {
        let mut passkeys = client.get("/jwt-allauth/passkeys/").await.body;
        if passkeys == json!([]) {
            passkeys = json!([client.add_passkey(&mut app.authenticator()).await.body]);
        }
        return operation.path.replace("{id}", passkeys[0]["id"].as_str().expect("a passkey"));
    }
    if operation.path.contains("/social/accounts/{id}/") {
        let body = credential(app, "/token/", email);
        let connected = client.post("/jwt-allauth/social/example/connect/token/", &body).await;
        return operation.path.replace("{id}", connected.text("id"));
    }
    if operation.path.contains("{provider}") {
        return operation.path.replace("{provider}", "example");
    }
    let claims = client.get("/jwt-allauth/token/claims/").await;
    operation.path.replace("{id}", claims.text("session"))
}

/// The example with what is the client's own.
async fn own(app: &TestApp, operation: &Operation<'_>, client: &Client, email: &str) -> Option<Value> {
    let mut body = operation.example()?;
    if body["credential"].is_object() && !operation.path.contains("/mfa/") {
        let mut authenticator = app.authenticator();
        let is_sign_in = operation.path.contains("/login/");
        if is_sign_in {
            client.add_passkey(&mut authenticator).await;
        }
        let begun = client.post(&format!("{}options/", operation.path), &json!({})).await.body;
        let options = &begun["options"];
        body["credential"] = if is_sign_in { authenticator.sign(options) } else { authenticator.register(options) };
        body["challenge_id"] = begun["challenge_id"].clone();
    }
    if operation.path.contains("/mfa/") {
        fill_in_factor(app, operation, (client, email), &mut body).await;
        return Some(body);
    }
    if operation.path.contains("/social/") {
        return Some(credential(app, operation.path, &format!("new-{email}")));
    }
    let is_new =
        ["/registration/", "/user-register/", "/user/email/"].iter().any(|path| operation.path.ends_with(path));
    for (name, value) in body.as_object_mut().expect("an object") {
        match name.as_str() {
            "email" if !is_new => *value = json!(email),
            "otp" | "code" => *value = json!(app.mailbox().await.latest(email).code()),
            "token" => *value = json!(client.access),
            "refresh" => *value = json!(client.refresh),
            _ => {}
        }
    }
    Some(body)
}

/// What a provider gives somebody with this address who signs in there.
fn credential(app: &TestApp, path: &str, email: &str) -> Value {
    let providers = PROVIDERS.lock().expect("no panic");
    let provider = &providers[&app.auth.settings().social.providers[0].issuer];
    let claims = provider.claims(app, email, email);
    if path.ends_with("/code/") {
        return json!({ "code": provider.code(&claims), "callback_url": "https://app.example.com/callback" });
    }
    json!({ "id_token": provider.sign(&claims), "client_id": "web" })
}

/// Sets up a second factor as far as the operation needs it.
async fn fill_in_factor(app: &TestApp, operation: &Operation<'_>, (client, email): (&Client, &str), body: &mut Value) {
    if operation.path.ends_with("/activate/") {
        let secret = client.post("/jwt-allauth/mfa/setup/", &json!({})).await;
        body["code"] = json!(AuthenticatorApp::of(secret.text("secret")).code(app));
    }
    if operation.path.contains("/verify-passkey/") {
        let mut passkey = app.authenticator();
        client.add_passkey(&mut passkey).await;
        client.enrol(app).await;
        body["challenge_id"] = app.client().login(email, PASSWORD).await.body["challenge_id"].clone();
        if body.get("credential").is_some() {
            let challenge = json!({ "challenge_id": body["challenge_id"] });
            let begun = client.post("/jwt-allauth/mfa/verify-passkey/options/", &challenge).await.body;
            body["passkey_challenge_id"] = begun["challenge_id"].clone();
            body["credential"] = passkey.sign(&begun["options"]);
        }
        return;
    }
    if operation.path.contains("/verify") {
        let authenticator = client.enrol(app).await;
        body["challenge_id"] = app.client().login(email, PASSWORD).await.body["challenge_id"].clone();
        match body.get("code") {
            Some(_) => body["code"] = json!(authenticator.next_code(app)),
            None => body["recovery_code"] = json!(authenticator.recovery_codes[0]),
        }
    }
}

async fn send(
    app: &TestApp,
    operation: &Operation<'_>,
    (client, email): (&Client, &str),
    body: Option<&Value>,
) -> Reply {
    client.send(operation.method.clone(), &path(app, operation, client, email).await, body).await
}

/// Ends every session of a client.
async fn sign_out(client: &Client) {
    assert_eq!(client.post("/jwt-allauth/logout-all/", &json!({})).await.status, 200);
}

#[tokio::test]
async fn the_description_follows_the_settings() {
    let (_app, spec) = start(Engine::Sqlite, |settings| {
        settings.http.public_url = auth::http::PublicUrl::parse("https://auth.example.com");
        settings.sessions.cookie.name = "__Host-refresh_token".to_owned();
        settings.sessions.access_cookie = true;
    })
    .await;
    assert_eq!(spec.0["servers"][0]["url"], "https://auth.example.com");
    assert_eq!(spec.0["components"]["securitySchemes"]["refresh_cookie"]["name"], "__Host-refresh_token");
    let cookie = &spec.0["paths"]["/jwt-allauth/login/"]["post"]["responses"]["200"]["headers"]["Set-Cookie"];
    assert!(cookie["example"].as_str().unwrap().starts_with("__Host-refresh_token="), "{cookie}");
    let schemes = &spec.0["components"]["securitySchemes"];
    assert_eq!(schemes["access_cookie"]["name"], "__Host-access_token");
    assert_eq!(schemes["csrf_token"]["name"], "X-CSRFToken");
    let user = &spec.0["paths"]["/jwt-allauth/user/"];
    assert_eq!(user["get"]["security"], json!([{ "bearer": [] }, { "access_cookie": [] }]));
    assert_eq!(user["patch"]["security"], json!([{ "bearer": [] }, { "access_cookie": [], "csrf_token": [] }]));
}

#[tokio::test]
async fn an_answer_declares_its_language_where_a_reader_can_choose() {
    let languages = |spec: &Spec, path: &str, method: &str, status: &str| {
        let answer = &spec.0["paths"][format!("/jwt-allauth/{path}")][method]["responses"][status];
        assert!(answer.is_object(), "{path} {status}");
        answer["headers"].get("Content-Language").is_some()
    };
    let (_app, several) = start(Engine::Sqlite, |_| ()).await;
    assert!(languages(&several, "login/", "post", "401") && languages(&several, "user/", "patch", "400"));
    assert!(languages(&several, "password/reset/", "post", "200"), "its success is worded");
    assert!(!languages(&several, "user/", "get", "200"), "it has no words");
    let (_app, one) = start(Engine::Sqlite, |settings| settings.languages.offered.truncate(1)).await;
    assert!(!languages(&one, "login/", "post", "401"));
}

#[tokio::test]
async fn the_description_is_served_unless_it_is_turned_off() {
    for (docs, status) in [(Docs::Development, 200), (Docs::On, 200), (Docs::Off, 404)] {
        let app = TestApp::start_with(Engine::Sqlite, router, |settings| settings.http.docs = docs).await;
        for path in ["/openapi.json", "/docs/", "/docs", "/docs/page.css", "/docs/page.js"] {
            assert_eq!(app.client().get(path).await.status, status, "{path}: {docs:?}");
        }
    }
}

#[test]
fn production_keeps_the_description_to_itself_unless_it_is_asked_for() {
    for (docs, is_served) in [(Docs::Development, false), (Docs::Off, false), (Docs::On, true)] {
        let mut settings = Settings::load(Path::new("settings.toml"), "", &BTreeMap::new()).unwrap();
        settings.environment = Environment::Production;
        settings.http.docs = docs;
        assert_eq!(settings.serves_docs(), is_served, "{docs:?}");
    }
}

#[tokio::test]
async fn closed_sets_are_enums_and_what_is_always_sent_is_required() {
    let (_app, spec) = start(Engine::default(), |_| ()).await;
    let schemas = &spec.0["components"]["schemas"];
    let claims = &schemas["Claims"]["allOf"][1]["properties"];
    assert_eq!(claims["token_type"]["enum"], json!(["access"]), "{claims}");
    assert_eq!(claims["bind"]["$ref"], "#/components/schemas/Binding", "missing, never null: {claims}");
    let kind = schemas["Device"]["properties"]["kind"].to_string();
    assert!(kind.contains(r#""enum":["desktop","phone","tablet","bot""#), "{kind}");
    assert_eq!(schemas["Device"]["required"], json!(["browser", "os", "kind", "user_agent"]));
    assert!(schemas["Session"]["required"].as_array().unwrap().contains(&json!("ip")));
    let status = &schemas["Health"]["properties"]["status"]["enum"];
    assert_eq!(status, &json!(["ok", "stopping", "unavailable"]));
    let login = spec.operations().find(|operation| operation.name == "login").unwrap();
    assert_eq!(login.get("parameters")[0]["schema"]["enum"], json!(["token", "cookies"]));
}
