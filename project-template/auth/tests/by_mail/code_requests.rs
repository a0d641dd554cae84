//! Codes and the requests that asked for them: what a stranger does with one spends the stranger's.

use std::time::Duration;

use auth::email_verification::Method;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::*;

auth::on_both_engines! {
    a_strangers_guesses_spend_the_strangers_request,
    a_code_is_good_for_the_request_that_asked_for_it_and_for_no_other,
    a_browser_keeps_its_request_in_a_cookie,
    where_the_owner_signed_in_from_lately_no_stranger_keeps_them_out,
    many_requests_give_no_more_guesses_than_their_codes_have,
    two_hundred_guesses_at_once_at_one_request_are_five,
    of_many_who_show_one_code_with_and_without_its_request_one_is_signed_in,
    a_clock_that_was_fast_withholds_no_code_for_longer_than_a_lockout,
    guesses_at_a_new_account_spend_the_requests_of_whoever_makes_them,
}

const HOME: &str = "198.51.100.1";
const ELSEWHERE: &str = "203.0.113.7";
const ASK: &str = "/jwt-allauth/login/code/";
const SHOW: &str = "/jwt-allauth/login/code/verify/";

async fn start(engine: Engine) -> TestApp {
    let app = TestApp::start_with(engine, router, |settings| settings.throttle.address_failures = 1_000).await;
    let mut ada = app.client().from_address(HOME);
    assert_eq!(ada.register(ADA, PASSWORD).await.status, 201);
    app
}

fn from(app: &TestApp, address: &str) -> Client {
    app.client().from_address(address).with_header("prefer", "return=representation")
}

/// Asks for a code, and gives the request and the code that was mailed.
async fn ask(app: &TestApp, address: &str) -> (String, String) {
    let reply = from(app, address).post(ASK, &json!({ "email": ADA })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    (reply.text("request").to_owned(), app.mailbox().await.latest(ADA).code())
}

async fn show(app: &TestApp, address: &str, request: Option<&str>, code: &str) -> Reply {
    let mut body = json!({ "email": ADA, "code": code });
    if let Some(request) = request {
        body["request"] = json!(request);
    }
    from(app, address).post(SHOW, &body).await
}

#[track_caller]
fn assert_throttled(reply: &Reply, seconds: &str) {
    assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (429, "throttled", seconds));
}

async fn a_strangers_guesses_spend_the_strangers_request(engine: Engine) {
    let app = start(engine).await;
    let (request, code) = ask(&app, "192.0.2.1").await;
    app.advance(Duration::from_mins(1));
    let (strangers, others) = ask(&app, ELSEWHERE).await;
    for request in [Some(strangers.as_str()), None] {
        for _ in 0..5 {
            assert_not_valid(&show(&app, ELSEWHERE, request, &wrong(&others)).await);
        }
    }
    assert_throttled(&show(&app, ELSEWHERE, Some(&strangers), &others).await, "300");
    assert_throttled(&show(&app, ELSEWHERE, None, &others).await, "1200");
    assert_eq!(show(&app, "192.0.2.1", Some(&request), &code).await.status, 200, "what strangers guess is theirs");
    assert_eq!(app.client().from_address(ELSEWHERE).post(ASK, &json!({ "email": ADA })).await.status, 429);
}

async fn a_code_is_good_for_the_request_that_asked_for_it_and_for_no_other(engine: Engine) {
    let app = start(engine).await;
    let (first, code) = ask(&app, "192.0.2.1").await;
    app.advance(Duration::from_mins(1));
    let (second, later) = ask(&app, "192.0.2.1").await;
    if code != later {
        assert_not_valid(&show(&app, "192.0.2.1", Some(&second), &code).await);
    }
    let eve = from(&app, "192.0.2.1").post(ASK, &json!({ "email": "eve@example.com" })).await;
    let shown = show(&app, "192.0.2.1", Some(eve.text("request")), &later).await;
    assert_eq!(shown.status, 200, "one of another address is none: the last code counts");
    assert_not_valid(&show(&app, "192.0.2.1", Some(&first), &code).await);
    assert_not_valid(&show(&app, "192.0.2.1", Some("no request"), &later).await);
}

async fn a_browser_keeps_its_request_in_a_cookie(engine: Engine) {
    let app = start(engine).await;
    let browser = app.client().from_address("192.0.2.1");
    let reply = browser.post(ASK, &json!({ "email": ADA })).await;
    assert_eq!((reply.status, &reply.body), (204, &Value::Null), "as without it");
    let cookie = reply.header("set-cookie").to_owned();
    let (value, attributes) = cookie.split_once("; ").unwrap();
    assert!(value.starts_with("login_code_request=") && attributes.contains("HttpOnly"), "{cookie}");
    assert!(attributes.contains("Path=/jwt-allauth/login/code/") && attributes.contains("Max-Age=300"), "{cookie}");
    let code = app.mailbox().await.latest(ADA).code();
    for _ in 0..5 {
        assert_not_valid(&show(&app, ELSEWHERE, None, &wrong(&code)).await);
    }
    let body = json!({ "email": ADA, "code": code });
    assert_eq!(browser.post(SHOW, &body).await.status, 429, "of those who do not say");
    assert_eq!(browser.with_header("cookie", value).post(SHOW, &body).await.status, 200);
}

async fn where_the_owner_signed_in_from_lately_no_stranger_keeps_them_out(engine: Engine) {
    let app = start(engine).await;
    for round in 0..6 {
        let asked = from(&app, ELSEWHERE).post(ASK, &json!({ "email": ADA })).await;
        assert_eq!(asked.status, if round < 4 { 200 } else { 429 }, "{round}");
        for _ in 0..5 {
            show(&app, ELSEWHERE, None, "000000").await;
        }
        app.advance(Duration::from_mins(20));
    }
    assert_eq!(from(&app, "192.0.2.1").post(ASK, &json!({ "email": ADA })).await.status, 429, "a stranger");
    let reply = app.client().from_address(HOME).post(ASK, &json!({ "email": ADA })).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    let code = app.mailbox().await.latest(ADA).code();
    assert_throttled(&show(&app, ELSEWHERE, None, &code).await, "79200");
    assert_eq!(show(&app, HOME, None, &code).await.status, 200, "a client that knows nothing of requests");
}

async fn many_requests_give_no_more_guesses_than_their_codes_have(engine: Engine) {
    let app = start(engine).await;
    let mut looked_at = 0;
    for minute in 0..24 * 60 {
        let reply = from(&app, &format!("192.0.2.{}", minute % 250 + 1)).post(ASK, &json!({ "email": ADA })).await;
        if reply.status == 200 {
            for _ in 0..6 {
                looked_at +=
                    usize::from(show(&app, ELSEWHERE, Some(reply.text("request")), "000000").await.status == 401);
            }
        }
        app.advance(Duration::from_mins(1));
    }
    assert_eq!(looked_at, 20);
}

async fn two_hundred_guesses_at_once_at_one_request_are_five(engine: Engine) {
    let app = start(engine).await.at_two_instances(router).await;
    let (request, code) = ask(&app, "192.0.2.1").await;
    let mut guesses = JoinSet::new();
    for _ in 0..200 {
        let (app, request, code) = (app.clone(), request.clone(), wrong(&code));
        guesses.spawn(async move { show(&app, ELSEWHERE, Some(&request), &code).await.status });
    }
    let looked_at = guesses.join_all().await.iter().filter(|status| **status == 401).count();
    assert_eq!(looked_at, 5);
    assert_eq!(show(&app, ELSEWHERE, Some(&request), &code).await.status, 429);
}

async fn of_many_who_show_one_code_with_and_without_its_request_one_is_signed_in(engine: Engine) {
    let app = start(engine).await.at_two_instances(router).await;
    for _ in 0..10 {
        let (request, code) = ask(&app, HOME).await;
        let mut shown = JoinSet::new();
        for number in 0..8 {
            let (app, code) = (app.clone(), code.clone());
            let request = (number % 2 == 0).then(|| request.clone());
            let address = if number % 4 < 2 { HOME } else { "192.0.2.1" };
            shown.spawn(async move { show(&app, address, request.as_deref(), &code).await.status });
        }
        let signed_in = shown.join_all().await.iter().filter(|status| **status == 200).count();
        assert_eq!(signed_in, 1);
        // Those that came too late were guesses.
        app.advance(Duration::from_hours(24));
    }
}

async fn a_clock_that_was_fast_withholds_no_code_for_longer_than_a_lockout(engine: Engine) {
    let app = start(engine).await;
    app.advance(Duration::from_hours(12));
    let (_, code) = ask(&app, "192.0.2.1").await;
    for _ in 0..5 {
        assert_not_valid(&show(&app, ELSEWHERE, None, &wrong(&code)).await);
    }
    app.clock.set_back(Duration::from_hours(12));
    assert_throttled(&show(&app, "192.0.2.2", None, &code).await, "1200");
    assert_eq!(from(&app, "192.0.2.2").post(ASK, &json!({ "email": ADA })).await.status, 429);
    app.advance(Duration::from_mins(20));
    let (_, code) = ask(&app, "192.0.2.3").await;
    assert_eq!(show(&app, "192.0.2.3", None, &code).await.status, 200);
}

async fn guesses_at_a_new_account_spend_the_requests_of_whoever_makes_them(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    let mut ada = app.client().from_address(HOME).with_header("prefer", "return=representation");
    let signed_up = ada.register(ADA, PASSWORD).await;
    let cookie = signed_up.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("verification_request=") && cookie.contains("Path=/jwt-allauth/registration/"),
        "{cookie}"
    );
    let request = signed_up.text("request").to_owned();
    let code = app.mailbox().await.latest(ADA).code();
    for _ in 0..5 {
        assert_eq!(verify_code(&app, ADA, &wrong(&code)).await.status, 400);
    }
    assert_eq!(verify_code(&app, ADA, &code).await.status, 429);
    let verify = async |client: Client, request: Option<&str>| {
        let body = json!({ "email": ADA, "otp": code, "request": request });
        client.post("/jwt-allauth/registration/verify-otp/", &body).await
    };
    assert_eq!(verify(app.client(), Some("00000000000000000000000000000000")).await.status, 429);
    assert_eq!(verify(app.client(), Some(&request)).await.status, 200);
    // Whether or not there is an account, the answer has the same members.
    let nobody = app.client().with_header("prefer", "return=representation");
    let again = nobody.clone().register(ADA, PASSWORD).await;
    assert_eq!((again.status, again.text("request").len()), (201, request.len()));
    assert!(again.header("set-cookie").starts_with("verification_request="));
    let resent =
        nobody.post("/jwt-allauth/registration/verification/resend/", &json!({ "email": "bob@example.com" })).await;
    assert_eq!((resent.status, resent.text("request").len()), (200, request.len()));
}

fn assert_not_valid(reply: &Reply) {
    assert_eq!((reply.status, reply.text("code")), (401, "code_not_valid"), "{reply:?}");
}
