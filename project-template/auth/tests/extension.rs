//! What an application adds: roles as arguments, claims, hooks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use auth::hooks::{Admission, Asked, Hook, Hooks, SigningIn};
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use auth::users::{User, role};
use auth::{Auth, Error, Result, Role, Staff, Superuser, on};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

auth::on_both_engines!(
    a_route_for_a_role_is_open_from_that_role_on,
    a_role_that_was_given_or_taken_counts_from_the_next_refresh,
    claims_of_the_settings_follow_the_account,
    a_token_stays_usable_however_much_is_put_into_it,
    hooks_add_claims_from_the_database_at_every_refresh,
    a_hook_refuses_a_sign_in_with_an_answer_of_its_own,
    a_hook_hears_of_every_new_account,
    a_sign_up_that_a_hook_refuses_makes_no_account,
    a_hook_refuses_what_strangers_ask_for_before_anything_is_done,
    a_hook_hears_of_a_deletion,
    a_test_has_users_of_every_role_where_addresses_are_verified_too,
);

const EDITOR: i64 = 300;

fn router(auth: Auth) -> Router {
    Router::new()
        .route("/editor/", get(|user: Role<EDITOR>| async move { user.id().to_string() }))
        .route("/staff/", get(|user: Staff| async move { user.id().to_string() }))
        .route("/superuser/", get(|_: Superuser| async {}))
        .merge(auth.router())
        .with_state(auth)
}

async fn claims(client: &Client) -> Value {
    client.get("/jwt-allauth/token/claims/").await.body
}

async fn statuses(client: &Client) -> [u16; 3] {
    let mut statuses = [0; 3];
    for (status, path) in statuses.iter_mut().zip(["/editor/", "/staff/", "/superuser/"]) {
        *status = client.get(path).await.status;
    }
    statuses
}

async fn a_route_for_a_role_is_open_from_that_role_on(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    assert_eq!(statuses(&app.client()).await, [401, 401, 401]);
    let mut client = app.signed_in("ada@example.com").await;
    for (role, expected) in [
        (0, [403, 403, 403]),
        (299, [403, 403, 403]),
        (300, [200, 403, 403]),
        (900, [200, 200, 403]),
        (1000, [200, 200, 200]),
        (i64::MIN, [403, 403, 403]),
    ] {
        app.set_role("ada@example.com", role).await;
        assert_eq!(client.refresh().await.status, 200);
        assert_eq!(statuses(&client).await, expected, "{role}");
    }
    let reply = client.get("/staff/").await;
    let expected =
        json!({ "detail": "You do not have permission to perform this action.", "code": "permission_denied" });
    assert_eq!(reply.body, expected);
}

async fn a_role_that_was_given_or_taken_counts_from_the_next_refresh(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut client = app.signed_in("ada@example.com").await;
    app.set_role("ada@example.com", 900).await;
    assert_eq!(client.get("/staff/").await.status, 403, "the token still says what it said");
    client.refresh().await;
    assert_eq!(client.get("/staff/").await.status, 200);
    app.set_role("ada@example.com", 0).await;
    client.refresh().await;
    assert_eq!(client.get("/staff/").await.status, 403);
}

async fn a_test_has_users_of_every_role_where_addresses_are_verified_too(engine: Engine) {
    for mode in ["none", "optional", "mandatory"] {
        let app = TestApp::configured(engine, router, &format!("[email_verification]\nmode = \"{mode}\"")).await;
        for (name, role, expected) in [
            ("ada", 0, [403, 403, 403]),
            ("bob", EDITOR, [200, 403, 403]),
            ("eve", role::STAFF, [200, 200, 403]),
            ("joe", role::SUPERUSER, [200, 200, 200]),
        ] {
            let address = format!("{name}@example.com");
            let mut client = app.signed_in_as(&address, role).await;
            assert_eq!(statuses(&client).await, expected, "{mode} {name}");
            app.verify(&address).await;
            client.refresh().await;
            assert_eq!(claims(&client).await["email_verified"], true);
            assert_eq!(app.user(&address).await.role, role);
        }
    }
}

async fn claims_of_the_settings_follow_the_account(engine: Engine) {
    let toml =
        "mail = \"user.email\"\nname = \"user.first_name\"\nsince = \"user.created_at\"\nplan = \"free\"\nlevel = 3";
    let app = TestApp::start_with(engine, router, |settings| settings.claims = parsed(toml)).await;
    let mut client = app.signed_in("ada@example.com").await;
    let said = claims(&client).await;
    assert_eq!(said["mail"], "ada@example.com");
    assert_eq!(said["name"], "");
    assert_eq!(said["since"], 1_800_000_000);
    assert_eq!(said["plan"], "free");
    assert_eq!(said["level"], 3);

    client.patch("/jwt-allauth/user/", &json!({ "first_name": "Ada" })).await;
    assert_eq!(claims(&client).await["name"], "");
    client.refresh().await;
    assert_eq!(claims(&client).await["name"], "Ada");
}

fn parsed(toml: &str) -> auth::sessions::ExtraClaims {
    let text = format!("[tokens.claims]\n{toml}");
    let settings = auth::Settings::load(std::path::Path::new("the test"), &text, &std::collections::BTreeMap::new());
    settings.expect("valid settings").claims
}

async fn a_token_stays_usable_however_much_is_put_into_it(engine: Engine) {
    let toml = "mail = \"user.email\"\nfirst = \"user.first_name\"\nlast = \"user.last_name\"";
    let app = TestApp::start_with(engine, router, |settings| {
        settings.claims = parsed(toml);
        settings.tokens.encryption_keys = vec!["k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY".into()];
    })
    .await
    .with_hooks(router, Greedy)
    .await;
    let mut client = app.signed_in(&format!("{}@example.com", "a".repeat(64))).await;
    let long = "\u{1f980}".repeat(150);
    client.patch("/jwt-allauth/user/", &json!({ "first_name": long, "last_name": long })).await;
    assert_eq!(client.refresh().await.status, 200);
    assert!(client.access.len() <= 4_096 && client.refresh.len() <= 4_096);
    let said = claims(&client).await;
    assert_eq!(said["first"], long);
    assert_eq!(said["last"], Value::Null, "it does not fit beside the others");
    assert_eq!(said["role"], 0, "a hook cannot give roles");
    assert_eq!(said["mail"].as_str().map(str::len), Some(76), "nor replace what the settings say");
    assert_eq!(said["small"], true);
    assert_eq!(client.refresh().await.status, 200);
}

/// Wants more than there is.
struct Greedy;

impl Hooks for Greedy {
    fn extra_claims<'h>(&'h self, _: &'h Auth, _: &'h User) -> Hook<'h, Result<Map<String, Value>>> {
        let claims = json!({ "role": 1000, "mail": "x", "large": "x".repeat(2_000), "a b": 1, "small": true });
        Box::pin(async move { Ok(claims.as_object().cloned().unwrap_or_default()) })
    }
}

/// Says how many accounts there are, in the claims; lets nobody in whose name is Eve; remembers who signed up.
#[derive(Clone, Default)]
struct Company {
    asked: Arc<AtomicUsize>,
    welcomed: Arc<Mutex<Vec<String>>>,
    welcome: Arc<Notify>,
}

impl Hooks for Company {
    fn extra_claims<'h>(&'h self, auth: &'h Auth, _: &'h User) -> Hook<'h, Result<Map<String, Value>>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let (count,): (i64,) =
                on!(auth.db(), pool => sqlx::query_as("select count(*) from users").fetch_one(pool).await?);
            Ok([("accounts".to_owned(), json!(count))].into_iter().collect())
        })
    }

    fn before_login<'h>(&'h self, _: &'h Auth, user: &'h User, _: &'h SigningIn<'h>) -> Hook<'h, Result<Admission>> {
        Box::pin(async move {
            if user.email.key().starts_with("eve@") {
                let refused = Error::refused(StatusCode::FORBIDDEN, "Not you.", "not_you");
                return Err(refused.with("write_to", "help@example.com"));
            }
            Ok(Admission::Granted)
        })
    }

    fn after_registration<'h>(&'h self, _: &'h Auth, user: &'h User) -> Hook<'h, ()> {
        Box::pin(async move {
            self.welcomed.lock().expect("nobody panics").push(user.email.to_string());
            self.welcome.notify_one();
        })
    }
}

async fn hooks_add_claims_from_the_database_at_every_refresh(engine: Engine) {
    let company = Company::default();
    let app = TestApp::start(engine, router).await.with_hooks(router, company.clone()).await;
    let mut client = app.signed_in("ada@example.com").await;
    assert_eq!(claims(&client).await["accounts"], 0, "the account is made with its session, and so after the question");
    app.signed_in("bob@example.com").await;
    client.refresh().await;
    assert_eq!(claims(&client).await["accounts"], 2);
    let change =
        json!({ "old_password": PASSWORD, "new_password1": "another good one", "new_password2": "another good one" });
    let reply = client.post("/jwt-allauth/password/change/", &change).await;
    client.keep(reply);
    assert_eq!(claims(&client).await["accounts"], 2);
    assert_eq!(company.asked.load(Ordering::SeqCst), 4);
}

async fn a_hook_refuses_a_sign_in_with_an_answer_of_its_own(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in("eve@example.com").await;
    let app = app.with_hooks(router, Company::default()).await;
    let refused = app.client().login("eve@example.com", PASSWORD).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body, json!({ "detail": "Not you.", "code": "not_you", "write_to": "help@example.com" }));
    assert_eq!(
        app.client().login("eve@example.com", "wrong").await.status,
        401,
        "only whoever knows the password is told"
    );
}

async fn a_hook_hears_of_every_new_account(engine: Engine) {
    for (mode, taken) in [("none", 400), ("optional", 400), ("mandatory", 201)] {
        let company = Company::default();
        let app = TestApp::configured(engine, router, &format!("[email_verification]\nmode = \"{mode}\"")).await;
        let app = app.with_hooks(router, company.clone()).await;
        for (email, status) in [("ada@example.com", 201), ("Ada@example.com", taken), ("bob@example.com", 201)] {
            assert_eq!(app.client().register(email, PASSWORD).await.status, status, "{mode} {email}");
        }
        let welcomed = || company.welcomed.lock().expect("nobody panics").clone();
        while !welcomed().contains(&"bob@example.com".to_owned()) {
            company.welcome.notified().await;
        }
        assert_eq!(welcomed(), ["ada@example.com", "bob@example.com"], "{mode}");
    }
}

async fn a_sign_up_that_a_hook_refuses_makes_no_account(engine: Engine) {
    const EVE: &str = "eve@example.com";
    for mode in ["none", "optional"] {
        let toml = format!("login_codes.create_accounts = true\n[email_verification]\nmode = \"{mode}\"");
        let app = TestApp::configured(engine, router, &toml).await;
        let company = Company::default();
        let hooked = app.with_hooks(router, company.clone()).await;
        let refused = hooked.client().register(EVE, PASSWORD).await;
        assert_eq!((refused.status, refused.text("code")), (403, "not_you"), "{mode}");
        assert!(auth::users::by_email(&app.auth, EVE).await.expect("a database").is_none(), "{mode}");

        assert_eq!(app.client().post("/jwt-allauth/login/code/", &json!({ "email": EVE })).await.status, 204);
        let code = app.mailbox().await.latest(EVE).code();
        let shown = json!({ "email": EVE, "code": code });
        let refused = hooked.client().post("/jwt-allauth/login/code/verify/", &shown).await;
        assert_eq!((refused.status, refused.text("code")), (403, "not_you"), "{mode}");
        assert!(auth::users::by_email(&app.auth, EVE).await.expect("a database").is_none(), "{mode}");
        assert_eq!(app.mailbox().await.to(EVE).len(), 1, "nothing asks to verify an address of nobody");

        assert_eq!(app.client().register(EVE, PASSWORD).await.status, 201, "{mode}: the address is free");
        assert!(company.welcomed.lock().expect("nobody panics").is_empty());
    }
}

/// Wants a captcha, and keeps who is gone.
#[derive(Clone, Default)]
struct Porter {
    gone: Arc<Mutex<Vec<String>>>,
    left: Arc<Notify>,
}

impl Hooks for Porter {
    fn before_request<'h>(&'h self, _: &'h Auth, asked: &'h Asked<'h>) -> Hook<'h, Result<()>> {
        Box::pin(async move {
            if asked.fields.typed("captcha") == Some("solved") {
                return Ok(());
            }
            Err(Error::refused(StatusCode::BAD_REQUEST, format!("{:?}", asked.asking), "captcha_not_solved"))
        })
    }

    fn after_deletion<'h>(&'h self, _: &'h Auth, user: &'h User) -> Hook<'h, ()> {
        Box::pin(async move {
            self.gone.lock().expect("nobody panics").push(user.email.to_string());
            self.left.notify_one();
        })
    }
}

async fn a_hook_refuses_what_strangers_ask_for_before_anything_is_done(engine: Engine) {
    let toml = "[email_verification]\nmode = \"mandatory\"";
    let app = TestApp::configured(engine, router, toml).await;
    app.signed_in("ada@example.com").await;
    let (sent, hashed) = (app.mailbox().await.to("ada@example.com").len(), app.password_hashes());
    let hooked = app.with_hooks(router, Porter::default()).await;
    for (path, asking) in [
        ("registration/", "SignUp"),
        ("password/reset/", "PasswordReset"),
        ("login/code/", "LoginCode"),
        ("registration/verification/resend/", "Verification"),
    ] {
        let mut body = json!({ "email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD });
        let path = format!("/jwt-allauth/{path}");
        let reply = hooked.client().post(&path, &body).await;
        assert_eq!(
            (reply.status, reply.text("detail"), reply.text("code")),
            (400, asking, "captcha_not_solved"),
            "{path}"
        );
        assert_eq!((app.mailbox().await.to("ada@example.com").len(), app.password_hashes()), (sent, hashed), "{path}");
        body["email"] = json!(format!("{asking}@example.com"));
        body["captcha"] = json!("solved");
        assert!(hooked.client().post(&path, &body).await.status < 300, "{path}");
        let incomplete = hooked.client().post(&path, &json!({ "email": "no address" })).await;
        assert!(!incomplete.body["email"].is_null(), "what is wrong anyway is said first: {incomplete:?}");
    }
}

async fn a_hook_hears_of_a_deletion(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let porter = Porter::default();
    let ada = app.signed_in("ada@example.com").await;
    let hooked = app.with_hooks(router, porter.clone()).await;
    let client = hooked.client().holding(&ada.access, &ada.refresh);
    assert_eq!(client.delete("/jwt-allauth/user/", Some(&json!({ "password": "a wrong one" }))).await.status, 400);
    assert_eq!(client.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
    porter.left.notified().await;
    assert_eq!(*porter.gone.lock().expect("nobody panics"), ["ada@example.com"]);
}
