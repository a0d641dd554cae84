//! The pages on which people sign in and keep their ways to sign in, as everybody has them at `account/`.

use std::time::Duration;

use auth::testing::{AuthenticatorApp, Listening, PASSWORD, TestApp};
use auth::users::role::{STAFF, SUPERUSER};
use serde_json::json;

use super::passkeys::{Place, at_localhost, opened};
use super::tab::Tab;
use super::tour::LONG;
use super::{ADA, NEW, account, in_chromium, listening};

in_chromium!(
    a_passkey_is_added_in_the_browser_and_opens_the_admin_pages,
    a_passkey_takes_the_place_of_the_code,
    a_passkey_proves_again_who_it_is,
    a_passkey_that_was_not_used_can_be_tried_again,
    enter_in_the_name_of_a_passkey_adds_it,
    a_page_at_another_address_says_that_passkeys_cannot_be_used_there,
    a_removed_passkey_opens_nothing_and_the_page_says_so,
    a_device_that_has_a_passkey_of_the_account_is_told_so,
    an_app_is_set_up_and_opens_the_pages_without_scripts,
    staff_who_must_have_an_app_set_it_up_at_the_sign_in_with_the_keyboard,
    recovery_codes_are_copied_and_printed,
);

const ACCOUNT: &str = "/jwt-allauth/account/";

/// Shows every page to `show`.
pub(crate) async fn walk(app: &TestApp, server: &Listening, tab: &mut Tab, mut show: impl FnMut(&mut Tab, &str)) {
    let mut guest = app.client();
    guest.login(LONG, NEW).await;
    for name in ["Phone", "W".repeat(100).as_str()] {
        let mut passkey = app.authenticator();
        passkey.is_synced = name == "Phone";
        let added = guest.add_passkey(&mut passkey).await;
        guest
            .patch(&format!("/jwt-allauth/passkeys/{}/", added.text("id")), &serde_json::json!({ "name": name }))
            .await;
    }
    tab.visit(&server.url(ACCOUNT));
    show(tab, "sign_in_page everybody");
    tab.fill("#email", LONG);
    tab.fill("#password", NEW);
    tab.follow("main button");
    show(tab, "ways_to_sign_in_page");
    tab.follow("form[action$=\"/set-up/\"] button");
    show(tab, "second_factor_page");
    let authenticator = AuthenticatorApp::of(&secret(tab));
    tab.fill("#code", &authenticator.wrong_code(app));
    tab.follow("main button");
    show(tab, "second_factor_page refused");
    tab.fill("#code", &authenticator.code(app));
    tab.follow("main button");
    show(tab, "recovery_codes_page");
    tab.follow("main .button");
    tab.eval("for (const details of document.querySelectorAll('details')) details.open = true");
    show(tab, "ways_to_sign_in_page opened");
    app.advance(Duration::from_mins(6));
    tab.follow("form[action$=\"/passkeys/\"] button");
    show(tab, "prove_again_page");
    tab.fill("#password", PASSWORD);
    tab.follow("main button");
    show(tab, "prove_again_page refused");
    tab.fill("#password", NEW);
    tab.follow("main button");
    show(tab, "new_passkey_page");
    tab.visit(&server.url(ACCOUNT));
    tab.follow("form[action$=\"/account/remove/\"] button");
    show(tab, "ways_to_sign_in_page done");
    tab.follow("form[action$=\"/connect/example/\"] button");
    show(tab, "on_the_way_page");
    tab.visit(&server.url(ACCOUNT));
    tab.follow("form[action$=\"/sign-out/\"] button");
}

/// The secret of the page, without the gaps between its groups.
fn secret(tab: &mut Tab) -> String {
    tab.text("document.querySelector('#secret').textContent").replace(' ', "")
}

fn sign_in(tab: &mut Tab, url: &str) {
    tab.visit(url);
    tab.fill("#email", ADA);
    tab.fill("#password", PASSWORD);
    tab.follow("main button[type=submit]");
}

/// Adds a passkey on the page of one's own ways to sign in.
fn add_passkey(tab: &mut Tab, own: &str, name: &str) {
    tab.visit(own);
    tab.follow("form[action$=\"/passkeys/\"] button");
    tab.fill("#name", name);
    tab.follow("[data-passkey]");
}

fn names(tab: &mut Tab) -> String {
    tab.text("[...document.querySelectorAll('.list strong')].map((name) => name.textContent).join()")
}

/// What the script says to whoever pressed its button.
fn said(tab: &mut Tab) -> String {
    tab.text(
        "new Promise((resolve) => {
            const said = document.querySelector('[role=status][data-said]');
            const look = () => said.textContent && said.textContent !== 'Follow your browser.' && resolve(said.textContent);
            new MutationObserver(look).observe(said, { childList: true });
            look();
         })",
    )
}

fn alert(tab: &mut Tab) -> String {
    tab.text("document.querySelector('[role=alert]').textContent.trim()")
}

fn sign_out(tab: &mut Tab) {
    tab.follow("form[action$=\"/sign-out/\"] button");
}

async fn a_passkey_is_added_in_the_browser_and_opens_the_admin_pages() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in_as(ADA, SUPERUSER).await;
    let (admin, own) = (at_localhost(&server, "/admin/"), at_localhost(&server, "/admin/me/"));
    sign_in(&mut tab, &admin);
    tab.follow("a[href=\"/admin/me/\"]");
    add_passkey(&mut tab, &own, "Desk");
    assert_eq!((tab.path().as_str(), names(&mut tab).as_str()), ("/admin/me/", "Desk"));
    assert_eq!(tab.text("document.querySelector('[role=status]').textContent.trim()"), "The passkey is added.");
    tab.visit(&admin);
    sign_out(&mut tab);
    assert_eq!(tab.path(), "/admin/sign-in/");
    tab.eval("document.querySelector('[data-passkey]').focus()");
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!((tab.path().as_str(), tab.heading().as_str()), ("/admin/", "Users"));
    tab.follow("tbody a");
    assert!(tab.text("document.querySelector('main').textContent").contains("Desk"));
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_passkey_takes_the_place_of_the_code() {
    let Place { app, server, mut tab, .. } = opened().await;
    let ada = app.signed_in(ADA).await;
    ada.enrol(&app).await;
    let url = at_localhost(&server, ACCOUNT);
    sign_in(&mut tab, &url);
    assert_eq!(tab.heading(), "Enter your code");
    tab.click("[data-passkey]");
    assert_eq!(said(&mut tab), "No passkey was used. You can try it again.", "there is none yet");
    // The device gets one on the page of the application, by its session from before the app.
    tab.visit(&at_localhost(&server, "/"));
    let added = tab.eval(&format!("passkeys.add({{ access: '{}' }}).then((added) => added.name)", ada.access));
    assert_ne!(added, json!(null));
    sign_in(&mut tab, &url);
    assert_eq!(tab.heading(), "Enter your code");
    tab.follow("[data-passkey]");
    assert_eq!((tab.path().as_str(), tab.heading().as_str()), (ACCOUNT, "Your ways to sign in"));
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_passkey_proves_again_who_it_is() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in(ADA).await;
    let url = at_localhost(&server, ACCOUNT);
    sign_in(&mut tab, &url);
    add_passkey(&mut tab, &url, "Desk");
    app.advance(Duration::from_mins(6));
    tab.follow("form[action$=\"/set-up/\"] button");
    assert_eq!(tab.heading(), "Set up an authenticator app");
    assert_eq!(tab.eval("document.querySelectorAll('#secret').length"), 0);
    tab.follow("[data-passkey]");
    assert_eq!(secret(&mut tab).len(), 32);
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_passkey_that_was_not_used_can_be_tried_again() {
    let Place { app, server, mut tab, authenticator } = opened().await;
    app.signed_in(ADA).await;
    let url = at_localhost(&server, ACCOUNT);
    sign_in(&mut tab, &url);
    tab.verify_user(&authenticator, false);
    tab.follow("form[action$=\"/passkeys/\"] button");
    tab.click("[data-passkey]");
    assert_eq!(said(&mut tab), "No passkey was used. You can try it again.");
    tab.verify_user(&authenticator, true);
    tab.follow("[data-passkey]");
    assert_eq!(tab.heading(), "Your ways to sign in");
    sign_out(&mut tab);
    tab.verify_user(&authenticator, false);
    tab.click("[data-passkey]");
    assert_eq!(said(&mut tab), "No passkey was used. You can try it again.");
    assert!(tab.spoken().iter().any(|node| node.role == "status"));
    assert_eq!(tab.text("document.activeElement.textContent.trim()"), "Sign in with a passkey");
    tab.verify_user(&authenticator, true);
    tab.follow("[data-passkey]");
    assert_eq!(tab.path(), ACCOUNT);
}

async fn enter_in_the_name_of_a_passkey_adds_it() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in(ADA).await;
    sign_in(&mut tab, &at_localhost(&server, ACCOUNT));
    tab.follow("form[action$=\"/passkeys/\"] button");
    tab.fill("#name", "Desk");
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!((tab.heading().as_str(), names(&mut tab).as_str()), ("Your ways to sign in", "Desk"));
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_page_at_another_address_says_that_passkeys_cannot_be_used_there() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in(ADA).await;
    sign_in(&mut tab, &at_localhost(&server, ACCOUNT));
    add_passkey(&mut tab, &at_localhost(&server, ACCOUNT), "Desk");
    tab.visit(&server.url(ACCOUNT));
    tab.click("[data-passkey]");
    assert_eq!(said(&mut tab), "Passkeys cannot be used at this address.");
    assert_eq!(tab.path(), format!("{ACCOUNT}sign-in/"));
}

async fn a_removed_passkey_opens_nothing_and_the_page_says_so() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in(ADA).await;
    let url = at_localhost(&server, ACCOUNT);
    sign_in(&mut tab, &url);
    add_passkey(&mut tab, &url, "Desk");
    tab.click("summary");
    tab.fill("details input[name=name]", "Old");
    tab.follow("form[action$=\"/rename/\"] button");
    assert_eq!(names(&mut tab), "Old");
    tab.click("summary");
    tab.follow("form[action$=\"/remove/\"] button");
    assert_eq!(names(&mut tab), "");
    sign_out(&mut tab);
    tab.follow("[data-passkey]");
    assert_eq!(alert(&mut tab), "This passkey cannot be used to sign in.");
}

async fn a_device_that_has_a_passkey_of_the_account_is_told_so() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in(ADA).await;
    let url = at_localhost(&server, ACCOUNT);
    sign_in(&mut tab, &url);
    add_passkey(&mut tab, &url, "Desk");
    tab.follow("form[action$=\"/passkeys/\"] button");
    tab.click("[data-passkey]");
    assert_eq!(said(&mut tab), "This device has a passkey of this account already.");
}

async fn an_app_is_set_up_and_opens_the_pages_without_scripts() {
    let (app, server) = listening().await;
    account(&app, ADA).await;
    let mut tab = Tab::without_scripts();
    let url = server.url(ACCOUNT);
    tab.visit(&url);
    assert_eq!(tab.eval("document.querySelector('[data-passkey]').checkVisibility()"), false);
    sign_in(&mut tab, &url);
    tab.follow("form[action$=\"/passkeys/\"] button");
    assert!(tab.text("document.querySelector('main').innerText").contains("It needs JavaScript"));
    tab.visit(&url);
    tab.follow("form[action$=\"/set-up/\"] button");
    assert_ne!(tab.eval("document.querySelector('.qr').naturalWidth"), 0, "the policy admits the image");
    let spoken = tab.spoken();
    assert!(spoken.iter().any(|node| node.role == "image" && node.name.contains("QR code")), "{spoken:?}");
    let authenticator = AuthenticatorApp::of(&secret(&mut tab));
    tab.fill("#code", &authenticator.code(&app));
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!(tab.heading(), "Your recovery codes");
    let code = tab.text("document.querySelector('.codes code').textContent");
    assert_eq!(
        tab.eval("[...document.querySelectorAll('main button')].some((button) => button.checkVisibility())"),
        false
    );
    tab.follow("main .button");
    sign_out(&mut tab);
    for code in [authenticator.next_code(&app), code] {
        sign_in(&mut tab, &url);
        tab.fill("#code", &code);
        tab.until_loaded(|tab| tab.press("Enter"));
        assert_eq!((tab.path().as_str(), tab.heading().as_str()), (ACCOUNT, "Your ways to sign in"));
        sign_out(&mut tab);
    }
    assert_eq!(tab.problems(), [""; 0]);
}

async fn staff_who_must_have_an_app_set_it_up_at_the_sign_in_with_the_keyboard() {
    let Place { app, mut tab, .. } = opened().await;
    app.signed_in_as(ADA, STAFF).await;
    let strict = app.second_instance_with(super::router, |settings| settings.mfa.required_roles = vec![STAFF]).await;
    let server = strict.listen().await;
    tab.visit(&server.url("/admin/"));
    tab.type_text(ADA);
    tab.press("Tab");
    tab.type_text(PASSWORD);
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!(tab.heading(), "Set up an authenticator app");
    let authenticator = AuthenticatorApp::of(&secret(&mut tab));
    tab.press("Tab");
    assert_eq!(tab.text("document.activeElement.textContent"), "Open an app on this device");
    tab.press("Tab");
    tab.type_text(&authenticator.wrong_code(&app));
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!(alert(&mut tab), "Invalid code.");
    assert_eq!(AuthenticatorApp::of(&secret(&mut tab)).secret(), authenticator.secret(), "it is the same secret");
    let spoken = tab.spoken();
    assert!(spoken.iter().any(|node| node.role == "textbox" && node.invalid && node.description == "Invalid code."));
    tab.type_text(&authenticator.code(&app));
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!(tab.eval("document.querySelectorAll('.codes li').length"), 10);
    for _ in 0..3 {
        tab.press("Tab");
    }
    assert_eq!(tab.text("document.activeElement.textContent"), "I have kept them");
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!((tab.path().as_str(), tab.heading().as_str()), ("/admin/", "Users"));
    assert_eq!(tab.problems(), [""; 0]);
}

async fn recovery_codes_are_copied_and_printed() {
    let Place { app, server, mut tab, .. } = opened().await;
    app.signed_in(ADA).await;
    sign_in(&mut tab, &at_localhost(&server, ACCOUNT));
    tab.follow("form[action$=\"/set-up/\"] button");
    let authenticator = AuthenticatorApp::of(&secret(&mut tab));
    tab.fill("#code", &authenticator.code(&app));
    tab.follow("main button");
    tab.eval("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
    tab.click("[data-copy]");
    assert_eq!(said(&mut tab), "Copied.");
    let shown =
        tab.text("[...document.querySelectorAll('.codes code')].map((code) => code.textContent + '\\n').join('')");
    assert_eq!((tab.text("copied"), shown.lines().count()), (shown.clone(), 10));
    tab.eval("navigator.clipboard.writeText = async () => { throw new DOMException('no', 'NotAllowedError'); }");
    tab.eval("document.querySelector('[data-said]').textContent = ''");
    tab.click("[data-copy]");
    assert!(said(&mut tab).contains("Select the codes"));
    tab.eval("window.print = () => { window.printed = true; }");
    tab.click("[data-print]");
    assert_eq!(tab.eval("window.printed"), true);
    assert_eq!(tab.problems(), [""; 0]);
}
