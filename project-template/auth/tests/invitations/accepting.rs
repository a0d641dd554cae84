//! What the link of an invitation gives, and the password that is set with it.

use axum::body::Body;
use axum::http::{Method, Request};

use super::*;

auth::on_both_engines!(
    opening_the_link_gives_the_cookies_of_the_form_and_no_session,
    setting_a_password_signs_in_with_the_role_and_verifies_the_address,
    the_link_can_be_opened_until_a_password_is_set_and_its_latest_cookie_counts,
    a_program_that_only_looks_takes_nothing_away,
    a_password_that_is_refused_leaves_the_cookie_valid,
    without_its_cookie_or_token_no_password_is_set,
    a_broken_bearer_is_ignored_at_the_link_and_the_password,
    the_cookie_lasts_a_day_and_never_longer_than_the_invitation,
    a_deactivated_guest_has_a_dead_link_and_a_dead_cookie,
    an_invitation_is_worth_no_more_than_its_inviter,
    where_a_second_factor_is_required_the_password_leads_to_its_setup,
    whoever_invited_is_told_that_it_was_accepted,
    a_guest_has_no_other_way_in,
    tokens_travel_as_is_asked_for,
);

async fn opening_the_link_gives_the_cookies_of_the_form_and_no_session(engine: Engine) {
    let (app, boss) = start(engine).await;
    assert_invited(&invite(&boss, GRACE, 0).await);
    let reply = app.client().get(&link(&app, GRACE).await).await;
    assert_eq!((reply.status, reply.header("location")), (302, format!("{FORM}?opened").as_str()));
    assert_eq!(reply.header("cache-control"), "no-store");
    let cookies: Vec<&str> =
        reply.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let [capability, csrf] = cookies.as_slice() else { panic!("{cookies:?}") };
    let attributes = |cookie: &str| cookie.split_once(';').unwrap().1.to_owned();
    assert!(capability.starts_with("set_password_access_token="), "{capability}");
    assert_eq!(attributes(capability), " HttpOnly; SameSite=Lax; Path=/; Max-Age=86400");
    assert!(csrf.starts_with("csrftoken="), "{csrf}");
    assert_eq!(attributes(csrf), " SameSite=Lax; Path=/; Max-Age=86400");
    assert!(app.user(GRACE).await.is_guest());
}

async fn setting_a_password_signs_in_with_the_role_and_verifies_the_address(engine: Engine) {
    let (app, boss) = start(engine).await;
    let mut browser = invited(&app, &boss, GRACE, 900).await;
    let reply = set(&browser, PASSWORD).await;
    let (access, lifetime) = (reply.text("access"), reply.body["expires_in"].clone());
    let body = json!({ "access": access, "expires_in": lifetime, "detail": "Password set." });
    assert_eq!((reply.status, &reply.body, reply.header("cache-control")), (200, &body, "no-store"));
    let claims = claims(&app, &reply).await;
    assert_eq!((&claims["role"], &claims["email_verified"]), (&json!(900), &json!(true)), "{claims}");
    let user = app.user(GRACE).await;
    assert!(!user.is_guest() && user.email_verified && user.password_proven);
    browser.keep(reply);
    assert!(!browser.refresh.is_empty() && browser.cookies.is_empty(), "the form's cookies are gone");
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(app.client().login(GRACE, PASSWORD).await.status, 200);
    assert!(!is_open(&app, &link(&app, GRACE).await).await);
    assert_eq!(count(&app, "invitations").await, 0);
}

async fn the_link_can_be_opened_until_a_password_is_set_and_its_latest_cookie_counts(engine: Engine) {
    let (app, boss) = start(engine).await;
    let first = invited(&app, &boss, GRACE, 0).await;
    let link = link(&app, GRACE).await;
    app.advance(MINUTE);
    let second = opened(&app, &link).await;
    assert_dead(&set(&first, PASSWORD).await);
    assert_eq!(set(&second, PASSWORD).await.status, 200);
    assert_dead(&set(&second, "another horse and battery").await);
    assert_eq!(app.client().login(GRACE, PASSWORD).await.status, 200);
}

async fn a_program_that_only_looks_takes_nothing_away(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let link = link(&app, GRACE).await;
    let looked = app.client().send(Method::HEAD, &link, None).await;
    assert_eq!((looked.status, looked.header("set-cookie")), (302, ""), "{looked:?}");
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
    assert_eq!(app.client().send(Method::HEAD, &link, None).await.status, 404);
}

async fn a_password_that_is_refused_leaves_the_cookie_valid(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    for (first, second, problem) in [
        ("short", "short", "This password is too short. It must contain at least 8 characters."),
        ("grace@example", "grace@example", "The password is too similar to the email address."),
        (PASSWORD, "another", "The two password fields didn't match."),
    ] {
        let reply = browser.post(SET_PASSWORD, &json!({ "new_password1": first, "new_password2": second })).await;
        assert_eq!((reply.status, &reply.body), (400, &json!({ "new_password2": [problem] })));
    }
    let required = json!(["This field is required."]);
    let reply = browser.post(SET_PASSWORD, &json!({})).await;
    assert_eq!(reply.body, json!({ "new_password1": required, "new_password2": required }));
    assert!(app.user(GRACE).await.is_guest());
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
}

async fn without_its_cookie_or_token_no_password_is_set(engine: Engine) {
    let (app, boss) = start(engine).await;
    let reply = set(&app.client(), PASSWORD).await;
    assert_eq!(
        (reply.status, reply.text("code"), reply.header("www-authenticate")),
        (401, "not_authenticated", "Cookie")
    );
    let browser = invited(&app, &boss, GRACE, 0).await;
    let mut bare = browser.clone();
    bare.headers.clear();
    let missing = json!({ "detail": "CSRF Failed: CSRF token missing.", "code": "csrf_failed" });
    let reply = set(&bare, PASSWORD).await;
    assert_eq!((reply.status, &reply.body), (403, &missing));
    let other = invited(&app, &boss, "other@example.com", 0).await;
    let mut mixed = browser.clone();
    mixed.headers.clone_from(&other.headers);
    assert_eq!(set(&mixed, PASSWORD).await.text("detail"), "CSRF Failed: CSRF token incorrect.");
    // A capability of a reset is none of an invitation.
    let mut swapped = browser.clone();
    let value = swapped.cookies.remove("set_password_access_token").unwrap();
    swapped.cookies.insert("password_reset_access_token".into(), value.clone());
    let reply = swapped.post("/jwt-allauth/password/reset/set-new/", &passwords(PASSWORD)).await;
    assert_dead(&reply);
    swapped.cookies.insert("set_password_access_token".into(), format!("{value}AA"));
    assert_dead(&set(&swapped, PASSWORD).await);
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
}

async fn a_broken_bearer_is_ignored_at_the_link_and_the_password(engine: Engine) {
    let (app, boss) = start(engine).await;
    assert_invited(&invite(&boss, GRACE, 0).await);
    let link = link(&app, GRACE).await;
    let broken = |client: Client| client.with_header("authorization", "Bearer a.b.c");
    assert_eq!(broken(app.client()).get(&link).await.status, 302);
    let browser = opened(&app, &link).await;
    assert_eq!(set(&broken(browser), PASSWORD).await.status, 200);
}

async fn the_cookie_lasts_a_day_and_never_longer_than_the_invitation(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let link = link(&app, GRACE).await;
    app.advance(ALMOST_A_DAY);
    assert_eq!(set(&browser, "short").await.status, 400, "it is still good");
    app.advance(MINUTE);
    assert_dead(&set(&browser, PASSWORD).await);
    app.advance(ALMOST_TWO_DAYS);
    let browser = opened(&app, &link).await;
    app.advance(MINUTE);
    assert_dead(&set(&browser, PASSWORD).await);
    assert!(!is_open(&app, &link).await);
}

async fn a_deactivated_guest_has_a_dead_link_and_a_dead_cookie(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let link = link(&app, GRACE).await;
    for active in [false, true] {
        set_active(&app, GRACE, active).await;
        assert_dead(&set(&browser, PASSWORD).await);
        assert!(!is_open(&app, &link).await, "also once the account is active again: {active}");
    }
}

async fn an_invitation_is_worth_no_more_than_its_inviter(engine: Engine) {
    let (app, _) = start(engine).await;
    let staff = app.signed_in_as("staff@example.com", STAFF).await;
    let high = invited(&app, &staff, GRACE, STAFF).await;
    let low = invited(&app, &staff, "low@example.com", 5).await;
    let high_link = link(&app, GRACE).await;
    app.set_role("staff@example.com", 300).await;
    assert_dead(&set(&high, PASSWORD).await);
    assert!(!is_open(&app, &high_link).await);
    assert_eq!(set(&low, "short").await.status, 400, "what they may still give is good");
    set_active(&app, "staff@example.com", false).await;
    assert_dead(&set(&low, PASSWORD).await);
    set_active(&app, "staff@example.com", true).await;
    assert_eq!(set(&low, PASSWORD).await.status, 200);

    let staff = app.signed_in_as("leaver@example.com", STAFF).await;
    let late = invited(&app, &staff, "late@example.com", 0).await;
    let deleted = staff.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_dead(&set(&late, PASSWORD).await);
}

async fn where_a_second_factor_is_required_the_password_leads_to_its_setup(engine: Engine) {
    let toml = format!("{ON}{VERIFIED}[mfa]\nrequired_roles = [900]\n");
    let (app, boss) = configured(engine, &toml).await;
    let browser = invited(&app, &boss, GRACE, 900).await;
    let reply = set(&browser, PASSWORD).await;
    let id = reply.text("setup_challenge_id");
    let detail = "Password set. Please configure MFA to complete registration.";
    let body = json!({ "mfa_setup_required": true, "setup_challenge_id": id, "detail": detail });
    assert_eq!((reply.status, &reply.body), (200, &body));
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    assert!(cookies.iter().all(|cookie| cookie.contains("=; ")), "they only delete those of the form: {cookies:?}");
    assert!(!app.user(GRACE).await.is_guest());
    let setup = app.client().post("/jwt-allauth/mfa/setup/", &json!({ "setup_challenge_id": id })).await;
    let code = auth::testing::AuthenticatorApp::of(setup.text("secret")).code(&app);
    let body = json!({ "setup_challenge_id": id, "code": code });
    let activated = app.client().post("/jwt-allauth/mfa/activate/", &body).await;
    assert_eq!(claims(&app, &activated).await["role"], 900, "{activated:?}");
    assert_eq!(set(&invited(&app, &boss, "low@example.com", 0).await, PASSWORD).await.text("detail"), "Password set.");
}

async fn whoever_invited_is_told_that_it_was_accepted(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let before = app.mailbox().await.to(BOSS).len();
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
    let mails = app.mailbox().await.to(BOSS).split_off(before);
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.subject, "Your invitation to localhost was accepted");
    assert!([&mail.text, &mail.html].iter().all(|form| form.contains(GRACE)), "{mail:?}");
}

/// The application vouches for whoever has an account.
async fn callback(
    axum::extract::State(auth): axum::extract::State<Auth>,
    client: auth::http::Client,
    delivery: auth::sessions::Delivery,
) -> auth::Result<axum::response::Response> {
    let user = auth::users::by_email(&auth, GRACE).await?.ok_or_else(auth::Error::not_found)?;
    let sign_in = auth.sign_in(&user, &client, "example.com").await?;
    Ok(sign_in.answer(&auth, delivery, axum::http::StatusCode::OK, json!({})))
}

async fn a_guest_has_no_other_way_in(engine: Engine) {
    for mode in ["none", "optional", "mandatory"] {
        let toml = format!(
            "{ON}[email_verification]\nmode = \"{mode}\"\nmethod = \"both\"\n[login_codes]\ncreate_accounts = true\n\
             [codes]\nresend_cooldown = \"0s\"\n"
        );
        let router = |auth: Auth| {
            Router::new().route("/callback/", axum::routing::get(callback)).merge(auth.router()).with_state(auth)
        };
        let app = TestApp::configured(engine, router, &toml).await;
        let boss = app.signed_in_as(BOSS, SUPERUSER).await;
        assert_invited(&invite(&boss, GRACE, 900).await);
        let before = app.mailbox().await.to(GRACE).len();
        let asked = json!({ "email": GRACE });
        for (path, status) in
            [("password/reset/", 200), ("login/code/", 204), ("registration/verification/resend/", 200)]
        {
            let reply = app.client().post(&format!("/jwt-allauth/{path}"), &asked).await;
            let is_off = mode == "none" && path.contains("resend");
            assert_eq!(reply.status, if is_off { 404 } else { status }, "{path}: {reply:?}");
        }
        assert_eq!(app.mailbox().await.to(GRACE).len(), before, "{mode}: nothing was sent");
        assert_eq!(app.client().login(GRACE, "").await.status, 400);
        assert_eq!(app.client().login(GRACE, PASSWORD).await.status, 401);
        let reply = app.client().get("/callback/").await;
        assert_eq!((reply.status, reply.text("code")), (401, "email_not_verified"), "{mode}: {reply:?}");
        assert!(app.user(GRACE).await.is_guest());
        let browser = opened(&app, &link(&app, GRACE).await).await;
        assert_eq!(set(&browser, PASSWORD).await.status, 200, "the invitation is as good as before");
    }
}

async fn tokens_travel_as_is_asked_for(engine: Engine) {
    let (app, boss) = start(engine).await;
    let browser = invited(&app, &boss, GRACE, 0).await.with_header("prefer", "token");
    let reply = set(&browser, PASSWORD).await;
    assert!(!reply.text("refresh").is_empty(), "{reply:?}");
    // A form of a page without scripts is sent as such; a program may send one too.
    let browser = invited(&app, &boss, "form@example.com", 0).await;
    let body = format!("new_password1={0}&new_password2={0}", PASSWORD.replace(' ', "+"));
    let request = Request::post(SET_PASSWORD).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send_raw(request.body(Body::from(body)).unwrap()).await.status, 200);
}
