//! Many clients that guess at one account, and its owner.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD};
use serde_json::json;

use super::{ADA, ELSEWHERE, HOME, NOBODY, WRONG, ada, address, login, outcome, start, strangers_guess};

auth::on_both_engines!(
    one_stranger_keeps_nobody_out,
    many_strangers_keep_strangers_out_and_not_the_owner,
    an_account_without_an_owner_is_closed_to_strangers_in_the_same_way,
    after_a_hundred_failures_a_stranger_needs_a_reset,
    a_reset_opens_the_account_again,
    an_address_is_known_for_thirty_days,
    where_the_owner_signs_in_the_failures_of_strangers_are_forgotten,
    a_stolen_session_gives_no_guesses_without_end,
);

async fn one_stranger_keeps_nobody_out(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..40 {
        login(&app, ELSEWHERE, ADA, WRONG).await;
    }
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 200);
    assert_eq!(login(&app, &address(1), ADA, PASSWORD).await.status, 200, "nor the owner who is on a journey");
}

async fn many_strangers_keep_strangers_out_and_not_the_owner(engine: Engine) {
    let app = start(engine).await;
    let mut ada = ada(&app).await;
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(outcome(&app, &address(30), ADA, WRONG).await, (429, "30".into()));
    assert_eq!(outcome(&app, &address(30), ADA, PASSWORD).await, (429, "30".into()));
    assert_eq!(login(&app, &address(30), NOBODY, WRONG).await.status, 401, "it is about the account");

    assert_eq!(ada.refresh().await.status, 200);
    let travelling = ada.clone().from_address("203.0.113.99");
    let change = json!({ "old_password": PASSWORD, "new_password1": "a new one 1", "new_password2": "a new one 1" });
    assert_eq!(travelling.post("/jwt-allauth/password/change/", &change).await.status, 200, "with a session");
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(outcome(&app, &address(30), ADA, WRONG).await, (429, "30".into()));
    assert_eq!(login(&app, "203.0.113.99", ADA, "a new one 1").await.status, 200, "where the owner was before");
}

async fn an_account_without_an_owner_is_closed_to_strangers_in_the_same_way(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for email in [ADA, NOBODY] {
        for (round, pause) in [30, 60, 120].into_iter().enumerate() {
            let first = if round == 0 { 0 } else { 19 + round };
            strangers_guess(&app, email, first..20 + round).await;
            assert_eq!(outcome(&app, &address(100), email, WRONG).await, (429, pause.to_string()), "{email}");
            app.advance(Duration::from_secs(pause));
        }
        app.advance(Duration::from_hours(1));
    }
}

async fn after_a_hundred_failures_a_stranger_needs_a_reset(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for number in 0..100 {
        assert_eq!(login(&app, &address(number), ADA, WRONG).await.status, 401, "guess {number}");
        app.advance(Duration::from_hours(1));
    }
    app.advance(Duration::from_hours(24 * 400));
    assert_eq!(outcome(&app, &address(200), ADA, PASSWORD).await, (429, "3600".into()));
}

async fn a_reset_opens_the_account_again(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..5 {
        assert_eq!(login(&app, HOME, ADA, WRONG).await.status, 401);
    }
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 429);

    let mut browser = app.client().from_address("198.51.100.77");
    let asked = browser.post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    assert_eq!(asked.status, 200);
    browser.visit(&app.mailbox().await.latest(ADA).link()).await;
    let token = browser.cookies["csrftoken"].clone();
    let body = json!({ "new_password1": "a new one 1", "new_password2": "a new one 1" });
    let reply = browser.with_header("x-csrftoken", &token).post("/jwt-allauth/password/reset/set-new/", &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(login(&app, HOME, ADA, "a new one 1").await.status, 200);
    assert_eq!(login(&app, &address(30), ADA, WRONG).await.status, 401);
}

async fn an_address_is_known_for_thirty_days(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    app.advance(Duration::from_hours(30 * 24 - 1));
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(login(&app, HOME, ADA, WRONG).await.status, 401, "it is looked at");
    app.advance(Duration::from_hours(1));
    strangers_guess(&app, ADA, 20..21).await;
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 429);
}

async fn where_the_owner_signs_in_the_failures_of_strangers_are_forgotten(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 200);
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(login(&app, &address(30), ADA, PASSWORD).await.status, 429);
}

async fn a_stolen_session_gives_no_guesses_without_end(engine: Engine) {
    let app = start(engine).await;
    let ada = ada(&app).await;
    let guess = async |from: String, password: &str| {
        let change =
            json!({ "old_password": password, "new_password1": "a new one 1", "new_password2": "a new one 1" });
        ada.clone().from_address(&from).post("/jwt-allauth/password/change/", &change).await
    };
    for number in 0..20 {
        assert_eq!(guess(address(number), WRONG).await.status, 400, "guess {number}");
    }
    let reply = guess(address(20), PASSWORD).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "30"));
    assert_eq!(guess(HOME.to_owned(), PASSWORD).await.status, 429, "nobody can tell the thief from the owner");
    assert_eq!(login(&app, &address(30), ADA, PASSWORD).await.status, 200, "who signs in is not concerned");
    app.advance(Duration::from_secs(30));
    assert_eq!(guess(address(21), PASSWORD).await.status, 200);
}
