//! Opening a link and setting a password with it.

use std::time::Duration;

use auth::email_verification::Mode;
use auth::hooks::{Admission, Challenge, Hook, Hooks, SigningIn};
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use auth::users::User;
use auth::{Auth, Error, Result, email_verification};
use axum::http::{Method, StatusCode, header};
use serde_json::json;

use super::{ADA, FORM, NEW, SET_NEW, link, opened, passwords, router, set};

auth::on_both_engines!(
    a_new_password_is_set_and_everything_before_it_ends,
    the_owner_is_told,
    a_refused_password_leaves_the_capability_as_it_is,
    whoever_only_looks_uses_nothing_up,
    a_link_is_used_once_however_many_try_at_once,
    a_capability_dies_with_its_time_and_a_link_with_its_own,
    without_the_token_of_the_form_nothing_happens,
    a_capability_is_nobody_elses_and_nothing_else,
    a_changed_password_ends_a_link_that_is_open,
    a_link_leads_to_the_page_of_the_settings,
    a_page_on_another_host_of_the_domain_sets_the_password,
    in_body_mode_the_refresh_token_is_in_the_body,
    the_cookies_are_out_of_reach_where_they_must_be,
    whoever_may_not_sign_in_sets_the_password_all_the_same,
    whoever_has_to_meet_a_challenge_sets_the_password_and_gets_no_session,
    a_first_reset_confirms_the_address_and_ends_what_waited_for_that,
);

async fn a_new_password_is_set_and_everything_before_it_ends(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let (mut phone, mut laptop) = (app.signed_in(ADA).await, app.client());
    laptop.login(ADA, PASSWORD).await;
    let mut browser = opened(&app, ADA).await;

    let reply = set(&browser, NEW).await;
    assert_eq!((reply.status, reply.text("detail")), (200, "Password reset."));
    assert_eq!(reply.body.as_object().map(serde_json::Map::len), Some(3), "{reply:?}");
    browser.keep(reply);
    assert_eq!(browser.cookies.len(), 0, "the capability and its token are deleted");
    assert_eq!(browser.get("/jwt-allauth/user/").await.text("email"), ADA);
    assert_eq!(browser.refresh().await.status, 200);

    assert_eq!(phone.refresh().await.status, 401);
    assert_eq!(laptop.refresh().await.status, 401);
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}

async fn the_owner_is_told(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let browser = opened(&app, ADA).await;
    set(&browser, NEW).await;
    let notice = app.mailbox().await.latest(ADA);
    assert_eq!(notice.subject, "Your password for localhost was changed");
    assert!(notice.text.contains("15 January 2027, 08:00 UTC"), "{}", notice.text);
    assert!(!notice.text.contains("http"), "a notice has no link that could be imitated: {}", notice.text);
}

async fn a_refused_password_leaves_the_capability_as_it_is(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let browser = opened(&app, ADA).await;
    for (body, problem) in [
        (passwords("short"), "This password is too short. It must contain at least 8 characters."),
        (passwords("password1"), "This password is too common."),
        (passwords("ada@example.com"), "The password is too similar to the email address."),
        (json!({ "new_password1": NEW, "new_password2": "another one" }), "The two password fields didn't match."),
    ] {
        let token = browser.cookies["csrftoken"].clone();
        let reply = browser.clone().with_header("x-csrftoken", &token).post(SET_NEW, &body).await;
        assert_eq!(reply.status, 400);
        assert!(reply.body["new_password2"].to_string().contains(problem), "{reply:?}");
        assert!(!reply.headers.contains_key(header::SET_COOKIE));
    }
    assert_eq!(set(&browser, NEW).await.status, 200);
}

async fn whoever_only_looks_uses_nothing_up(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let link = link(&app, ADA).await;
    for _ in 0..3 {
        assert_eq!(app.client().send(Method::HEAD, &link, None).await.status, 302);
        let mut scanner = app.client();
        assert_eq!(scanner.visit(&link).await.status, 302);
        assert_eq!(scanner.visit(FORM).await.status, 200);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert_eq!(app.client().send(method, &link, None).await.status, 405);
    }
    assert_eq!(app.client().send(Method::GET, SET_NEW, None).await.status, 405);
    let mut browser = app.client();
    browser.visit(&link).await;
    assert_eq!(set(&browser, NEW).await.status, 200);
    assert_eq!(app.client().visit(&link).await.status, 404);
}

async fn a_link_is_used_once_however_many_try_at_once(engine: Engine) {
    let app = TestApp::start(engine, router).await.at_two_instances(router).await;
    app.signed_in(ADA).await;
    for round in 0..20 {
        app.advance(Duration::from_hours(1));
        let browser = opened(&app, ADA).await;
        let tries = (0..4).map(|number| {
            let browser = browser.elsewhere();
            tokio::spawn(async move { set(&browser, &format!("{NEW} {round} {number}")).await.status })
        });
        let mut statuses = Vec::new();
        for attempt in tries.collect::<Vec<_>>() {
            statuses.push(attempt.await.expect("an answer"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401]);
    }
}

async fn a_capability_dies_with_its_time_and_a_link_with_its_own(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let link = link(&app, ADA).await;
    let mut browser = app.client();
    browser.visit(&link).await;
    app.advance(Duration::from_mins(15));
    let reply = set(&browser, NEW).await;
    assert_eq!((reply.status, reply.text("code")), (401, "link_not_valid"));
    assert_eq!(reply.header("www-authenticate"), "Cookie");
    assert_eq!(browser.visit(FORM).await.status, 401);

    app.advance(Duration::from_mins(44));
    assert_eq!(browser.visit(&link).await.status, 302);
    app.advance(Duration::from_mins(1));
    assert_eq!(set(&browser, NEW).await.status, 401);
    assert_eq!(browser.visit(&link).await.status, 404);
}

async fn without_the_token_of_the_form_nothing_happens(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    app.signed_in("eve@example.com").await;
    let browser = opened(&app, ADA).await;
    let eve = opened(&app, "eve@example.com").await;

    let reply = browser.post(SET_NEW, &passwords(NEW)).await;
    let missing = json!({ "detail": "CSRF Failed: CSRF token missing.", "code": "csrf_failed" });
    assert_eq!((reply.status, reply.body), (403, missing));
    for token in ["", "x", &eve.cookies["csrftoken"]] {
        let reply = browser.clone().with_header("x-csrftoken", token).post(SET_NEW, &passwords(NEW)).await;
        assert_eq!((reply.status, reply.text("detail")), (403, "CSRF Failed: CSRF token incorrect."), "{token}");
    }
    let foreign = browser.clone().with_header("sec-fetch-site", "cross-site");
    assert_eq!(set(&foreign, NEW).await.status, 403);
    let form = [("new_password1", NEW), ("new_password2", NEW)];
    assert_eq!(browser.clone().submit(SET_NEW, &form).await.status, 403);
    assert_eq!(set(&browser, NEW).await.status, 200);
}

async fn a_capability_is_nobody_elses_and_nothing_else(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = app.signed_in(ADA).await;
    let reply = app.client().post(SET_NEW, &passwords(NEW)).await;
    let missing = json!({ "detail": "Authentication credentials were not provided.", "code": "not_authenticated" });
    assert_eq!((reply.status, reply.header("www-authenticate"), &reply.body), (401, "Cookie", &missing));

    let link = link(&app, ADA).await;
    let secret = link.trim_end_matches('/').rsplit('/').next().expect("a secret").to_owned();
    for value in ["x", &ada.refresh, &ada.access, &secret] {
        let mut thief: Client = app.client();
        thief.cookies.insert("password_reset_access_token".into(), value.to_owned());
        assert_eq!(set(&thief, NEW).await.status, 401, "{value}");
    }
    let mut browser = app.client();
    browser.visit(&link).await;
    let capability = browser.cookies["password_reset_access_token"].clone();
    assert!(!capability.contains(&secret));
    let mut thief = app.client();
    thief.access.clone_from(&capability);
    assert_eq!(thief.get("/jwt-allauth/user/").await.status, 401);

    let other = app.signed_in("eve@example.com").await.get("/jwt-allauth/token/claims/").await;
    let other: String = other.text("sub").replace('-', "");
    let crossed: Vec<&str> = link.split('/').map(|part| if part.len() == 32 { other.as_str() } else { part }).collect();
    assert_eq!(app.client().visit(&crossed.join("/")).await.status, 404);
}

async fn a_changed_password_ends_a_link_that_is_open(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = app.signed_in(ADA).await;
    let browser = opened(&app, ADA).await;
    let body = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    assert_eq!(ada.post("/jwt-allauth/password/change/", &body).await.status, 200);
    assert_eq!(set(&browser, "a password of somebody else").await.status, 401);
    assert_eq!(app.mailbox().await.latest(ADA).subject, "Your password for localhost was changed");
}

async fn a_link_leads_to_the_page_of_the_settings(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.password.reset_redirect = Some("https://app.example.com/new-password?from=mail".into());
    })
    .await;
    app.signed_in(ADA).await;
    let link = link(&app, ADA).await;
    let mut browser = app.client();
    let reply = browser.visit(&link).await;
    assert_eq!((reply.status, reply.header("location")), (302, "https://app.example.com/new-password?from=mail"));
    assert_eq!(set(&browser, NEW).await.status, 200);
}

async fn a_page_on_another_host_of_the_domain_sets_the_password(engine: Engine) {
    let toml = r#"
        http = { public_url = "https://auth.example.com", cors_origins = ["https://app.example.com"] }
        sessions = { cookie_domain = "example.com" }
        password = { reset_redirect = "https://app.example.com/new-password" }
    "#;
    let app = TestApp::configured(engine, router, toml).await;
    app.signed_in(ADA).await;
    let mut browser = app.client();
    let reply = browser.visit(&link(&app, ADA).await).await;
    let cookies: Vec<&str> =
        reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    let has_domain = |cookie: &str| cookie.contains("; Domain=example.com;");
    assert!(cookies[0].starts_with("password_reset_access_token=") && !has_domain(cookies[0]), "{cookies:?}");
    assert!(cookies[1].starts_with("csrftoken=") && has_domain(cookies[1]), "{cookies:?}");

    let page = browser.with_header("origin", "https://app.example.com").with_header("sec-fetch-site", "same-site");
    let reply = set(&page, NEW).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "https://app.example.com"));
    let deleted: Vec<_> = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    assert!(deleted.iter().any(|cookie| cookie.starts_with("csrftoken=;") && has_domain(cookie)), "{deleted:?}");
}

async fn in_body_mode_the_refresh_token_is_in_the_body(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let browser = opened(&app, ADA).await.with_header("prefer", "token");
    let reply = set(&browser, NEW).await;
    let mut client = app.client();
    client.refresh = reply.text("refresh").to_owned();
    assert_eq!(client.refresh().await.status, 200);
}

async fn the_cookies_are_out_of_reach_where_they_must_be(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let app = app
        .second_instance_with(router, |settings| {
            settings.environment = auth::settings::Environment::Production;
            settings.http.public_url = auth::http::PublicUrl::parse("https://auth.example.com");
        })
        .await;
    let reply = app.client().visit(&link(&app, ADA).await).await;
    let cookies: Vec<&str> =
        reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
    let attributes = |cookie: &str| cookie.split_once("; ").expect("attributes").1.to_owned();
    assert!(cookies[0].starts_with("password_reset_access_token=") && cookies[1].starts_with("csrftoken="));
    assert_eq!(attributes(cookies[0]), "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=900");
    assert_eq!(attributes(cookies[1]), "SameSite=Lax; Secure; Path=/; Max-Age=900");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
}

/// Lets nobody in.
struct Closed;

impl Hooks for Closed {
    fn before_login<'h>(&'h self, _: &'h Auth, _: &'h User, _: &'h SigningIn<'h>) -> Hook<'h, Result<Admission>> {
        Box::pin(async { Err(Error::refused(StatusCode::FORBIDDEN, "We are closed.", "closed")) })
    }
}

/// Wants something else first.
struct Careful;

impl Hooks for Careful {
    fn before_login<'h>(
        &'h self,
        _: &'h Auth,
        _: &'h User,
        signing_in: &'h SigningIn<'h>,
    ) -> Hook<'h, Result<Admission>> {
        let challenge = Challenge::new(json!({ "step": format!("{:?}", signing_in.proof) }));
        Box::pin(async move { Ok(Admission::Challenged(challenge)) })
    }
}

async fn whoever_has_to_meet_a_challenge_sets_the_password_and_gets_no_session(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut browser = opened(&app.with_hooks(router, Careful).await, ADA).await;
    let reply = set(&browser, NEW).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({ "detail": "Password reset.", "step": "PasswordReset" })));
    browser.keep(reply);
    assert_eq!((browser.cookies.len(), browser.refresh.as_str()), (0, ""));
}

async fn whoever_may_not_sign_in_sets_the_password_all_the_same(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut browser = opened(&app.with_hooks(router, Closed).await, ADA).await;
    let reply = set(&browser, NEW).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({ "detail": "Password reset." })));
    browser.keep(reply);
    assert_eq!(browser.cookies.len(), 0, "the capability and its token are deleted, and no session has begun");
    assert!(browser.refresh.is_empty());
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}

async fn a_first_reset_confirms_the_address_and_ends_what_waited_for_that(engine: Engine) {
    // Where nobody signs in before, the reader of the mail may never have signed up.
    for (mode, name) in [(Mode::Optional, "Ada"), (Mode::Mandatory, "")] {
        let app = TestApp::start_with(engine, router, |settings| {
            settings.email_verification.mode = mode;
            settings.email_verification.method = email_verification::Method::Both;
        })
        .await;
        let mut body = json!({ "email": ADA, "password1": PASSWORD, "password2": PASSWORD });
        body["first_name"] = json!("Ada");
        assert_eq!(app.client().post("/jwt-allauth/registration/", &body).await.status, 201);
        let confirmed = async |app: &TestApp| {
            let log = app.audit_log().await;
            log.iter().filter(|row| row.kind == "email_verified").count()
        };
        let codes = "select count(*) from code_requests where purpose = 'email_verification'";
        let live = async || {
            let (count,): (i64,) =
                auth::on!(app.auth.db(), pool => sqlx::query_as(codes).fetch_one(pool).await).expect("a count");
            count
        };
        assert_eq!((confirmed(&app).await, live().await), (0, 1), "{mode:?}");
        assert_eq!(set(&opened(&app, ADA).await, NEW).await.status, 200);
        assert_eq!((confirmed(&app).await, live().await), (1, 0), "{mode:?}");
        let user = app.user(ADA).await;
        assert_eq!((user.email_verified, user.first_name.as_str()), (true, name), "{mode:?}");

        let mut client = app.client();
        client.login(ADA, NEW).await;
        client.patch("/jwt-allauth/user/", &json!({ "first_name": "Augusta" })).await;
        app.advance(Duration::from_hours(1));
        assert_eq!(set(&opened(&app, ADA).await, PASSWORD).await.status, 200);
        assert_eq!(confirmed(&app).await, 1, "{mode:?}: it was confirmed before");
        assert_eq!(app.user(ADA).await.first_name, "Augusta");
    }
}
