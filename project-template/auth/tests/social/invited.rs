//! An invited address whose reader comes by a provider.

use std::time::Duration;

use auth::users::role::{STAFF, SUPERUSER};

use super::*;

auth::on_both_engines!(
    the_words_of_the_provider_accept_the_invitation,
    an_invitation_that_has_expired_gives_no_role,
    an_invitation_that_nobody_may_give_any_more_is_refused_and_stays,
    a_provider_that_does_not_vouch_for_the_address_accepts_nothing,
    an_invitation_that_is_switched_off_accepts_nothing,
    a_guest_who_must_enrol_has_accepted_and_is_led_to_the_setup,
    of_the_link_and_the_provider_at_once_one_accepts,
);

const BOSS: &str = "boss@example.com";
const INVITE: &str = "/jwt-allauth/registration/user-register/";
const SET_PASSWORD: &str = "/jwt-allauth/registration/set-password/";
const INVITATIONS: &str = "[database]\nacquire_timeout = \"30s\"\n[email_verification]\nmode = \"mandatory\"\n\
                           [invitations]\nenabled = true\n";

/// Ada is invited as staff by Boss. Gives a browser in which the link was opened.
async fn invited(engine: Engine, toml: &str) -> (Provider, TestApp, Client) {
    let (provider, app) = with_provider(engine, &format!("{INVITATIONS}{toml}")).await;
    let open = app.second_instance_with(router, |settings| settings.invitations.only = false).await;
    let boss = open.signed_in_as(BOSS, SUPERUSER).await;
    assert_eq!(boss.post(INVITE, &json!({ "email": ADA, "role": STAFF })).await.status, 201);
    let mut browser = app.client();
    assert_eq!(browser.visit(&app.mailbox().await.latest(ADA).link()).await.status, 302);
    let token = browser.cookies["csrftoken"].clone();
    (provider, app, browser.with_header("x-csrftoken", &token))
}

async fn set_password(browser: &Client) -> Reply {
    browser.post(SET_PASSWORD, &json!({ "new_password1": PASSWORD, "new_password2": PASSWORD })).await
}

async fn the_words_of_the_provider_accept_the_invitation(engine: Engine) {
    // Accounts come from invitations alone, and Ada's does.
    let (provider, app, browser) = invited(engine, "only = true\n").await;
    let guest = app.user(ADA).await;
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_signed_in(&reply);
    assert_eq!(account(&app, &reply).await, guest.id.to_string());
    let user = app.user(ADA).await;
    assert_eq!((user.role, user.email_verified, user.is_guest()), (STAFF, true, false));
    assert!(user.password_hash.is_none());
    let told = app.mailbox().await.latest(BOSS);
    assert!(told.text.contains(ADA), "whoever invited is told: {told:?}");
    let late = set_password(&browser).await;
    assert_eq!((late.status, late.text("code")), (401, "link_not_valid"), "the link is used: {late:?}");
    let again = by_token(&app, &provider, &provider.claims(&app, "ada-1", "moved@example.com")).await;
    assert_eq!(account(&app, &again).await, guest.id.to_string(), "the account is connected");
}

async fn an_invitation_that_has_expired_gives_no_role(engine: Engine) {
    for (only, expected) in [("", None), ("only = true\n", Some("signup_closed"))] {
        let (provider, app, _) = invited(engine, only).await;
        let guest = app.user(ADA).await;
        app.advance(Duration::from_hours(3 * 24));
        let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
        if let Some(code) = expected {
            assert_refused(&reply, 403, code);
            continue;
        }
        assert_signed_in(&reply);
        let user = app.user(ADA).await;
        assert!(user.id != guest.id && user.role == 0, "{user:?}");
    }
}

async fn an_invitation_that_nobody_may_give_any_more_is_refused_and_stays(engine: Engine) {
    let (provider, app, _) = invited(engine, "").await;
    app.set_role(BOSS, 0).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    assert_refused(&by_token(&app, &provider, &claims).await, 401, "email_not_verified");
    assert_eq!((count(&app, "social_accounts").await, app.user(ADA).await.is_guest()), (0, true));
    app.set_role(BOSS, SUPERUSER).await;
    assert_signed_in(&by_token(&app, &provider, &claims).await);
    assert_eq!(app.user(ADA).await.role, STAFF);
}

async fn a_provider_that_does_not_vouch_for_the_address_accepts_nothing(engine: Engine) {
    for (toml, status, code) in [
        ("", 400, "provider_email_unverified"),
        ("[social]\nrequire_verified_email = false\n", 409, "email_already_registered"),
    ] {
        let (provider, app, browser) = invited(engine, toml).await;
        let mut claims = provider.claims(&app, "ada-1", ADA);
        claims["email_verified"] = json!(false);
        assert_refused(&by_token(&app, &provider, &claims).await, status, code);
        assert!(app.user(ADA).await.is_guest());
        assert_eq!(set_password(&browser).await.status, 200, "the link is still good");
    }
}

async fn an_invitation_that_is_switched_off_accepts_nothing(engine: Engine) {
    let (provider, app, _) = invited(engine, "").await;
    let off = app.second_instance_with(router, |settings| settings.invitations.enabled = false).await;
    let reply = by_token(&off, &provider, &provider.claims(&off, "ada-1", ADA)).await;
    assert_refused(&reply, 409, "local_account_unverified");
    assert!(app.user(ADA).await.is_guest());
}

async fn a_guest_who_must_enrol_has_accepted_and_is_led_to_the_setup(engine: Engine) {
    let (provider, app, browser) = invited(engine, "[mfa]\nrequired_roles = [900]\n").await;
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_eq!((reply.status, &reply.body["mfa_setup_required"]), (200, &json!(true)), "{reply:?}");
    assert!(reply.body.get("access").is_none() && live(&app).await == 1, "only Boss has a session");
    assert_eq!((app.user(ADA).await.role, set_password(&browser).await.status), (STAFF, 401));
}

async fn of_the_link_and_the_provider_at_once_one_accepts(engine: Engine) {
    for _ in 0..3 {
        let (provider, app, browser) = invited(engine, "").await;
        let passwords = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
        let token = body_of_token(&provider, &provider.claims(&app, "ada-1", ADA));
        let requests = vec![
            (browser, SET_PASSWORD, passwords),
            (app.client(), TOKEN, token.clone()),
            (app.client(), TOKEN, token),
        ];
        let replies = at_once(requests).await;
        let user = app.user(ADA).await;
        assert!(user.role == STAFF && user.email_verified && !user.is_guest(), "{user:?}");
        let by_link = replies.iter().any(|reply| reply.body["detail"] == "Password set.");
        assert_eq!(user.password_hash.is_some(), by_link, "{replies:?}");
        let signed_in = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(signed_in, 2 + usize::from(by_link), "by the provider comes the owner, either way: {replies:?}");
        assert_eq!((count(&app, "users").await, count(&app, "social_accounts").await), (2, 1));
    }
}
