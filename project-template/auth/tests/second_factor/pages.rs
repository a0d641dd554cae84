//! The pages on which people set up and remove their authenticator app, for everybody and for staff.

use std::time::Duration;

use auth::users::role::STAFF;

use super::admin::{field, token};
use super::*;

auth::on_both_engines!(
    everybody_sets_up_an_app_in_the_browser_and_signs_in_with_it,
    the_pages_for_everybody_are_off_unless_the_settings_say_so,
    a_cookie_of_one_place_opens_nothing_in_the_other,
    a_reload_of_the_recovery_codes_says_where_to_get_others,
    other_recovery_codes_are_made_and_the_earlier_ones_are_void,
    the_app_is_removed_after_another_proof_and_other_sessions_end,
    what_the_role_demands_is_not_removed,
    a_change_is_refused_without_the_token_of_the_form,
    an_app_cannot_be_set_up_where_there_are_none,
    the_setup_of_a_sign_up_is_refused_whether_or_not_the_address_is_taken,
    somebody_whose_second_factor_is_a_passkey_is_told_so,
    somebody_whose_sign_in_begins_again_is_told_why,
);

const ON: &str = "[portal]\nenabled = true\n";
const ACCOUNT: &str = "/jwt-allauth/account/";
const OWN: [&str; 2] = [ACCOUNT, "/admin/me/"];

/// The secret that a page shows.
pub(super) fn secret(page: &Reply) -> String {
    between(page, "id=\"secret\">", "</code>").replace(' ', "")
}

pub(super) fn app_of(page: &Reply) -> AuthenticatorApp {
    AuthenticatorApp::of(&secret(page))
}

/// The recovery codes that a page shows.
pub(super) fn codes(page: &Reply) -> Vec<String> {
    let html = page.body.as_str().unwrap_or_default();
    html.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

fn between(page: &Reply, start: &str, end: &str) -> String {
    let html = page.body.as_str().unwrap_or_default();
    let (_, rest) = html.split_once(start).unwrap_or_else(|| panic!("no {start} in {page:?}"));
    rest.split(end).next().unwrap().to_owned()
}

fn html(page: &Reply) -> &str {
    page.body.as_str().unwrap_or_default()
}

/// A browser in which the password of a member was entered, and the answer.
async fn entered(app: &TestApp, base: &str, email: &str) -> (Client, Reply) {
    let mut browser = app.client();
    let page = browser.visit(&format!("{base}sign-in/")).await;
    let form = [("csrf_token", &*token(&page)), ("email", email), ("password", PASSWORD)];
    let reply = browser.submit(&format!("{base}sign-in/"), &form).await;
    (browser, reply)
}

/// A browser that is signed in to the page of its own ways to sign in.
async fn inside(app: &TestApp, own: &str, email: &str) -> Client {
    let base = own.trim_end_matches("me/");
    let (browser, reply) = entered(app, base, email).await;
    assert_eq!((reply.status, reply.header("location")), (303, base), "{reply:?}");
    browser
}

/// Posts a form of the page of one's own ways to sign in.
async fn post(browser: &mut Client, own: &str, rest: &str, fields: &[(&str, &str)]) -> Reply {
    let page = browser.visit(own).await;
    assert_eq!(page.status, 200, "{page:?}");
    let token = token(&page);
    let form: Vec<_> = [("csrf_token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.submit(&format!("{own}{rest}"), &form).await
}

/// Sets up an app on the pages; returns it with the recovery codes.
async fn enrol(app: &TestApp, browser: &mut Client, own: &str) -> AuthenticatorApp {
    let page = post(browser, own, "set-up/", &[]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let mut authenticator = app_of(&page);
    let done = post(browser, own, "set-up/code/", &[("code", &authenticator.code(app))]).await;
    assert_eq!((done.status, codes(&done).len()), (200, 10), "{done:?}");
    authenticator.recovery_codes = codes(&done);
    authenticator
}

async fn everybody_sets_up_an_app_in_the_browser_and_signs_in_with_it(engine: Engine) {
    for own in OWN {
        let app = configured(engine, ON).await;
        app.signed_in_as(ADA, STAFF).await;
        let mut browser = inside(&app, own, ADA).await;
        let page = browser.visit(own).await;
        assert!(html(&page).contains("Set up an app") && html(&page).contains(ADA), "{page:?}");
        let page = post(&mut browser, own, "set-up/", &[]).await;
        let authenticator = app_of(&page);
        assert!(html(&page).contains("src=\"data:image/svg+xml;base64,"), "{page:?}");
        assert_eq!(page.header("cache-control"), "no-store");
        let wrong = post(&mut browser, own, "set-up/code/", &[("code", &authenticator.wrong_code(&app))]).await;
        assert_eq!((wrong.status, secret(&wrong)), (400, secret(&page)), "the same secret again: {wrong:?}");
        let missing = post(&mut browser, own, "set-up/code/", &[]).await;
        assert_eq!(missing.status, 400, "{missing:?}");
        let done = post(&mut browser, own, "set-up/code/", &[("code", &authenticator.code(&app))]).await;
        assert_eq!((done.status, codes(&done).len(), done.header("cache-control")), (200, 10, "no-store"), "{done:?}");
        let page = browser.visit(own).await;
        assert!(html(&page).contains("10 recovery codes left"), "{page:?}");

        let base = own.trim_end_matches("me/");
        let (mut browser, page) = entered(&app, base, ADA).await;
        let form = [
            ("csrf_token", &*token(&page)),
            ("challenge", &*field(&page, "challenge")),
            ("code", &*authenticator.next_code(&app)),
        ];
        let reply = browser.submit(&format!("{base}sign-in/code/"), &form).await;
        assert_eq!((reply.status, reply.header("location")), (303, base), "{reply:?}");
        assert_eq!(browser.visit(own).await.status, 200);
        let out = post(&mut browser, own, "", &[]).await;
        assert_eq!(out.status, 405, "the page is no form: {out:?}");
        let token = token(&browser.visit(own).await);
        let out = browser.submit(&format!("{base}sign-out/"), &[("csrf_token", &*token)]).await;
        assert_eq!(out.header("location"), format!("{base}sign-in/"), "{out:?}");
        assert_eq!(browser.visit(own).await.header("location"), format!("{base}sign-in/"));
    }
}

async fn the_pages_for_everybody_are_off_unless_the_settings_say_so(engine: Engine) {
    let off = configured(engine, "").await;
    let on = configured(engine, ON).await;
    for path in ["", "sign-in/", "page.js"] {
        let path = format!("{ACCOUNT}{path}");
        assert_eq!(off.client().visit(&path).await.status, 404, "{path}");
        assert_ne!(on.client().visit(&path).await.status, 404, "{path}");
    }
    let script = on.client().visit(&format!("{ACCOUNT}page.js")).await;
    assert!(script.status == 200 && script.header("content-type").starts_with("text/javascript"), "{script:?}");
    let below = configured(engine, &format!("{ON}[http]\npublic_url = \"https://example.com/auth\"")).await;
    assert_eq!(below.client().visit(ACCOUNT).await.header("location"), "/auth/jwt-allauth/account/sign-in/");
}

async fn a_cookie_of_one_place_opens_nothing_in_the_other(engine: Engine) {
    let app = configured(engine, ON).await;
    app.signed_in_as(ADA, STAFF).await;
    for (own, name, other, other_name) in
        [(OWN[0], "account_session", OWN[1], "admin_session"), (OWN[1], "admin_session", OWN[0], "account_session")]
    {
        let browser = inside(&app, own, ADA).await;
        let mut forged = app.client();
        forged.cookies.insert(other_name.into(), browser.cookies[name].clone());
        assert_eq!(forged.visit(other).await.status, 303, "{other}");
    }
    app.signed_in("bob@example.com").await;
    let (_, refused) = entered(&app, "/admin/", "bob@example.com").await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(inside(&app, ACCOUNT, "bob@example.com").await.visit("/admin/").await.status, 303);
}

async fn other_recovery_codes_are_made_and_the_earlier_ones_are_void(engine: Engine) {
    let app = configured(engine, ON).await;
    app.signed_in(ADA).await;
    let mut browser = inside(&app, ACCOUNT, ADA).await;
    let authenticator = enrol(&app, &mut browser, ACCOUNT).await;
    app.advance(Duration::from_secs(301));
    let asked = post(&mut browser, ACCOUNT, "recovery-codes/", &[]).await;
    assert!(html(&asked).contains("Make other recovery codes") && codes(&asked).is_empty(), "{asked:?}");
    let wrong = post(&mut browser, ACCOUNT, "recovery-codes/", &[("password", "wrong")]).await;
    assert!(wrong.status == 403 && html(&wrong).contains("That is not your password."), "{wrong:?}");
    let done = post(&mut browser, ACCOUNT, "recovery-codes/", &[("password", PASSWORD)]).await;
    let fresh = codes(&done);
    assert_eq!((done.status, fresh.len()), (200, 10), "{done:?}");
    assert_ne!(fresh, authenticator.recovery_codes);
    let challenge = challenge(&app).await;
    assert_eq!(verify_recovery(&app, &challenge, &authenticator.recovery_codes[0]).await.status, 400);
    assert_eq!(verify_recovery(&app, &challenge, &fresh[0]).await.status, 200);
    assert!(html(&browser.visit(ACCOUNT).await).contains("9 recovery codes left."));
    for code in &fresh[1..9] {
        assert_eq!(verify_recovery(&app, &super::challenge(&app).await, code).await.status, 200);
    }
    assert!(html(&browser.visit(ACCOUNT).await).contains("1 recovery code left."));
}

async fn the_app_is_removed_after_another_proof_and_other_sessions_end(engine: Engine) {
    for own in OWN {
        let app = configured(engine, ON).await;
        let mut elsewhere = app.signed_in_as(ADA, STAFF).await;
        let mut browser = inside(&app, own, ADA).await;
        enrol(&app, &mut browser, own).await;
        app.advance(Duration::from_secs(301));
        let asked = post(&mut browser, own, "remove/", &[]).await;
        assert!(asked.status == 200 && html(&asked).contains("name=\"password\""), "{asked:?}");
        assert!(html(&browser.visit(own).await).contains("Remove the app"));
        let done = post(&mut browser, own, "remove/", &[("password", PASSWORD)]).await;
        assert_eq!((done.status, done.header("location")), (303, own), "{done:?}");
        let page = browser.visit(own).await;
        assert!(html(&page).contains("The authenticator app is removed.") && html(&page).contains("Set up an app"));
        assert!(!html(&browser.visit(own).await).contains("is removed."), "it is told once");
        assert_eq!(elsewhere.refresh().await.status, 401);
        assert!(app.mailbox().await.latest(ADA).subject.contains("authenticator app was removed"));
        assert!(app.audit_log().await.iter().any(|event| event.kind == "second_factor_removed"));
        let again = post(&mut browser, own, "remove/", &[]).await;
        assert!(again.status == 400 && html(&again).contains("TOTP not activated."), "{again:?}");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
    }
}

async fn what_the_role_demands_is_not_removed(engine: Engine) {
    let app = configured(engine, &format!("{ON}[mfa]\nrequired_roles = [900]")).await;
    app.signed_in(ADA).await;
    let mut browser = inside(&app, ACCOUNT, ADA).await;
    enrol(&app, &mut browser, ACCOUNT).await;
    app.set_role(ADA, STAFF).await;
    let page = browser.visit(ACCOUNT).await;
    assert!(html(&page).contains("cannot be removed here") && !html(&page).contains("Remove the app"), "{page:?}");
    let refused = post(&mut browser, ACCOUNT, "remove/", &[]).await;
    assert!(refused.status == 403 && html(&refused).contains("cannot be disabled"), "{refused:?}");
}

async fn a_change_is_refused_without_the_token_of_the_form(engine: Engine) {
    let app = configured(engine, ON).await;
    app.signed_in_as(ADA, STAFF).await;
    let mut other = inside(&app, "/admin/me/", ADA).await;
    let others = token(&other.visit("/admin/me/").await);
    let mut browser = inside(&app, ACCOUNT, ADA).await;
    for rest in ["set-up/", "set-up/code/", "remove/", "recovery-codes/", "passkeys/", "passkeys/new/", "sign-out/"] {
        for forged in ["", "x", &others] {
            let refused = browser.submit(&format!("{ACCOUNT}{rest}"), &[("csrf_token", forged)]).await;
            assert_eq!(refused.status, 403, "{rest} {forged}");
        }
        let outside = app.client().submit(&format!("{ACCOUNT}{rest}"), &[("csrf_token", &others)]).await;
        assert_eq!(outside.header("location"), format!("{ACCOUNT}sign-in/"), "{rest}");
    }
    let foreign = browser.clone().with_header("origin", "https://evil.example");
    let refused = post(&mut foreign.clone(), ACCOUNT, "set-up/", &[]).await;
    assert_eq!(refused.status, 403, "{refused:?}");
}

async fn an_app_cannot_be_set_up_where_there_are_none(engine: Engine) {
    let app = configured(engine, &format!("{ON}[mfa]\ntotp = \"disabled\"")).await;
    app.signed_in(ADA).await;
    let mut browser = inside(&app, ACCOUNT, ADA).await;
    assert!(!html(&browser.visit(ACCOUNT).await).contains("Authenticator app"));
    for rest in ["set-up/", "set-up/code/", "remove/", "recovery-codes/"] {
        let refused = post(&mut browser, ACCOUNT, rest, &[("code", "123456")]).await;
        assert!(refused.status == 403 && html(&refused).contains("MFA TOTP is disabled."), "{rest}: {refused:?}");
    }
}

async fn the_setup_of_a_sign_up_is_refused_whether_or_not_the_address_is_taken(engine: Engine) {
    let toml = format!("{ON}[mfa]\ntotp = \"required\"\n[email_verification]\nmode = \"mandatory\"");
    let app = configured(engine, &toml).await;
    app.client().register(ADA, PASSWORD).await;
    app.verify(ADA).await;
    let mut answers = Vec::new();
    for email in [ADA, "bob@example.com"] {
        let begun = app.client().register(email, PASSWORD).await;
        let challenge = begun.text("setup_challenge_id").to_owned();
        let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": challenge })).await;
        let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
        let mut browser = app.client();
        let page = browser.visit(&format!("{ACCOUNT}sign-in/")).await;
        let form = [("csrf_token", &*token(&page)), ("challenge", &*challenge), ("code", &*code)];
        let reply = browser.submit(&format!("{ACCOUNT}sign-in/set-up/"), &form).await;
        answers.push((reply.status, between(&reply, "role=\"alert\"", "</div>")));
    }
    assert_eq!(answers[0].0, 400, "{answers:?}");
    assert_eq!(answers[0], answers[1]);
}

async fn somebody_whose_second_factor_is_a_passkey_is_told_so(engine: Engine) {
    let app = configured(engine, "[mfa]\nrequired_roles = [900]").await;
    let ada = app.signed_in(ADA).await;
    let mut passkey = app.authenticator();
    assert_eq!(ada.add_passkey(&mut passkey).await.status, 201);
    app.set_role(ADA, STAFF).await;
    let (mut browser, reply) = entered(&app, "/admin/", ADA).await;
    assert_eq!(reply.status, 403, "{reply:?}");
    assert!(
        html(&reply).contains("second factor is its passkey") && html(&reply).contains("data-passkey"),
        "{reply:?}"
    );
    assert_eq!(browser.visit("/admin/").await.status, 303);
}

/// The page of one's own ways to sign in, which offers other recovery codes.
#[track_caller]
fn assert_shown_once(page: &Reply) {
    assert_eq!(page.status, 400, "{page:?}");
    assert!(between(page, "role=\"alert\"", "</div>").contains("recovery codes are shown once"), "{page:?}");
    assert!(html(page).contains("Make other recovery codes"), "{page:?}");
}

async fn a_reload_of_the_recovery_codes_says_where_to_get_others(engine: Engine) {
    let app = configured(engine, ON).await;
    app.signed_in_as(ADA, STAFF).await;
    for own in OWN {
        let mut browser = inside(&app, own, ADA).await;
        let page = post(&mut browser, own, "set-up/", &[]).await;
        let code = app_of(&page).code(&app);
        let form = [("csrf_token", &*token(&page)), ("code", &*code)];
        let path = format!("{own}set-up/code/");
        assert_eq!(codes(&browser.submit(&path, &form).await).len(), 10);
        assert_shown_once(&browser.submit(&path, &form).await);
        let removed = post(&mut browser, own, "remove/", &[]).await;
        assert_eq!(removed.status, 303, "{removed:?}");
    }
    app.signed_in_as("bob@example.com", STAFF).await;
    // At the sign-in, whose form is gone with it.
    let app = app.second_instance_with(router, |settings| settings.mfa.required_roles = vec![STAFF]).await;
    for (own, email) in OWN.into_iter().zip([ADA, "bob@example.com"]) {
        let base = own.trim_end_matches("me/");
        let (mut browser, page) = entered(&app, base, email).await;
        let challenge = between(&page, "name=\"challenge\" value=\"", "\"");
        let code = app_of(&page).code(&app);
        let form = [("csrf_token", &*token(&page)), ("challenge", &*challenge), ("code", &*code)];
        let path = format!("{base}sign-in/set-up/");
        assert_eq!(codes(&browser.submit(&path, &form).await).len(), 10);
        assert_shown_once(&browser.submit(&path, &form).await);
    }
}

async fn somebody_whose_sign_in_begins_again_is_told_why(engine: Engine) {
    let app = configured(engine, ON).await;
    let ada = app.signed_in(ADA).await;
    let authenticator = ada.enrol(&app).await;
    for last in ["Too many wrong codes. Please sign in again.", "No code is accepted for the next 15 minutes."] {
        let (mut browser, page) = entered(&app, ACCOUNT, ADA).await;
        let (token, challenge) = (token(&page), field(&page, "challenge"));
        let form = [("csrf_token", &*token), ("challenge", &*challenge), ("code", &*authenticator.wrong_code(&app))];
        for _ in 0..4 {
            let again = browser.submit(&format!("{ACCOUNT}sign-in/code/"), &form).await;
            assert!(html(&again).contains("Invalid code."), "{again:?}");
        }
        let over = browser.submit(&format!("{ACCOUNT}sign-in/code/"), &form).await;
        assert!(html(&over).contains(last) && html(&over).contains("name=\"password\""), "{over:?}");
    }
    let (_, locked) = entered(&app, ACCOUNT, ADA).await;
    assert!(html(&locked).contains("No code is accepted for the next 15 minutes."), "{locked:?}");
    app.advance(Duration::from_mins(15));
    let (mut browser, page) = entered(&app, ACCOUNT, ADA).await;
    let code = authenticator.next_code(&app);
    let form = [("csrf_token", &*token(&page)), ("challenge", &*field(&page, "challenge")), ("code", &*code)];
    app.advance(Duration::from_mins(5));
    let late = browser.submit(&format!("{ACCOUNT}sign-in/code/"), &form).await;
    assert!(html(&late).contains("This sign-in took too long, or was used already."), "{late:?}");
}
