//! From the link in a mail to the end, with and without scripts.

use auth::email_verification::Mode;
use auth::testing::{Engine, PASSWORD, TestApp};

use super::tab::Tab;
use super::tour::submit_passwords;
use super::{ADA, NEW, account, change_link, in_chromium, listening, reset_link, router, verification_link};

in_chromium!(
    a_new_address_is_confirmed_by_its_button,
    a_link_that_is_not_valid_leads_to_a_mail_with_another,
    a_confirmation_leads_to_the_application_it_belongs_to,
    a_password_is_set_although_the_first_was_refused,
    an_address_is_changed_by_its_button,
    a_form_that_came_too_late_says_so,
    over_plain_http_the_forms_are_let_in_too,
);

/// With scripts and without.
pub(crate) fn tabs() -> [Tab; 2] {
    [Tab::open(), Tab::without_scripts()]
}

async fn a_new_address_is_confirmed_by_its_button() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        let link = server.url(&verification_link(&app, ADA).await);
        tab.visit(&link);
        assert_eq!(tab.heading(), "Confirm your address");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401, "to look confirms nothing");
        tab.follow("main button");
        assert_eq!((tab.path().as_str(), tab.heading().as_str()), LANDED);
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
        tab.visit(&link);
        assert_eq!((tab.path().as_str(), tab.heading().as_str()), LANDED, "a used link leads where it led before");
    }
}

const LANDED: (&str, &str) = ("/jwt-allauth/registration/verified/", "Your address is confirmed");

async fn a_link_that_is_not_valid_leads_to_a_mail_with_another() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        verification_link(&app, ADA).await;
        app.advance(std::time::Duration::from_mins(2));
        tab.visit(&server.url("/jwt-allauth/registration/verification/unknown/"));
        assert_eq!(tab.heading(), "This link is no longer valid");
        tab.fill("#email", ADA);
        tab.until_loaded(|tab| tab.press("Enter"));
        assert_eq!(tab.heading(), "Check your mail");
        tab.visit(&server.url(&app.mailbox().await.latest(ADA).link()));
        tab.follow("main button");
        assert_eq!(tab.heading(), LANDED.1);

        app.advance(std::time::Duration::from_mins(2));
        tab.visit(&server.url("/jwt-allauth/password/reset/confirm/1/unknown/"));
        assert_eq!(tab.heading(), "This link is no longer valid");
        tab.fill("#email", ADA);
        tab.until_loaded(|tab| tab.press("Enter"));
        assert_eq!(tab.heading(), "Check your mail");
        tab.visit(&server.url(&app.mailbox().await.latest(ADA).link()));
        assert_eq!(tab.heading(), "Set a new password");
        assert_eq!(tab.problems(), [""; 0]);
    }
}

/// Browsers hold a redirect to another origin against the policy of the page that was posted from.
async fn a_confirmation_leads_to_the_application_it_belongs_to() {
    let (_other, elsewhere) = listening().await;
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.redirect = Some(elsewhere.url("/jwt-allauth/registration/verified/?welcome"));
    })
    .await;
    let server = app.listen().await;
    let mut tab = Tab::open();
    tab.visit(&server.url(&verification_link(&app, ADA).await));
    tab.follow("main button");
    assert_eq!(tab.text("location.href"), elsewhere.url("/jwt-allauth/registration/verified/?welcome"));
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_password_is_set_although_the_first_was_refused() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        account(&app, ADA).await;
        let link = server.url(&reset_link(&app, ADA).await);
        tab.visit(&link);
        assert_eq!(tab.path(), "/jwt-allauth/password/reset/default/");
        for refused in ["password1", "ada@example.com"] {
            submit_passwords(&mut tab, refused);
            assert!(tab.text("document.querySelector('[role=alert]').textContent").contains("password"));
            assert_eq!(tab.text("document.activeElement.id"), "new_password1");
        }
        submit_passwords(&mut tab, NEW);
        assert_eq!(tab.path(), "/jwt-allauth/password/reset/complete/");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
        assert_eq!(app.client().login(ADA, NEW).await.status, 200);
        tab.visit(&link);
        assert_eq!(tab.heading(), "This link is no longer valid");
        assert_eq!(tab.problems(), [""; 0]);
    }
}

async fn an_address_is_changed_by_its_button() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        account(&app, ADA).await;
        let link = server.url(&change_link(&app, ADA, PASSWORD, "ada@example.org").await);
        tab.visit(&link);
        assert_eq!(tab.text("document.querySelector('.address').textContent"), "ada@example.org");
        tab.follow("main button");
        assert_eq!(tab.heading(), "Your address has been changed");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
        assert_eq!(app.client().login("ada@example.org", PASSWORD).await.status, 200);
        tab.visit(&link);
        assert_eq!(tab.heading(), "Your address has been changed");
    }
}

async fn a_form_that_came_too_late_says_so() {
    let (app, server) = listening().await;
    account(&app, ADA).await;
    let mut tab = Tab::open();
    tab.visit(&server.url(&reset_link(&app, ADA).await));
    app.advance(std::time::Duration::from_mins(20));
    submit_passwords(&mut tab, NEW);
    assert_eq!(tab.heading(), "This link is no longer valid");
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
}

/// Where a browser says nothing of a request's site, and so only the origin is left to tell that a form is ours.
async fn over_plain_http_the_forms_are_let_in_too() {
    let (app, server) = listening().await;
    let plain = |path: &str| server.url(path).replace("127.0.0.1", "plain.test");
    let mut tab = Tab::open();
    tab.visit(&plain(&verification_link(&app, ADA).await));
    tab.follow("main button");
    assert_eq!((tab.path().as_str(), tab.heading().as_str()), LANDED);
    tab.visit(&plain(&reset_link(&app, ADA).await));
    submit_passwords(&mut tab, NEW);
    assert_eq!(tab.path(), "/jwt-allauth/password/reset/complete/");
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}
