//! `login/code/` and `login/code/verify/`.

use std::time::Duration;

use auth::testing::{Engine, TestApp};
use auth::tokens::Algorithm;
use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, assert_code_not_valid, claims, code, router, start, wrong};

auth::on_both_engines!(
    a_mailed_code_signs_in_once,
    an_address_has_one_id_however_it_is_written_and_whichever_key_signs,
    five_guesses_are_all_and_another_code_brings_none_back,
    two_hundred_guesses_at_once_at_two_instances_do_not_pass_the_budget,
    of_many_who_show_the_right_code_at_once_one_is_signed_in,
    of_many_who_ask_at_once_one_is_sent_a_code,
    a_client_address_is_blocked_after_ten_wrong_codes,
    a_client_network_asks_a_hundred_times_at_once,
    mails_to_an_address_have_pauses_and_an_end,
    a_strangers_guesses_spend_the_strangers_request,
    where_somebody_signed_in_from_lately_no_stranger_keeps_them_out,
    of_many_who_show_one_code_with_and_without_its_request_one_is_signed_in,
);

async fn a_mailed_code_signs_in_once(engine: Engine) {
    let app = start(engine).await;
    let code = code(&app, ADA).await;
    let mut client = app.client();
    let reply = client.show_code("Ada@Example.com", &format!(" {code} ")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(client.refresh().await.status, 200);
    assert_code_not_valid(&app.client().show_code(ADA, &code).await);
    app.advance(Duration::from_mins(1));
    let late = super::code(&app, ADA).await;
    app.advance(app.auth.settings().codes.lifetime);
    assert_code_not_valid(&app.client().show_code(ADA, &late).await);
    assert_code_not_valid(&app.client().show_code("bob@example.com", &late).await);
}

async fn an_address_has_one_id_however_it_is_written_and_whichever_key_signs(engine: Engine) {
    let app = start(engine).await;
    let ada = claims(&app.signed_in(ADA).await).await;
    assert_eq!((&ada["email"], &ada["email_verified"], &ada["role"]), (&json!(ADA), &json!(true), &json!(0)));
    let id: uuid::Uuid = ada["sub"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 8);
    app.add_key("0002", Algorithm::EdDsa, None);
    let rotated = app.second_instance(router).await;
    app.advance(Duration::from_mins(1));
    let same = claims(&rotated.signed_in("Ada@example.com").await).await;
    assert_eq!((&same["sub"], &same["email"]), (&ada["sub"], &ada["email"]));
    assert_ne!(claims(&app.signed_in("eve@example.com").await).await["sub"], ada["sub"]);
}

async fn five_guesses_are_all_and_another_code_brings_none_back(engine: Engine) {
    let app = start(engine).await;
    let first = code(&app, ADA).await;
    for _ in 0..4 {
        assert_code_not_valid(&app.client().show_code(ADA, &wrong(&first)).await);
    }
    app.advance(Duration::from_mins(1));
    let second = code(&app, ADA).await;
    assert_code_not_valid(&app.client().show_code(ADA, if first == second { "x" } else { &first }).await);
    let reply = app.client().show_code(ADA, &second).await;
    assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (429, "throttled", "1200"));
    app.advance(Duration::from_mins(20));
    let third = code(&app, ADA).await;
    assert_eq!(app.client().show_code(ADA, &third).await.status, 200);
}

async fn two_hundred_guesses_at_once_at_two_instances_do_not_pass_the_budget(engine: Engine) {
    let app = start(engine).await;
    let second = app.second_instance(router).await;
    let code = code(&app, ADA).await;
    let guesses = (0..200).map(|number| {
        let (mut client, code) = (if number % 2 == 0 { app.client() } else { second.client() }, wrong(&code));
        async move { client.show_code(ADA, &code).await.status }
    });
    let mut looked_at = 0;
    for status in guesses.collect::<JoinSet<_>>().join_all().await {
        assert!(matches!(status, 401 | 429), "{status}");
        looked_at += usize::from(status == 401);
    }
    assert_eq!(looked_at, 5);
    assert_eq!(app.client().show_code(ADA, &code).await.status, 429);
}

async fn of_many_who_show_the_right_code_at_once_one_is_signed_in(engine: Engine) {
    let app = super::configured(engine, "[codes]\nattempts = 20").await;
    let second = app.second_instance(router).await;
    for _ in 0..20 {
        app.advance(Duration::from_mins(30));
        let code = code(&app, ADA).await;
        let shown = (0..10).map(|number| {
            let (mut client, code) = (if number % 2 == 0 { app.client() } else { second.client() }, code.clone());
            async move { client.show_code(ADA, &code).await.status }
        });
        let statuses = shown.collect::<JoinSet<_>>().join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    }
}

async fn of_many_who_ask_at_once_one_is_sent_a_code(engine: Engine) {
    let app = start(engine).await;
    let second = app.second_instance(router).await;
    let asked = (0..50).map(|number| {
        let client = if number % 2 == 0 { app.client() } else { second.client() };
        async move { client.ask_for_code(ADA).await.status }
    });
    let statuses = asked.collect::<JoinSet<_>>().join_all().await;
    let sent = statuses.iter().filter(|status| **status == 204).count();
    assert_eq!((sent, app.mailbox().all().len()), (1, 1));
}

async fn a_client_address_is_blocked_after_ten_wrong_codes(engine: Engine) {
    let app = start(engine).await;
    let code = code(&app, ADA).await;
    let stranger = || app.client().from_address("198.51.100.7");
    for number in 0..10 {
        let email = format!("user{number}@example.com");
        assert_eq!(app.client().ask_for_code(&email).await.status, 204);
        assert_code_not_valid(&stranger().show_code(&email, "000000").await);
    }
    let reply = stranger().show_code(ADA, &code).await;
    assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (429, "throttled", "900"));
    let forged = stranger().with_header("x-forwarded-for", "203.0.113.7").show_code(ADA, &code).await;
    assert_eq!(forged.status, 429, "nobody vouches for the header");
    let mut elsewhere = app.client().from_address("203.0.113.7");
    assert_eq!(elsewhere.show_code(ADA, &code).await.status, 200, "the code was not looked at, nor used");
    app.advance(Duration::from_mins(15));
    let late = super::code(&app, ADA).await;
    assert_eq!(stranger().show_code(ADA, &late).await.status, 200);
}

async fn a_client_network_asks_a_hundred_times_at_once(engine: Engine) {
    let app = start(engine).await;
    let asked = (0..130).map(|number| {
        let client = app.client().from_address(&format!("2001:db8:1:2::{number:x}"));
        async move { client.ask_for_code(&format!("user{number}@example.com")).await.status }
    });
    let mut possible = 0;
    for status in asked.collect::<JoinSet<_>>().join_all().await {
        assert!(matches!(status, 204 | 429), "{status}");
        possible += usize::from(status == 204);
    }
    assert_eq!(possible, 100);
    let other = app.client().from_address("2001:db8:1:3::1");
    assert_eq!(other.ask_for_code(ADA).await.status, 204);
}

async fn mails_to_an_address_have_pauses_and_an_end(engine: Engine) {
    let app = start(engine).await;
    for _ in 0..4 {
        code(&app, ADA).await;
        let again = app.client().ask_for_code(ADA).await;
        assert_eq!(again.status, 429, "{again:?}");
        app.advance(Duration::from_mins(1));
    }
    let reply = app.client().ask_for_code(ADA).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "1140"));
    assert_eq!(app.mailbox().all().len(), 4);
    app.advance(Duration::from_mins(19));
    code(&app, ADA).await;
}

const HOME: &str = "198.51.100.1";
const ELSEWHERE: &str = "203.0.113.7";

/// Asks for a code, and gives the request and the code that was mailed.
async fn ask(app: &TestApp, address: &str) -> (String, String) {
    let client = app.client().from_address(address).with_header("prefer", "return=representation");
    let reply = client.ask_for_code(ADA).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    (reply.text("request").to_owned(), app.mailbox().latest(ADA).code())
}

async fn show(app: &TestApp, address: &str, request: &str, code: &str) -> u16 {
    let body = json!({ "email": ADA, "code": code, "request": request });
    app.client().from_address(address).post("/jwt-allauth/login/code/verify/", &body).await.status
}

async fn a_strangers_guesses_spend_the_strangers_request(engine: Engine) {
    let app = super::configured(engine, "[throttle]\naddress_failures = 1000").await;
    let (request, code) = ask(&app, "192.0.2.1").await;
    app.advance(Duration::from_mins(1));
    let (strangers, others) = ask(&app, ELSEWHERE).await;
    for request in [strangers.as_str(), ""] {
        for _ in 0..5 {
            assert_eq!(show(&app, ELSEWHERE, request, &wrong(&others)).await, 401);
        }
        assert_eq!(show(&app, ELSEWHERE, request, &others).await, 429);
    }
    assert_eq!(show(&app, "192.0.2.1", &request, &code).await, 200);
}

async fn where_somebody_signed_in_from_lately_no_stranger_keeps_them_out(engine: Engine) {
    let app = super::configured(engine, "[throttle]\naddress_failures = 1000").await;
    let code = code(&app, ADA).await;
    assert_eq!(show(&app, HOME, "", &code).await, 200);
    for round in 0..6 {
        app.advance(Duration::from_mins(20));
        let asked = app.client().from_address(ELSEWHERE).ask_for_code(ADA).await;
        assert_eq!(asked.status, if round < 4 { 204 } else { 429 }, "{round}");
        for _ in 0..5 {
            show(&app, ELSEWHERE, "", "000000").await;
        }
    }
    assert_eq!(app.client().from_address("192.0.2.1").ask_for_code(ADA).await.status, 429, "a stranger");
    assert_eq!(app.client().from_address(HOME).ask_for_code(ADA).await.status, 204);
    let code = app.mailbox().latest(ADA).code();
    assert_eq!(show(&app, ELSEWHERE, "", &code).await, 429);
    assert_eq!(show(&app, HOME, "", &code).await, 200);
}

async fn of_many_who_show_one_code_with_and_without_its_request_one_is_signed_in(engine: Engine) {
    let app = start(engine).await;
    let second = app.second_instance(router).await;
    for _ in 0..10 {
        let (request, code) = ask(&app, HOME).await;
        let shown = (0..8).map(|number| {
            let (app, code) = (if number % 2 == 0 { app.clone() } else { second.clone() }, code.clone());
            let request = if number % 4 < 2 { request.clone() } else { String::new() };
            async move { show(&app, HOME, &request, &code).await }
        });
        let statuses = shown.collect::<JoinSet<_>>().join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        // Those that came too late were guesses.
        app.advance(Duration::from_hours(24));
    }
}
