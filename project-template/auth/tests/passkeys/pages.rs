//! Passkeys on the pages for everybody and for staff, as a browser's script posts them.

use std::time::Duration;

use auth::testing::PASSWORD;
use auth::users::role::{STAFF, SUPERUSER};

use super::*;

auth::on_both_engines!(
    a_passkey_is_added_renamed_and_removed_in_the_browser,
    a_passkey_opens_the_pages_of_its_owner_once,
    the_admin_pages_are_opened_by_passkeys_of_staff_only,
    an_account_without_a_password_proves_itself_with_its_passkey,
    a_passkey_of_somebody_else_proves_nothing,
    a_response_that_comes_too_late_or_malformed_adds_nothing,
    a_superuser_removes_the_passkey_of_whoever_lost_it,
    the_pages_offer_no_passkeys_where_there_are_none,
);

const ON: &str = "[portal]\nenabled = true\n";
const ACCOUNT: &str = "/jwt-allauth/account/";

fn html(page: &Reply) -> &str {
    page.body.as_str().unwrap_or_default()
}

/// The value of an attribute or a hidden field, by the text before it.
fn after(page: &Reply, start: &str) -> String {
    let (_, rest) = html(page).split_once(start).unwrap_or_else(|| panic!("no {start} in {page:?}"));
    rest.split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&").replace("&#x27;", "'")
}

fn token(page: &Reply) -> String {
    after(page, "name=\"csrf_token\" value=\"")
}

async fn sign_in(app: &TestApp, base: &str, email: &str) -> Client {
    let mut browser = app.client();
    let page = browser.visit(&format!("{base}sign-in/")).await;
    let form = [("csrf_token", &*token(&page)), ("email", email), ("password", PASSWORD)];
    let reply = browser.submit(&format!("{base}sign-in/"), &form).await;
    assert_eq!(reply.status, 303, "{reply:?}");
    browser
}

/// Signs in with a passkey, as the script does.
async fn with_key(app: &TestApp, base: &str, authenticator: &mut Authenticator) -> (Client, Reply) {
    let mut browser = app.client();
    let page = browser.visit(&format!("{base}sign-in/")).await;
    let signed = signed(app, authenticator).await;
    let (challenge, credential) = (signed["challenge_id"].as_str().unwrap(), signed["credential"].to_string());
    let form = [("csrf_token", &*token(&page)), ("challenge", challenge), ("credential", &*credential)];
    let reply = browser.submit(&format!("{base}sign-in/passkey/"), &form).await;
    (browser, reply)
}

async fn post(browser: &mut Client, own: &str, rest: &str, fields: &[(&str, &str)]) -> Reply {
    let page = browser.visit(own).await;
    assert_eq!(page.status, 200, "{page:?}");
    let token = token(&page);
    let form: Vec<_> = [("csrf_token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.submit(&format!("{own}{rest}"), &form).await
}

/// Adds a passkey on the pages.
async fn add(browser: &mut Client, own: &str, authenticator: &mut Authenticator, name: &str) -> Reply {
    let page = post(browser, own, "passkeys/", &[]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let options: Value = serde_json::from_str(&after(&page, "data-options=\"")).unwrap();
    let credential = authenticator.register(&options).to_string();
    let challenge = after(&page, "data-challenge-id=\"");
    post(browser, own, "passkeys/new/", &[("challenge", &challenge), ("credential", &credential), ("name", name)]).await
}

async fn a_passkey_is_added_renamed_and_removed_in_the_browser(engine: Engine) {
    for own in [ACCOUNT, "/admin/me/"] {
        let app = configured(engine, ON).await;
        let mut elsewhere = app.signed_in_as(ADA, STAFF).await;
        let mut browser = sign_in(&app, own.trim_end_matches("me/"), ADA).await;
        let mut passkey = app.authenticator();
        let done = add(&mut browser, own, &mut passkey, "Ada's \"desk\" <1>").await;
        assert_eq!((done.status, done.header("location")), (303, own), "{done:?}");
        let page = browser.visit(own).await;
        assert!(html(&page).contains("The passkey is added."), "{page:?}");
        assert!(html(&page).contains("<strong>Ada&#x27;s &quot;desk&quot; &lt;1&gt;</strong>"), "{page:?}");
        assert!(app.mailbox().await.latest(ADA).subject.contains("passkey was added"));
        assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 200);

        let id = elsewhere.get(PASSKEYS).await.body[0]["id"].as_str().unwrap().to_owned();
        let done = post(&mut browser, own, &format!("passkeys/{id}/rename/"), &[("name", " Phone ")]).await;
        assert_eq!(done.status, 303, "{done:?}");
        assert!(html(&browser.visit(own).await).contains("<strong>Phone</strong>"));
        for name in ["", " ", &"x".repeat(101)] {
            let refused = post(&mut browser, own, &format!("passkeys/{id}/rename/"), &[("name", name)]).await;
            assert!(refused.status == 400 && html(&refused).contains("Enter a name"), "{refused:?}");
        }
        for id in ["0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12", "x"] {
            let refused = post(&mut browser, own, &format!("passkeys/{id}/rename/"), &[("name", "Mine")]).await;
            assert_eq!(refused.status, 404, "{refused:?}");
            assert_eq!(post(&mut browser, own, &format!("passkeys/{id}/remove/"), &[]).await.status, 404);
        }

        app.advance(Duration::from_secs(301));
        let asked = post(&mut browser, own, &format!("passkeys/{id}/remove/"), &[]).await;
        assert!(html(&asked).contains("Remove the passkey “Phone”"), "{asked:?}");
        assert_eq!(elsewhere.get(PASSKEYS).await.body.as_array().unwrap().len(), 1, "not before the password");
        let done = post(&mut browser, own, &format!("passkeys/{id}/remove/"), &[("password", PASSWORD)]).await;
        assert_eq!(done.status, 303, "{done:?}");
        assert!(html(&browser.visit(own).await).contains("The passkey is removed."));
        assert_eq!(elsewhere.refresh().await.status, 401, "other sessions end");
        assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
    }
}

async fn a_passkey_opens_the_pages_of_its_owner_once(engine: Engine) {
    let app = configured(engine, ON).await;
    let (_, mut passkey) = with_passkey(&app, ADA).await;
    let (mut browser, reply) = with_key(&app, ACCOUNT, &mut passkey).await;
    assert_eq!((reply.status, reply.header("location")), (303, ACCOUNT), "{reply:?}");
    assert!(html(&browser.visit(ACCOUNT).await).contains(ADA));

    let signed = signed(&app, &mut passkey).await;
    let (challenge, credential) = (signed["challenge_id"].as_str().unwrap(), signed["credential"].to_string());
    for expected in [303, 401] {
        let mut browser = app.client();
        let page = browser.visit(&format!("{ACCOUNT}sign-in/")).await;
        let form = [("csrf_token", &*token(&page)), ("challenge", challenge), ("credential", &*credential)];
        let reply = browser.submit(&format!("{ACCOUNT}sign-in/passkey/"), &form).await;
        assert_eq!(reply.status, expected, "{reply:?}");
    }
    for credential in ["", "x", "[]", "{}", "null"] {
        let mut browser = app.client();
        let page = browser.visit(&format!("{ACCOUNT}sign-in/")).await;
        let form = [("csrf_token", &*token(&page)), ("challenge", challenge), ("credential", credential)];
        let reply = browser.submit(&format!("{ACCOUNT}sign-in/passkey/"), &form).await;
        assert!(reply.status == 401 && html(&reply).contains("cannot be used to sign in"), "{reply:?}");
        let form = [("csrf_token", "forged"), ("challenge", challenge), ("credential", credential)];
        assert_eq!(browser.submit(&format!("{ACCOUNT}sign-in/passkey/"), &form).await.status, 403);
    }
}

async fn the_admin_pages_are_opened_by_passkeys_of_staff_only(engine: Engine) {
    let app = configured(engine, "[mfa]\nrequired_roles = [900, 1000]").await;
    let (ada, mut passkey) = with_passkey(&app, ADA).await;
    let sessions = ada.get("/jwt-allauth/sessions/").await.body.as_array().unwrap().len();
    let (mut browser, refused) = with_key(&app, "/admin/", &mut passkey).await;
    assert!(refused.status == 401 && html(&refused).contains("cannot be used to sign in"), "{refused:?}");
    assert_eq!(browser.visit("/admin/").await.status, 303);
    assert_eq!(ada.get("/jwt-allauth/sessions/").await.body.as_array().unwrap().len(), sessions, "no session began");
    let log = app.audit_log().await;
    assert_eq!(log.last().unwrap().detail.as_deref(), Some("not_staff"));

    app.set_role(ADA, STAFF).await;
    let (mut browser, reply) = with_key(&app, "/admin/", &mut passkey).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/admin/"), "two factors in one: {reply:?}");
    assert_eq!(browser.visit("/admin/").await.status, 200);
}

/// Signs up by a mailed code, so that the account has no password.
async fn by_code(app: &TestApp, email: &str) -> Client {
    let asked = app.client().post("/jwt-allauth/login/code/", &json!({ "email": email })).await;
    assert_eq!(asked.status, 204, "{asked:?}");
    let code = app.mailbox().await.latest(email).code();
    let mut client = app.client();
    let reply = client.post("/jwt-allauth/login/code/verify/", &json!({ "email": email, "code": code })).await;
    assert_eq!(client.keep(reply).status, 200);
    client
}

async fn an_account_without_a_password_proves_itself_with_its_passkey(engine: Engine) {
    let app = configured(engine, &format!("{ON}[login_codes]\ncreate_accounts = true")).await;
    let ada = by_code(&app, ADA).await;
    let mut passkey = app.authenticator();
    assert_eq!(ada.add_passkey(&mut passkey).await.status, 201);
    let (mut browser, _) = with_key(&app, ACCOUNT, &mut passkey).await;
    app.advance(Duration::from_secs(301));
    let asked = post(&mut browser, ACCOUNT, "set-up/", &[]).await;
    assert!(html(&asked).contains("Use a passkey") && !html(&asked).contains("name=\"password\""), "{asked:?}");
    let signed = signed(&app, &mut passkey).await;
    let (challenge, credential) = (signed["challenge_id"].as_str().unwrap(), signed["credential"].to_string());
    let proof = [("proof_challenge", challenge), ("proof_credential", &*credential)];
    let done = post(&mut browser, ACCOUNT, "set-up/", &proof).await;
    assert!(html(&done).contains("id=\"secret\""), "{done:?}");
    assert!(app.audit_log().await.iter().any(|event| event.kind == "reauthenticated"));
    let again = post(&mut browser, ACCOUNT, "set-up/", &[]).await;
    assert!(html(&again).contains("id=\"secret\""), "it holds for five minutes: {again:?}");

    // With an app, a code proves it too; and the response of before proves nothing any more.
    let secret = after(&again, "id=\"secret\"").replace(' ', "");
    let secret = secret.trim_start_matches('>').split('<').next().unwrap();
    let authenticator = auth::testing::AuthenticatorApp::of(secret);
    assert_eq!(post(&mut browser, ACCOUNT, "set-up/code/", &[("code", &authenticator.code(&app))]).await.status, 200);
    app.advance(Duration::from_secs(301));
    let used = post(&mut browser, ACCOUNT, "recovery-codes/", &proof).await;
    assert!(used.status == 400 && html(&used).contains("Invalid passkey."), "{used:?}");
    let wrong = [("proof_code", &*authenticator.wrong_code(&app))];
    let wrong = post(&mut browser, ACCOUNT, "recovery-codes/", &wrong).await;
    assert!(wrong.status == 400 && html(&wrong).contains("Code of your authenticator app"), "{wrong:?}");
    let code = authenticator.code(&app);
    let done = post(&mut browser, ACCOUNT, "recovery-codes/", &[("proof_code", &code)]).await;
    assert!(done.status == 200 && html(&done).contains("<li><code>"), "{done:?}");
    app.advance(Duration::from_secs(301));
    let code = authenticator.code(&app);
    assert_eq!(post(&mut browser, ACCOUNT, "remove/", &[("proof_code", &code)]).await.status, 303);
}

async fn a_passkey_of_somebody_else_proves_nothing(engine: Engine) {
    let app = configured(engine, ON).await;
    let (_, mut of_grace) = with_passkey(&app, GRACE).await;
    let (_, mut of_ada) = with_passkey(&app, ADA).await;
    let (mut browser, _) = with_key(&app, ACCOUNT, &mut of_ada).await;
    app.advance(Duration::from_secs(301));
    let signed = signed(&app, &mut of_grace).await;
    let (challenge, credential) = (signed["challenge_id"].as_str().unwrap(), signed["credential"].to_string());
    let proof = [("proof_challenge", challenge), ("proof_credential", &*credential)];
    let refused = post(&mut browser, ACCOUNT, "set-up/", &proof).await;
    assert!(refused.status == 400 && !html(&refused).contains("id=\"secret\""), "{refused:?}");
}

async fn a_response_that_comes_too_late_or_malformed_adds_nothing(engine: Engine) {
    let app = configured(engine, ON).await;
    let ada = app.signed_in(ADA).await;
    let mut browser = sign_in(&app, ACCOUNT, ADA).await;
    for credential in ["", "x", "[]", "{}"] {
        let page = post(&mut browser, ACCOUNT, "passkeys/", &[]).await;
        let challenge = after(&page, "data-challenge-id=\"");
        let form = [("challenge", &*challenge), ("credential", credential)];
        let refused = post(&mut browser, ACCOUNT, "passkeys/new/", &form).await;
        assert!(refused.status == 400 && html(&refused).contains("This passkey cannot be added."), "{refused:?}");
    }
    let page = post(&mut browser, ACCOUNT, "passkeys/", &[]).await;
    let options: Value = serde_json::from_str(&after(&page, "data-options=\"")).unwrap();
    let credential = app.authenticator().register(&options).to_string();
    let challenge = after(&page, "data-challenge-id=\"");
    app.advance(Duration::from_secs(301));
    let form = [("challenge", &*challenge), ("credential", &*credential)];
    let late = post(&mut browser, ACCOUNT, "passkeys/new/", &form).await;
    assert_eq!(late.status, 403, "{late:?}");
    let mut ada = ada;
    ada.login(ADA, PASSWORD).await;
    assert_eq!(ada.get(PASSKEYS).await.body, json!([]));
}

async fn a_superuser_removes_the_passkey_of_whoever_lost_it(engine: Engine) {
    let app = configured(engine, "").await;
    let (mut ada, mut passkey) = with_passkey(&app, ADA).await;
    app.signed_in_as("boss@example.com", SUPERUSER).await;
    app.signed_in_as("helper@example.com", STAFF).await;
    let user = app.user(ADA).await.id;
    let (page, act) = (format!("/admin/users/{user}/"), format!("/admin/users/{user}/remove-passkey/"));
    let id = ada.get(PASSKEYS).await.body[0]["id"].as_str().unwrap().to_owned();

    let mut helper = sign_in(&app, "/admin/", "helper@example.com").await;
    let seen = helper.visit(&page).await;
    assert!(html(&seen).contains("one device") && !html(&seen).contains("remove-passkey"), "{seen:?}");
    let forged = token(&helper.visit("/admin/upkeep/").await);
    let refused = helper.submit(&act, &[("csrf_token", &*forged), ("passkey", &*id)]).await;
    assert_eq!(refused.status, 403, "{refused:?}");

    let mut boss = sign_in(&app, "/admin/", "boss@example.com").await;
    app.advance(Duration::from_secs(301));
    let seen = boss.visit(&page).await;
    let form = [("csrf_token", &*token(&seen)), ("passkey", &*id)];
    let asked = boss.submit(&act, &form).await;
    assert!(html(&asked).contains("Remove a passkey of ada@example.com"), "{asked:?}");
    assert!(html(&asked).contains(&format!("name=\"passkey\" value=\"{id}\"")), "{asked:?}");
    let done = boss.submit(&act, &[form[0], form[1], ("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{done:?}");
    assert!(html(&boss.visit(&page).await).contains("The passkey is removed, and all sessions have ended."));
    assert_eq!(ada.refresh().await.status, 401);
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
    assert!(app.mailbox().await.latest(ADA).subject.contains("passkey was removed"));
    let log = app.audit_log().await;
    let removed = log.iter().find(|event| event.kind == "passkey_removed").unwrap();
    assert_eq!((removed.user_id, removed.actor_id.is_some()), (Some(user), true));
    for gone in [id.as_str(), "x", ""] {
        let again = boss.submit(&act, &[form[0], ("passkey", gone)]).await;
        assert_eq!(again.status, 409, "{again:?}");
    }
}

async fn the_pages_offer_no_passkeys_where_there_are_none(engine: Engine) {
    for toml in ["[passkeys]\nenabled = false", "[http]\npublic_url = \"https://192.0.2.1\""] {
        let app = configured(engine, &format!("{ON}{toml}")).await;
        app.signed_in(ADA).await;
        let page = app.client().visit(&format!("{ACCOUNT}sign-in/")).await;
        assert!(page.status == 200 && !html(&page).contains("data-passkey"), "{page:?}");
        let mut browser = sign_in(&app, ACCOUNT, ADA).await;
        assert!(!html(&browser.visit(ACCOUNT).await).contains("Passkeys"));
        assert_eq!(post(&mut browser, ACCOUNT, "passkeys/", &[]).await.status, 404);
        assert_eq!(post(&mut browser, ACCOUNT, "passkeys/new/", &[]).await.status, 404);
    }
}
