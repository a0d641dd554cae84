//! `http.return_urls`: a front end says with `next` where whoever opens a mail is led to.

use auth::http::ReturnUrl;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use axum::http::Method as Verb;
use serde_json::{Value, json};

use crate::support::*;

auth::on_both_engines! {
    whoever_confirms_an_address_is_led_to_where_the_sign_up_said,
    a_link_that_was_asked_for_again_leads_to_where_that_said,
    each_of_several_sign_ups_leads_to_where_it_said,
    whoever_sets_a_password_is_led_to_where_the_request_said,
    whoever_has_to_set_a_password_first_is_led_there_after_it,
    whoever_confirms_another_address_is_led_to_where_the_request_said,
    a_program_is_told_where_to_lead_its_user,
    an_address_that_is_not_allowed_is_refused_and_nothing_is_sent,
    who_has_an_account_does_not_show_in_what_becomes_of_an_address,
    nothing_that_is_added_to_a_link_changes_where_it_leads,
    an_address_that_is_no_longer_allowed_is_not_led_to,
}

const REGISTRATION: &str = "/jwt-allauth/registration/";
const RESEND: &str = "/jwt-allauth/registration/verification/resend/";
const RESET: &str = "/jwt-allauth/password/reset/";
const SET_NEW: &str = "/jwt-allauth/password/reset/set-new/";
const CHANGE: &str = "/jwt-allauth/user/email/";

const DEFAULT: &str = "https://app.example.com/welcome";
const CART: &str = "https://shop.example.com/back/cart?id=17";
const PREVIEW: &str = "https://pr-12.preview.example.com/hello";
const NEW: &str = "ada@new.example.com";

async fn start(engine: Engine) -> TestApp {
    let toml = r#"
        http = { return_urls = ["https://shop.example.com/back", "https://*.preview.example.com", "myapp://signed-in"] }
        email_verification = { mode = "mandatory", redirect = "https://app.example.com/welcome" }
        throttle = { enabled = false }
    "#;
    TestApp::configured(engine, router, toml).await
}

fn new_account(email: &str, next: &str) -> Value {
    json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD, "next": next })
}

async fn sign_up_for(app: &TestApp, next: &str) {
    let reply = app.client().post(REGISTRATION, &new_account(ADA, next)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
}

#[track_caller]
fn assert_leads(reply: &Reply, status: u16, to: &str) {
    assert_eq!((reply.status, reply.header("location")), (status, to), "{reply:?}");
}

#[track_caller]
fn assert_form_may_lead(page: &Reply, to: &str) {
    let policy = page.header("content-security-policy");
    assert!(page.status == 200 && policy.contains(&format!("form-action 'self'{to};")), "{page:?}");
}

async fn press(app: &TestApp, link: &str) -> Reply {
    browser(app).send(Verb::POST, link, None).await
}

async fn whoever_confirms_an_address_is_led_to_where_the_sign_up_said(engine: Engine) {
    let app = start(engine).await;
    sign_up_for(&app, CART).await;
    let link = link(&app).await;
    assert_form_may_lead(&browser(&app).get(&link).await, " https://shop.example.com");
    assert_leads(&press(&app, &link).await, 303, CART);
    assert_leads(&press(&app, &link).await, 303, CART);
    assert_leads(&browser(&app).get(&link).await, 302, CART);
}

async fn a_link_that_was_asked_for_again_leads_to_where_that_said(engine: Engine) {
    let app = start(engine).await;
    sign_up_for(&app, CART).await;
    app.advance(app.auth.settings().codes.resend_cooldown);
    let reply = app.client().post(RESEND, &json!({ "email": ADA, "next": "myapp://signed-in/now" })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let again = link(&app).await;
    assert_form_may_lead(&browser(&app).get(&again).await, " myapp:");
    assert_leads(&press(&app, &again).await, 303, "myapp://signed-in/now");
}

async fn each_of_several_sign_ups_leads_to_where_it_said(engine: Engine) {
    let app = start(engine).await;
    sign_up_for(&app, CART).await;
    sign_up_for(&app, PREVIEW).await;
    let mails = app.mailbox().await.to(ADA);
    assert_leads(&press(&app, &mails[1].link()).await, 303, PREVIEW);
}

/// A browser that has opened the link of a reset.
async fn opened(app: &TestApp, link: &str) -> Client {
    let mut browser = app.client();
    assert_eq!(browser.visit(link).await.status, 302);
    browser
}

async fn submit(browser: &mut Client) -> Reply {
    let token = browser.cookies["csrftoken"].clone();
    let fields = [("csrfmiddlewaretoken", &*token), ("new_password1", EVES_PASSWORD), ("new_password2", EVES_PASSWORD)];
    browser.submit(SET_NEW, &fields).await
}

async fn whoever_sets_a_password_is_led_to_where_the_request_said(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let reply = app.client().post(RESET, &json!({ "email": ADA, "next": PREVIEW })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut browser = opened(&app, &link(&app).await).await;
    let form = browser.visit("/jwt-allauth/password/reset/default/").await;
    assert_form_may_lead(&form, " https://pr-12.preview.example.com");
    assert_leads(&submit(&mut browser).await, 303, PREVIEW);

    app.advance(app.auth.settings().codes.resend_cooldown);
    app.client().post(RESET, &json!({ "email": ADA, "next": "" })).await;
    let mut browser = opened(&app, &link(&app).await).await;
    assert_form_may_lead(&browser.visit("/jwt-allauth/password/reset/default/").await, "");
    assert_leads(&submit(&mut browser).await, 303, "/jwt-allauth/password/reset/complete/");
}

async fn whoever_has_to_set_a_password_first_is_led_there_after_it(engine: Engine) {
    let app = start(engine).await;
    for _ in 0..7 {
        sign_up_for(&app, CART).await;
    }
    let mails = app.mailbox().await.to(ADA);
    let reply = press(&app, &mails[0].link()).await;
    assert!(reply.header("location").starts_with("/jwt-allauth/password/reset/confirm/"), "{reply:?}");
    let mut browser = opened(&app, reply.header("location")).await;
    assert_leads(&submit(&mut browser).await, 303, CART);
}

async fn whoever_confirms_another_address_is_led_to_where_the_request_said(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let mut client = app.client();
    client.login(ADA, PASSWORD).await;
    let reply = client.post(CHANGE, &json!({ "email": NEW, "password": PASSWORD, "next": CART })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let link = app.mailbox().await.latest(NEW).link();
    assert_form_may_lead(&browser(&app).get(&link).await, " https://shop.example.com");
    assert_leads(&press(&app, &link).await, 303, CART);
    assert_leads(&press(&app, &link).await, 303, CART);
    assert_leads(&browser(&app).get(&link).await, 302, CART);
}

async fn a_program_is_told_where_to_lead_its_user(engine: Engine) {
    let app = start(engine).await;
    sign_up_for(&app, CART).await;
    let reply = app.client().post(&link(&app).await, &json!({})).await;
    assert_eq!((reply.status, reply.body), (200, json!({ "detail": "E-mail address verified.", "next": CART })));

    app.client().post(RESET, &json!({ "email": ADA, "next": PREVIEW })).await;
    let mut browser = opened(&app, &link(&app).await).await;
    browser.headers.push(("x-csrftoken".into(), browser.cookies["csrftoken"].clone()));
    let reply = browser.post(SET_NEW, &json!({ "new_password1": PASSWORD, "new_password2": PASSWORD })).await;
    assert_eq!((reply.status, reply.text("next")), (200, PREVIEW));

    let mut client = app.client();
    client.login(ADA, PASSWORD).await;
    client.post(CHANGE, &json!({ "email": NEW, "password": PASSWORD, "next": CART })).await;
    let reply = app.client().post(&app.mailbox().await.latest(NEW).link(), &json!({})).await;
    assert_eq!((reply.status, reply.body), (200, json!({ "detail": "E-mail address changed.", "next": CART })));
}

/// The whole table is beside the rule, in `http`.
const NOT_ALLOWED: [&str; 12] = [
    "https://evil.example/",
    "//evil.example",
    "/welcome",
    "/\\evil.example",
    "javascript:alert(1)",
    "https://shop.example.com@evil.example/back",
    "https://shop.example.com.evil.example/back",
    "https://shop.example.com./back",
    "https://shop.example.com:8443/back",
    "https://shop.example.com/back/%2e%2e/other",
    "https://a.b.preview.example.com/",
    "https://app.example.com/welcome",
];

async fn an_address_that_is_not_allowed_is_refused_and_nothing_is_sent(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let mut client = app.client();
    client.login(ADA, PASSWORD).await;
    sign_up(&app, "bob@example.com", PASSWORD).await;
    app.advance(app.auth.settings().codes.resend_cooldown);
    let before = (app.mailbox().await.all().len(), app.audit_log().await.len());
    let refused = json!({ "next": ["This return address is not allowed."] });
    for next in NOT_ALLOWED {
        for (path, mut body) in [
            (REGISTRATION, new_account("eve@example.com", next)),
            (RESEND, json!({ "email": "bob@example.com" })),
            (RESET, json!({ "email": ADA })),
            (CHANGE, json!({ "email": NEW, "password": PASSWORD })),
        ] {
            body["next"] = next.into();
            let reply = client.post(path, &body).await;
            assert_eq!((reply.status, &reply.body), (400, &refused), "{path} {next}");
        }
    }
    let form = browser(&app).submit(RESET, &[("email", ADA), ("next", NOT_ALLOWED[0])]).await;
    assert!(form.status == 400 && form.body.as_str().unwrap().contains("This return address"), "{form:?}");
    assert_eq!((app.mailbox().await.all().len(), app.audit_log().await.len()), before);
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
    assert!(auth::users::by_email(&app.auth, "eve@example.com").await.unwrap().is_none());
}

async fn who_has_an_account_does_not_show_in_what_becomes_of_an_address(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    app.advance(app.auth.settings().codes.resend_cooldown);
    for (path, next) in [(REGISTRATION, CART), (REGISTRATION, NOT_ALLOWED[0]), (RESET, CART), (RESET, NOT_ALLOWED[0])] {
        let [known, unknown] = [ADA, "nobody@example.com"].map(|email| new_account(email, next));
        let (known, unknown) = (app.client().post(path, &known).await, app.client().post(path, &unknown).await);
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body), "{path} {next}");
    }
}

async fn nothing_that_is_added_to_a_link_changes_where_it_leads(engine: Engine) {
    let app = start(engine).await;
    sign_up(&app, ADA, PASSWORD).await;
    for next in ["https://evil.example/", PREVIEW] {
        let link = format!("{}?next={next}", link(&app).await);
        assert_form_may_lead(&browser(&app).get(&link).await, " https://app.example.com");
    }
    let added = format!("{}?next={PREVIEW}", link(&app).await);
    let reply = browser(&app).submit(&added, &[("next", PREVIEW)]).await;
    assert_leads(&reply, 303, DEFAULT);
}

async fn an_address_that_is_no_longer_allowed_is_not_led_to(engine: Engine) {
    let app = start(engine).await;
    sign_up_for(&app, CART).await;
    let link = link(&app).await;
    let app = app
        .second_instance_with(router, |settings| {
            settings.http.return_urls = vec![ReturnUrl::parse("https://shop.example.com/other").unwrap()];
        })
        .await;
    assert_form_may_lead(&browser(&app).get(&link).await, " https://app.example.com");
    assert_leads(&press(&app, &link).await, 303, DEFAULT);
}
