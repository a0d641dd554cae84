//! Every way that begins a session meets the second factor. A way that is added must be added here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use auth::http::Client as Caller;
use auth::sessions::Delivery;
use auth::users::{self, Email};
use auth::{Error, Result};
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::*;

auth::on_both_engines!(
    no_route_begins_a_session_that_is_unknown_here,
    each_way_of_an_enrolled_account_meets_the_second_factor,
    each_way_of_an_account_that_must_enrol_leads_to_the_setup,
    a_mailed_code_is_no_second_factor,
    a_passkey_is_two_factors_and_no_code_is_asked_for_after_it,
    a_hook_is_asked_once_and_before_the_second_factor,
);

/// By what the caller has not shown here yet. Each is tried below.
const FIRST_FACTOR: [&str; 9] = [
    "post /jwt-allauth/login/",
    "post /jwt-allauth/login/code/verify/",
    "post /jwt-allauth/password/reset/set-new/",
    "post /jwt-allauth/registration/",
    "post /jwt-allauth/registration/set-password/",
    "post /jwt-allauth/registration/verification/{key}/",
    "post /jwt-allauth/registration/verify-otp/",
    // Tried in `tests/social/linking.rs`.
    "post /jwt-allauth/social/{provider}/code/",
    "post /jwt-allauth/social/{provider}/token/",
];
/// Two factors in one.
const PASSKEY: [&str; 1] = ["post /jwt-allauth/login/passkey/"];
/// After a challenge.
const SECOND_FACTOR: [&str; 4] = [
    "post /jwt-allauth/mfa/activate/",
    "post /jwt-allauth/mfa/verify-passkey/",
    "post /jwt-allauth/mfa/verify-recovery/",
    "post /jwt-allauth/mfa/verify/",
];
/// Of a session that met the second factor when it began.
const WITHIN: [&str; 3] =
    ["post /jwt-allauth/password/change/", "post /jwt-allauth/reauthenticate/", "post /jwt-allauth/refresh/"];

/// The files that call what begins a session, beside the rooms `sessions` and `login`.
const CALLERS: [&str; 12] = [
    // The second half of a sign-in.
    "second_factor/enrolment.rs",
    "second_factor/sign_in.rs",
    // First halves, which `login` challenges.
    "portal/entering.rs",
    "email_verification/routes.rs",
    "invitations/routes.rs",
    "login_codes/redeem.rs",
    "password_reset/routes.rs",
    "registration/sign_up.rs",
    "social/sign_in.rs",
    // Two factors in one.
    "passkeys/sign_in.rs",
    // Within a session.
    "passwords/routes.rs",
    "login/door.rs",
];

async fn no_route_begins_a_session_that_is_unknown_here(engine: Engine) {
    let app = configured(engine, "").await;
    let api = app.client().get("/openapi.json").await.body;
    let mut found = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().into_iter().flatten();
            for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
                let schema = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
                let name = schema.rsplit('/').next().unwrap();
                if api["components"]["schemas"][name]["properties"].get("access").is_some() {
                    found.insert(format!("{method} {path}"));
                }
            }
        }
    }
    let known = FIRST_FACTOR.into_iter().chain(PASSKEY).chain(SECOND_FACTOR).chain(WITHIN).map(str::to_owned).collect();
    assert_eq!(found, known, "each route that answers with tokens has a place in this file");

    let called = [
        "login::complete(",
        "login::begin(",
        "login::answer(",
        "login::after(",
        "login::admit(",
        "sessions::start(",
        "Admitted::again(",
    ];
    let callers: BTreeSet<_> = sources()
        .into_iter()
        .filter(|(path, text)| {
            let inner = ["sessions/", "login/"].iter().any(|room| path.starts_with(room)) && path != "login/door.rs";
            let begins = called.iter().any(|call| text.contains(call)) || path == "login/door.rs";
            !inner && begins
        })
        .map(|(path, _)| path)
        .collect();
    assert_eq!(callers, CALLERS.map(str::to_owned).into(), "each file that begins sessions has a place in this file");
}

/// The sources of the crate, by their path below `src`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut directories, mut found) = (vec![root.clone()], Vec::new());
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inner = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((inner, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// The routes, and two of an application that proves users its own way.
fn with_callback(auth: Auth) -> Router {
    let callbacks = Router::new().route("/callback/{email}/", get(callback)).route("/join/{email}/", get(join));
    callbacks.merge(auth.router()).with_state(auth)
}

async fn callback(
    State(auth): State<Auth>,
    client: Caller,
    delivery: Delivery,
    Segment(email): Segment<String>,
) -> Result<Response> {
    let user = users::by_email(&auth, &email).await?.ok_or_else(Error::not_found)?;
    Ok(auth.sign_in(&user, &client, "example.com").await?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

async fn join(
    State(auth): State<Auth>,
    client: Caller,
    delivery: Delivery,
    Segment(email): Segment<String>,
) -> Result<Response> {
    let email = Email::parse(&email).ok_or_else(Error::not_found)?;
    let sign_in = auth.sign_up(&email, ("", ""), &client, "example.com").await?;
    Ok(sign_in.answer(&auth, delivery, StatusCode::CREATED, json!({})))
}

const EVERY_WAY: &str = "[invitations]\nenabled = true\n[login_codes]\ncreate_accounts = true\n[codes]\nresend_cooldown = \"0s\"\nmax_resends = 100\n\
    [email_verification]\nmode = \"optional\"\nmethod = \"both\"\nsession_on_verification = true\n";

/// A client that signed in with a mailed code; the address gets an account.
pub(super) async fn signed_in_by_code(app: &TestApp, email: &str) -> Client {
    let mut client = app.client();
    let reply = by_code(app, email).await;
    assert_signed_in(&reply);
    client.keep(reply);
    client
}

pub(super) async fn by_code(app: &TestApp, email: &str) -> Reply {
    app.deliver_mail().await;
    let asked = app.client().post("/jwt-allauth/login/code/", &json!({ "email": email })).await;
    assert_eq!(asked.status, 204, "{asked:?}");
    let code = app.mailbox().await.latest(email).code();
    app.client().post("/jwt-allauth/login/code/verify/", &json!({ "email": email, "code": code })).await
}

pub(super) async fn by_reset(app: &TestApp, email: &str) -> Reply {
    app.deliver_mail().await;
    app.client().post("/jwt-allauth/password/reset/", &json!({ "email": email })).await;
    let link = app.mailbox().await.latest(email).link();
    let mut browser = app.client();
    browser.visit(&link).await;
    let token = browser.cookies["csrftoken"].clone();
    let new = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    browser.with_header("x-csrftoken", &token).post("/jwt-allauth/password/reset/set-new/", &new).await
}

/// A mail that confirms the address.
async fn confirmation(app: &TestApp, email: &str) -> auth::testing::Received {
    app.deliver_mail().await;
    app.client().post("/jwt-allauth/registration/verification/resend/", &json!({ "email": email })).await;
    app.mailbox().await.latest(email)
}

async fn by_link(app: &TestApp, client: &Client, email: &str) -> Reply {
    let link = confirmation(app, email).await.link();
    client.post(&link, &json!({})).await
}

async fn by_verification_code(app: &TestApp, client: &Client, email: &str) -> Reply {
    let code = confirmation(app, email).await.code();
    client.post("/jwt-allauth/registration/verify-otp/", &json!({ "email": email, "otp": code })).await
}

async fn at_admin(app: &TestApp, email: &str) -> Reply {
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    let token = admin::token(&page);
    browser.submit("/admin/sign-in/", &[("csrf_token", &token), ("email", email), ("password", PASSWORD)]).await
}

/// Invited by Ada, who cannot have a session where she has no second factor; so by a settings file without that.
async fn by_invitation(app: &TestApp, email: &str) -> Reply {
    let relaxed = app.second_instance_with(router, |settings| settings.mfa.totp = auth::factors::Mode::Optional).await;
    let mut ada = relaxed.client();
    ada.login(ADA, PASSWORD).await;
    let body = json!({ "email": email, "role": 0 });
    assert_eq!(ada.post("/jwt-allauth/registration/user-register/", &body).await.status, 201);
    assert_eq!(ada.post("/jwt-allauth/logout/", &json!({})).await.status, 200);
    let mut browser = app.client();
    browser.visit(&app.mailbox().await.latest(email).link()).await;
    let token = browser.cookies["csrftoken"].clone();
    let new = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    browser.with_header("x-csrftoken", &token).post("/jwt-allauth/registration/set-password/", &new).await
}

async fn live(app: &TestApp) -> i64 {
    let count: (i64,) =
        auth::on!(app.auth.db(), pool => auth::sqlx::query_as("select count(*) from sessions where ended_at is null")
        .fetch_one(pool)
        .await)
        .unwrap();
    count.0
}

/// 200 with these members and no tokens.
#[track_caller]
fn assert_without_tokens(reply: &Reply, flag: &str, id: &str) {
    assert!(reply.status < 300 && reply.body[flag] == json!(true) && is_id(reply.text(id)), "{reply:?}");
    assert!(reply.body.get("access").is_none() && reply.body.get("refresh").is_none(), "{reply:?}");
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(
        !cookies.iter().any(|cookie| cookie.starts_with("refresh_token=") && !cookie.starts_with("refresh_token=;")),
        "{cookies:?}"
    );
}

async fn each_way_of_an_enrolled_account_meets_the_second_factor(engine: Engine) {
    let app = TestApp::configured(engine, with_callback, EVERY_WAY).await;
    let (ada, bob, cid) =
        (app.signed_in(ADA).await, app.signed_in("bob@example.com").await, app.signed_in("cid@example.com").await);
    for client in [&ada, &bob, &cid] {
        client.enrol(&app).await;
        app.deliver_mail().await;
    }
    app.set_role(ADA, 900).await;
    auth::on!(app.auth.db(), pool => auth::sqlx::query("update sessions set ended_at = created_at").execute(pool).await.map(drop))
        .unwrap();
    let due = |reply: &Reply| assert_without_tokens(reply, "mfa_required", "challenge_id");
    // In the browsers that signed up: the factors are known to be theirs.
    due(&by_link(&app, &ada, ADA).await);
    due(&by_link(&app, &bob, "bob@example.com").await);
    due(&by_verification_code(&app, &cid, "cid@example.com").await);
    due(&app.client().login(ADA, PASSWORD).await);
    due(&by_code(&app, ADA).await);
    due(&app.client().get("/callback/ada@example.com/").await);
    let reset = by_reset(&app, ADA).await;
    due(&reset);
    let id = reset.text("challenge_id");
    assert_eq!(reset.body, json!({ "detail": "Password reset.", "mfa_required": true, "challenge_id": id }));
    assert_eq!(live(&app).await, 0);
    let page = at_admin(&app, ADA).await;
    assert!(page.status == 200 && page.body.as_str().unwrap().contains("authenticator app"), "{page:?}");
    assert_eq!(live(&app).await, 0);
}

async fn each_way_of_an_account_that_must_enrol_leads_to_the_setup(engine: Engine) {
    let required = format!("{EVERY_WAY}[mfa]\ntotp = \"required\"");
    let app = TestApp::configured(engine, with_callback, &required).await;
    let due = |reply: &Reply| assert_without_tokens(reply, "mfa_setup_required", "setup_challenge_id");
    for email in [ADA, "bob@example.com", "cid@example.com"] {
        due(&app.client().register(email, PASSWORD).await);
        app.deliver_mail().await;
    }
    app.set_role(ADA, 900).await;
    due(&by_link(&app, &app.client(), "bob@example.com").await);
    due(&by_verification_code(&app, &app.client(), "cid@example.com").await);
    due(&app.client().login(ADA, PASSWORD).await);
    due(&by_code(&app, ADA).await);
    due(&by_code(&app, "new@example.com").await);
    due(&app.client().get("/callback/ada@example.com/").await);
    due(&app.client().get("/join/joined@example.com/").await);
    let reset = by_reset(&app, ADA).await;
    due(&reset);
    let id = reset.text("setup_challenge_id");
    assert_eq!(
        reset.body,
        json!({ "detail": "Password reset.", "mfa_setup_required": true, "setup_challenge_id": id })
    );
    due(&by_invitation(&app, "guest@example.com").await);
    let page = at_admin(&app, ADA).await;
    assert!(page.status == 200 && page.body.as_str().unwrap().contains("needs a second factor"), "{page:?}");
    assert_eq!(live(&app).await, 0);
}

async fn a_mailed_code_is_no_second_factor(engine: Engine) {
    let app = configured(engine, EVERY_WAY).await;
    let ada = signed_in_by_code(&app, ADA).await;
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.body["amr"], json!(["email"]));
    let authenticator = ada.enrol(&app).await;
    let reply = by_code(&app, ADA).await;
    assert_challenged(&reply);
    app.client().post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await;
    let code = app.mailbox().await.latest(ADA).code();
    assert_wrong(&verify(&app, reply.text("challenge_id"), &code).await);
    let reply = verify(&app, reply.text("challenge_id"), &authenticator.next_code(&app)).await;
    assert_signed_in(&reply);
    assert_eq!(claims(&app, &reply).await["amr"], json!(["email", "otp", "mfa"]));
}

async fn a_passkey_is_two_factors_and_no_code_is_asked_for_after_it(engine: Engine) {
    let optional = configured(engine, "").await;
    for (email, synced, expected) in [(ADA, false, "hwk"), ("bob@example.com", true, "swk")] {
        let member = optional.signed_in(email).await;
        let mut passkey = optional.authenticator();
        passkey.is_synced = synced;
        let added = member.add_passkey(&mut passkey).await;
        assert_eq!(added.status, 201, "{added:?}");
        let required =
            optional.second_instance_with(router, |settings| settings.mfa.totp = auth::factors::Mode::Required).await;
        let mut client = required.client();
        let reply = client.login_with_passkey(&mut passkey).await;
        assert_signed_in(&reply);
        assert_eq!(claims(&required, &reply).await["amr"], json!([expected, "user", "mfa"]), "no app is demanded");
        passkeys::challenged(&required.client().login(email, PASSWORD).await, &["passkey"]);

        client.enrol(&required).await;
        let reply = required.client().login_with_passkey(&mut passkey).await;
        assert_signed_in(&reply);
        assert_eq!(claims(&required, &reply).await["amr"], json!([expected, "user", "mfa"]));
        passkeys::challenged(&required.client().login(email, PASSWORD).await, &["totp", "recovery", "passkey"]);
    }
}

/// Wants a text message first.
struct TextMessages;

impl auth::Hooks for TextMessages {
    fn before_login<'h>(
        &'h self,
        _: &'h Auth,
        _: &'h users::User,
        signing_in: &'h auth::hooks::SigningIn<'h>,
    ) -> auth::hooks::Hook<'h, Result<auth::hooks::Admission>> {
        use auth::hooks::{Admission, Challenge, Proof};
        let is_met = signing_in.proof == Proof::Application("example.com");
        let challenge = Challenge::new(json!({ "message_sent": true }));
        Box::pin(async move { Ok(if is_met { Admission::Granted } else { Admission::Challenged(challenge) }) })
    }
}

async fn a_hook_is_asked_once_and_before_the_second_factor(engine: Engine) {
    let app = TestApp::configured(engine, with_callback, "").await;
    let ada = app.signed_in(ADA).await;
    let authenticator = ada.enrol(&app).await;
    let app = app.with_hooks(with_callback, TextMessages).await;
    assert_eq!(app.client().login(ADA, PASSWORD).await.body, json!({ "message_sent": true }));
    let reply = app.client().get("/callback/ada@example.com/").await;
    assert_without_tokens(&reply, "mfa_required", "challenge_id");
    let reply = verify(&app, reply.text("challenge_id"), &authenticator.next_code(&app)).await;
    assert_signed_in(&reply);
    assert_eq!(claims(&app, &reply).await["amr"], json!(["federated", "otp", "mfa"]));
}
