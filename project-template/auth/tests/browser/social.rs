//! Signing in with a provider on the pages, and connecting an account there: the provider is another site, so the browser
//! leaves out the cookies of the pages when it comes back.

use auth::testing::{Provider, TestApp};

use super::passkeys::{Place, at_localhost, opened_and};
use super::tab::Tab;
use super::{ADA, PASSWORD, in_chromium, social};

in_chromium!(
    a_person_signs_up_with_a_provider_and_is_inside,
    an_account_is_connected_to_one_with_a_password_and_signs_in_from_then_on,
    a_person_who_cancels_is_told_so_and_can_sign_in_another_way,
);

const ACCOUNT: &str = "/jwt-allauth/account/";

async fn at_pages(provider: &Provider) -> Place {
    let mut place = opened_and(|settings| settings.social = social(provider)).await;
    let url = at_localhost(&place.server, ACCOUNT);
    place.tab.visit(&url);
    place
}

fn welcome(provider: &Provider, app: &TestApp) {
    provider.welcome(Some(provider.claims(app, "ada-1", ADA)));
}

fn connections(tab: &mut Tab) -> String {
    tab.text("[...document.querySelectorAll('.list strong')].map((name) => name.textContent).join()")
}

async fn a_person_signs_up_with_a_provider_and_is_inside() {
    let provider = Provider::start().await;
    let Place { app, server, mut tab, .. } = at_pages(&provider).await;
    welcome(&provider, &app);
    tab.until_at(&at_localhost(&server, ACCOUNT), |tab| tab.click("a[href*=\"/sign-in/with/\"]"));
    assert_eq!((tab.heading().as_str(), connections(&mut tab).as_str()), ("Your ways to sign in", "Example Inc."));
    assert!(app.user(ADA).await.email_verified);
    assert_eq!(tab.problems(), [""; 0]);
}

async fn an_account_is_connected_to_one_with_a_password_and_signs_in_from_then_on() {
    let provider = Provider::start().await;
    let Place { app, server, mut tab, .. } = at_pages(&provider).await;
    app.signed_in("grace@example.com").await;
    welcome(&provider, &app);
    let own = at_localhost(&server, ACCOUNT);
    for _ in 0..2 {
        tab.visit(&own);
        if tab.heading() == "Sign in" {
            tab.fill("#email", "grace@example.com");
            tab.fill("#password", PASSWORD);
            tab.follow("main button[type=submit]");
        }
        tab.until_at(&own, |tab| tab.click("form[action$=\"/connect/example/\"] button"));
        assert_eq!(connections(&mut tab), "Example Inc.", "once, however often");
    }
    tab.follow("form[action$=\"/sign-out/\"] button");
    tab.until_at(&own, |tab| tab.click("a[href*=\"/sign-in/with/\"]"));
    assert_eq!(tab.text("document.querySelector('h1 + p').textContent"), "You are signed in as grace@example.com.");
    assert_eq!(tab.problems(), [""; 0]);
}

async fn a_person_who_cancels_is_told_so_and_can_sign_in_another_way() {
    let provider = Provider::start().await;
    let Place { app, server: _server, mut tab, .. } = at_pages(&provider).await;
    app.signed_in(ADA).await;
    tab.follow("a[href*=\"/sign-in/with/\"]");
    assert_eq!(tab.text("document.querySelector('[role=alert]').textContent.trim()"), "The sign-in was cancelled.");
    tab.fill("#email", ADA);
    tab.fill("#password", PASSWORD);
    tab.follow("main button[type=submit]");
    assert_eq!(tab.heading(), "Your ways to sign in");
}
