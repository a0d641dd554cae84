//! Who comes in, and for how long.

use std::time::Duration;

use auth::sessions::{TokenKinds, invalidate};
use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::json;

use super::{
    ADA, BOSS, HELPER, assert_outside, at_the_door, html, id, router, set_role, sign_in, signed_in, start, token,
};

auth::on_both_engines!(
    staff_come_in_and_everybody_else_is_told_the_same,
    strangers_are_led_to_the_sign_in_wherever_they_go,
    the_cookie_is_for_these_pages_and_no_script,
    a_role_or_a_session_that_is_taken_away_is_gone_at_once,
    half_an_hour_of_silence_and_twelve_hours_in_any_case_end_it,
    signing_out_ends_the_session,
    a_form_without_its_token_or_from_elsewhere_is_refused,
    tokens_of_the_api_open_nothing_here_and_the_cookie_nothing_there,
    wrong_passwords_are_counted_with_those_of_the_api,
    it_can_be_elsewhere_turned_off_and_kept_to_some_networks,
    it_is_no_part_of_the_api_description,
);

const PAGES: [&str; 5] = ["/admin/", "/admin", "/admin/audit/", "/admin/upkeep/", "/admin/users/x/"];

async fn staff_come_in_and_everybody_else_is_told_the_same(engine: Engine) {
    let app = start(engine).await;
    for email in [BOSS, HELPER] {
        let mut browser = signed_in(&app, email).await;
        assert!(html(&browser.visit("/admin/").await).contains(email));
        assert_eq!(browser.visit("/admin/sign-in/").await.header("location"), "/admin/", "once is enough");
    }
    let mut answers = Vec::new();
    for (email, password) in [(ADA, PASSWORD), (BOSS, "wrong"), ("nobody@example.com", PASSWORD)] {
        let (mut browser, reply) = sign_in(&app, email, password).await;
        assert_eq!(reply.status, 401);
        let text = html(&reply).split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
        answers.push(text);
        assert_outside(&browser.visit("/admin/").await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let log = app.audit_log().await;
    let last: Vec<_> = log[log.len() - 3..].iter().map(|row| row.detail.as_deref().unwrap()).collect();
    assert_eq!(last, ["not_staff", "wrong_password", "unknown_address"]);
    assert!(log.iter().any(|row| row.kind == "sign_in" && row.detail.as_deref() == Some("admin")));
}

async fn strangers_are_led_to_the_sign_in_wherever_they_go(engine: Engine) {
    let app = start(engine).await;
    let ada = id(&app, ADA).await;
    let page = format!("/admin/users/{ada}/");
    for path in PAGES.into_iter().chain([page.as_str()]) {
        if path != "/admin/users/x/" {
            assert_outside(&app.client().visit(path).await);
        }
    }
    for path in ["/admin/upkeep/", "/admin/sign-out/", &format!("{page}deactivate/")] {
        assert_outside(&app.client().submit(path, &[("csrf_token", "x")]).await);
    }
}

async fn the_cookie_is_for_these_pages_and_no_script(engine: Engine) {
    let app = start(engine).await;
    let (_, reply) = sign_in(&app, BOSS, PASSWORD).await;
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("admin_session=")).unwrap();
    assert!(session.ends_with("; HttpOnly; SameSite=Strict; Path=/admin/; Max-Age=1800"), "{session}");
    assert!(!session.contains(&id(&app, BOSS).await.to_string()));
    assert_eq!(reply.header("cache-control"), "no-store");
    let mut browser = signed_in(&app, BOSS).await;
    let policy = browser.visit("/admin/").await.header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
}

async fn a_role_or_a_session_that_is_taken_away_is_gone_at_once(engine: Engine) {
    let app = start(engine).await;
    let helper = id(&app, HELPER).await;
    let mut browser = signed_in(&app, HELPER).await;
    set_role(&app, HELPER, 0).await;
    assert_outside(&browser.visit("/admin/").await);
    set_role(&app, HELPER, 900).await;
    assert_eq!(browser.visit("/admin/").await.status, 200, "it was the role");

    invalidate(&app.auth, helper, TokenKinds::All).await.unwrap();
    assert_outside(&browser.visit("/admin/").await);

    let mut browser = signed_in(&app, HELPER).await;
    let mut api = app.client();
    api.login(HELPER, PASSWORD).await;
    api.post("/jwt-allauth/logout-all/", &json!({})).await;
    assert_outside(&browser.visit("/admin/").await);

    let mut browser = signed_in(&app, HELPER).await;
    auth::account::set_active(&app.auth, helper, false).await.unwrap();
    assert_outside(&browser.visit("/admin/").await);
    auth::account::set_active(&app.auth, helper, true).await.unwrap();
    assert_outside(&browser.visit("/admin/").await);
}

async fn half_an_hour_of_silence_and_twelve_hours_in_any_case_end_it(engine: Engine) {
    let app = start(engine).await;
    let mut silent = signed_in(&app, BOSS).await;
    let mut busy = signed_in(&app, BOSS).await;
    app.advance(Duration::from_mins(29));
    assert_eq!(busy.visit("/admin/").await.status, 200);
    app.advance(Duration::from_mins(1));
    assert_outside(&silent.visit("/admin/").await);
    for _ in 0..23 {
        assert_eq!(busy.visit("/admin/").await.status, 200);
        app.advance(Duration::from_mins(29));
    }
    assert_eq!(busy.visit("/admin/").await.status, 200);
    app.advance(Duration::from_mins(24));
    assert_outside(&busy.visit("/admin/").await);
}

async fn signing_out_ends_the_session(engine: Engine) {
    let app = start(engine).await;
    let mut browser = signed_in(&app, BOSS).await;
    let kept = browser.clone();
    let token = token(&browser.visit("/admin/").await);
    let reply = browser.submit("/admin/sign-out/", &[("csrf_token", &token)]).await;
    assert_outside(&reply);
    assert!(!browser.cookies.contains_key("admin_session"));
    assert_outside(&kept.clone().visit("/admin/").await);
}

async fn a_form_without_its_token_or_from_elsewhere_is_refused(engine: Engine) {
    let app = start(engine).await;
    let path = format!("/admin/users/{}/deactivate/", id(&app, ADA).await);
    let mut browser = signed_in(&app, BOSS).await;
    let mut other = signed_in(&app, BOSS).await;
    let others = token(&other.visit("/admin/").await);
    let (_, doors) = at_the_door(&app).await;
    for wrong in ["", "x", &others, &doors] {
        assert_eq!(browser.submit(&path, &[("csrf_token", wrong)]).await.status, 403, "{wrong}");
    }
    assert_eq!(browser.submit(&path, &[]).await.status, 403);
    let right = token(&browser.visit("/admin/").await);
    let foreign =
        browser.clone().with_header("origin", "https://evil.example").submit(&path, &[("csrf_token", &right)]).await;
    assert_eq!(foreign.status, 403);
    let (mut stranger, token) = at_the_door(&app).await;
    stranger.cookies.clear();
    let form = [("csrf_token", token.as_str()), ("email", BOSS), ("password", PASSWORD)];
    assert_eq!(stranger.submit("/admin/sign-in/", &form).await.status, 403, "the form of another browser");
    assert!(super::is_active(&app, ADA).await);
}

async fn tokens_of_the_api_open_nothing_here_and_the_cookie_nothing_there(engine: Engine) {
    let app = start(engine).await;
    let mut api = app.client();
    api.login(BOSS, PASSWORD).await;
    assert_outside(&api.visit("/admin/").await);
    for value in [api.access.clone(), api.refresh.clone()] {
        let mut client = app.client();
        client.cookies.insert("admin_session".into(), value);
        assert_outside(&client.visit("/admin/").await);
    }
    let browser = signed_in(&app, BOSS).await;
    let cookie = browser.cookies["admin_session"].clone();
    assert_eq!(app.client().holding(&cookie, &cookie).get("/jwt-allauth/user/").await.status, 401);
    assert_eq!(app.client().holding("", &cookie).refresh().await.status, 401);
}

async fn wrong_passwords_are_counted_with_those_of_the_api(engine: Engine) {
    let app = start(engine).await;
    for _ in 0..20 {
        sign_in(&app, BOSS, "wrong").await;
    }
    let (_, reply) = sign_in(&app, BOSS, PASSWORD).await;
    assert_eq!(reply.status, 429, "{reply:?}");
    assert_ne!(reply.header("retry-after"), "");
    assert_eq!(app.client().login(BOSS, PASSWORD).await.status, 429);
}

async fn it_can_be_elsewhere_turned_off_and_kept_to_some_networks(engine: Engine) {
    let elsewhere = TestApp::configured(engine, router, "[admin]\npath = \"/staff/only\"").await;
    assert_eq!(elsewhere.client().visit("/staff/only/").await.header("location"), "/staff/only/sign-in/");
    assert_eq!(elsewhere.client().visit("/admin/").await.status, 404);

    let below = "[http]\npublic_url = \"https://example.com/auth\"";
    let below = TestApp::configured(engine, router, below).await;
    assert_eq!(below.client().visit("/admin/").await.header("location"), "/auth/admin/sign-in/");

    let off = TestApp::configured(engine, router, "[admin]\nenabled = false").await;
    let private = TestApp::configured(engine, router, "[admin]\nnetworks = [\"10.0.0.0/8\"]").await;
    for app in [off, private] {
        for path in PAGES.into_iter().chain(["/admin/sign-in/"]) {
            assert_eq!(app.client().visit(path).await.status, 404, "{path}");
        }
    }
}

async fn it_is_no_part_of_the_api_description(engine: Engine) {
    let app = start(engine).await;
    let spec = app.client().get("/openapi.json").await.body;
    assert!(spec["paths"].as_object().unwrap().keys().all(|path| !path.contains("admin")));
}
