//! The admin pages: the code at their sign-in, and a factor that staff remove for somebody who has lost it.

use auth::users::role::{STAFF, SUPERUSER};

use super::*;

auth::on_both_engines!(
    staff_enter_a_code_after_their_password,
    a_recovery_code_opens_the_pages_too,
    guesses_at_the_pages_count_and_end_the_sign_in,
    the_form_must_come_from_the_page_and_the_account_must_be_staff,
    where_staff_must_have_one_they_set_it_up_at_the_sign_in,
    a_setup_of_the_sign_in_is_used_once_and_for_its_place_only,
    a_superuser_removes_the_factor_of_whoever_lost_it,
);

pub(super) fn token(page: &Reply) -> String {
    field(page, "csrf_token")
}

/// The value of a hidden field.
pub(super) fn field(page: &Reply, name: &str) -> String {
    let html = page.body.as_str().unwrap_or_default();
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = html.split_once(&start).unwrap_or_else(|| panic!("no field {name} in {page:?}"));
    rest.split('"').next().unwrap().to_owned()
}

/// A browser after the password, and the page that asks for the code.
pub(super) async fn after_the_password(app: &TestApp, email: &str) -> (Client, Reply) {
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    let form = [("csrf_token", &*token(&page)), ("email", email), ("password", PASSWORD)];
    let page = browser.submit("/admin/sign-in/", &form).await;
    (browser, page)
}

pub(super) async fn enter(browser: &mut Client, page: &Reply, code: &str) -> Reply {
    let (token, challenge) = (token(page), field(page, "challenge"));
    let form = [("csrf_token", token.as_str()), ("challenge", challenge.as_str()), ("code", code)];
    browser.submit("/admin/sign-in/code/", &form).await
}

#[track_caller]
fn assert_inside(reply: &Reply) {
    assert_eq!((reply.status, reply.header("location")), (303, "/admin/"), "{reply:?}");
}

async fn a_member(engine: Engine, toml: &str, role: i64) -> (TestApp, Client, AuthenticatorApp) {
    let app = configured(engine, toml).await;
    let ada = app.signed_in_as(ADA, role).await;
    let authenticator = ada.enrol(&app).await;
    (app, ada, authenticator)
}

async fn staff_enter_a_code_after_their_password(engine: Engine) {
    let (app, _, authenticator) = a_member(engine, "", STAFF).await;
    let (mut browser, page) = after_the_password(&app, ADA).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(browser.visit("/admin/").await.status, 303, "the password alone opens nothing");
    let again = enter(&mut browser, &page, &authenticator.wrong_code(&app)).await;
    assert!(again.status == 400 && again.body.as_str().unwrap().contains("Invalid code."), "{again:?}");
    let code = authenticator.next_code(&app);
    assert_inside(&enter(&mut browser, &again, &format!("{} {}", &code[..3], &code[3..])).await);
    assert_eq!(browser.visit("/admin/").await.status, 200);
    let log = app.audit_log().await;
    assert!(log.iter().any(|event| event.kind == "sign_in" && event.detail.as_deref() == Some("admin")));
}

async fn a_recovery_code_opens_the_pages_too(engine: Engine) {
    let (app, _, authenticator) = a_member(engine, "", STAFF).await;
    let (mut browser, page) = after_the_password(&app, ADA).await;
    assert_inside(&enter(&mut browser, &page, &authenticator.recovery_codes[0]).await);
    let (mut browser, page) = after_the_password(&app, ADA).await;
    let again = enter(&mut browser, &page, &authenticator.recovery_codes[0]).await;
    assert!(again.status == 400 && again.body.as_str().unwrap().contains("Invalid recovery code."), "{again:?}");
}

async fn guesses_at_the_pages_count_and_end_the_sign_in(engine: Engine) {
    let (app, _, authenticator) = a_member(engine, "", STAFF).await;
    for round in 0..2 {
        let (mut browser, page) = after_the_password(&app, ADA).await;
        for _ in 0..4 {
            assert_eq!(enter(&mut browser, &page, &authenticator.wrong_code(&app)).await.status, 400);
        }
        let last = enter(&mut browser, &page, &authenticator.wrong_code(&app)).await;
        let (status, words) = if round == 0 { (400, "Please sign in again.") } else { (429, "No code is accepted") };
        assert!(last.status == status && last.body.as_str().unwrap().contains(words), "{last:?}");
        assert!(last.body.as_str().unwrap().contains("name=\"password\""), "it begins again: {last:?}");
        let over = enter(&mut browser, &page, &authenticator.next_code(&app)).await;
        assert_ne!(over.status, 303, "{over:?}");
    }
    let (_, page) = after_the_password(&app, ADA).await;
    assert_eq!(page.status, 429, "{page:?}");
    assert!(!page.header("retry-after").is_empty());
}

async fn the_form_must_come_from_the_page_and_the_account_must_be_staff(engine: Engine) {
    let (app, _, authenticator) = a_member(engine, "", STAFF).await;
    let (mut browser, page) = after_the_password(&app, ADA).await;
    let challenge = field(&page, "challenge");
    let code = authenticator.next_code(&app);
    let form = [("csrf_token", "forged"), ("challenge", &*challenge), ("code", &*code)];
    assert_eq!(browser.submit("/admin/sign-in/code/", &form).await.status, 403);
    let mut elsewhere = app.client();
    assert_eq!(
        elsewhere
            .submit(
                "/admin/sign-in/code/",
                &[("csrf_token", &*token(&page)), ("challenge", &*challenge), ("code", &*code)]
            )
            .await
            .status,
        403
    );
    assert_inside(&enter(&mut browser, &page, &code).await);

    let bob = app.signed_in("bob@example.com").await;
    let of_bob = bob.enrol(&app).await;
    let challenge = app.client().login("bob@example.com", PASSWORD).await.text("challenge_id").to_owned();
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    let form = [("csrf_token", &*token(&page)), ("challenge", &*challenge), ("code", &*of_bob.next_code(&app))];
    let refused = browser.submit("/admin/sign-in/code/", &form).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_signed_in(&verify(&app, &challenge, &of_bob.code(&app)).await);
}

async fn where_staff_must_have_one_they_set_it_up_at_the_sign_in(engine: Engine) {
    let app = configured(engine, "").await;
    app.signed_in_as(ADA, STAFF).await;
    let (mut browser, reply) = after_the_password(&app, ADA).await;
    assert_inside(&reply);
    let app = app.second_instance_with(router, |settings| settings.mfa.required_roles = vec![STAFF, SUPERUSER]).await;
    let mut there = app.client();
    there.cookies = browser.cookies.clone();
    assert_eq!(there.visit("/admin/").await.header("location"), "/admin/sign-in/", "a session from before");
    assert_eq!(browser.visit("/admin/").await.status, 200);

    let (mut there, page) = after_the_password(&app, ADA).await;
    assert_eq!(page.status, 200, "{page:?}");
    let authenticator = pages::app_of(&page);
    assert_outside(&mut there).await;
    let again = set_up(&mut there, &page, &authenticator.wrong_code(&app)).await;
    assert_eq!((again.status, pages::secret(&again)), (400, pages::secret(&page)), "{again:?}");
    let code = authenticator.code(&app);
    let done = set_up(&mut there, &again, &format!("{} {}", &code[..3], &code[3..])).await;
    let codes = pages::codes(&done);
    assert_eq!((done.status, codes.len(), done.header("cache-control")), (200, 10, "no-store"), "{done:?}");
    assert_eq!(there.visit("/admin/").await.status, 200);
    assert_eq!(set_up(&mut app.client(), &again, &code).await.status, 403, "the form of another browser");
    let log = app.audit_log().await;
    assert!(log.iter().any(|event| event.kind == "second_factor_added"));
    assert!(app.mailbox().await.latest(ADA).subject.contains("authenticator app was added"));

    let (mut there, page) = after_the_password(&app, ADA).await;
    assert_inside(&enter(&mut there, &page, &codes[3]).await);
}

/// Posts the first code of an app.
async fn set_up(browser: &mut Client, page: &Reply, code: &str) -> Reply {
    let (token, challenge) = (token(page), field(page, "challenge"));
    let form = [("csrf_token", token.as_str()), ("challenge", challenge.as_str()), ("code", code)];
    browser.submit("/admin/sign-in/set-up/", &form).await
}

async fn assert_outside(browser: &mut Client) {
    assert_eq!(browser.visit("/admin/").await.header("location"), "/admin/sign-in/");
}

async fn a_setup_of_the_sign_in_is_used_once_and_for_its_place_only(engine: Engine) {
    let app = configured(engine, "[mfa]\ntotp = \"required\"").await;
    let begun = app.client().register("bob@example.com", PASSWORD).await;
    app.set_role("bob@example.com", STAFF).await;
    let challenge = begun.text("setup_challenge_id").to_owned();
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": challenge })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    let form = [("csrf_token", &*token(&page)), ("challenge", &*challenge), ("code", &*code)];
    let refused = browser.submit("/admin/sign-in/set-up/", &form).await;
    assert_eq!(refused.status, 400, "begun by the API: {refused:?}");

    let (mut browser, page) = after_the_password(&app, "bob@example.com").await;
    let (challenge, code) = (field(&page, "challenge"), pages::app_of(&page).code(&app));
    let done = set_up(&mut browser, &page, &code).await;
    assert_eq!((done.status, pages::codes(&done).len()), (200, 10), "{done:?}");
    let again = set_up(&mut browser, &page, &code).await;
    assert_eq!((again.status, pages::codes(&again).len()), (400, 0), "the form was used up: {again:?}");
    let mut other = app.client();
    let page = other.visit("/admin/sign-in/").await;
    let form = [("csrf_token", &*token(&page)), ("challenge", &*challenge), ("code", &*code)];
    assert_eq!(other.submit("/admin/sign-in/set-up/", &form).await.status, 400, "the challenge was used up");
}

async fn a_superuser_removes_the_factor_of_whoever_lost_it(engine: Engine) {
    let (app, mut ada, _) = enrolled(engine, "").await;
    app.signed_in_as("boss@example.com", SUPERUSER).await;
    app.signed_in_as("helper@example.com", STAFF).await;
    let user = app.user(ADA).await.id;
    let page = format!("/admin/users/{user}/");
    let act = format!("/admin/users/{user}/remove-factor/");

    let (mut helper, reply) = after_the_password(&app, "helper@example.com").await;
    assert_inside(&reply);
    let seen = helper.visit(&page).await;
    let html = seen.body.as_str().unwrap();
    assert!(html.contains("authenticator app since") && html.contains("10 recovery codes left"), "{html}");
    assert!(!html.contains("remove-factor"));
    let form_token = token(&helper.visit("/admin/upkeep/").await);
    let refused = helper.submit(&act, &[("csrf_token", &*form_token)]).await;
    assert_eq!(refused.status, 403, "{refused:?}");

    let (mut boss, reply) = after_the_password(&app, "boss@example.com").await;
    assert_inside(&reply);
    app.advance(std::time::Duration::from_secs(301));
    let seen = boss.visit(&page).await;
    assert!(seen.body.as_str().unwrap().contains("remove-factor"));
    let form_token = token(&seen);
    let asked = boss.submit(&act, &[("csrf_token", &*form_token)]).await;
    assert!(asked.body.as_str().unwrap().contains("Remove the second factor of ada@example.com"), "{asked:?}");
    assert_eq!(ada.get(AUTHENTICATORS).await.body.as_array().unwrap().len(), 2, "not before the password");
    let done = boss.submit(&act, &[("csrf_token", &*form_token), ("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{done:?}");
    let seen = boss.visit(&page).await;
    assert!(seen.body.as_str().unwrap().contains("The second factor is removed"), "{seen:?}");
    assert_eq!(ada.refresh().await.status, 401, "sessions end");
    assert!(app.mailbox().await.latest(ADA).subject.contains("authenticator app was removed"));
    let log = app.audit_log().await;
    let removed = log.iter().find(|event| event.kind == "second_factor_removed").unwrap();
    assert_eq!((removed.user_id, removed.actor_id.is_some()), (Some(user), true));
    assert_signed_in(&app.client().login(ADA, PASSWORD).await);
    let again = boss.submit(&act, &[("csrf_token", &*token(&seen))]).await;
    assert_eq!(again.status, 409, "{again:?}");
}
