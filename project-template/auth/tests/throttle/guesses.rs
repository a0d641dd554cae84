//! One client and one account.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD};
use serde_json::json;

use super::{ADA, ELSEWHERE, HOME, NOBODY, WRONG, ada, login, outcome, start, throttled};

auth::on_both_engines!(
    after_five_wrong_passwords_the_right_one_is_not_looked_at_either,
    pauses_double_up_to_an_hour,
    an_unknown_address_is_answered_the_same_at_each_step,
    a_success_makes_the_budget_whole,
    wrong_passwords_are_counted_wherever_they_are_asked_for,
    every_spelling_of_an_address_and_of_the_path_is_one_budget,
    a_client_without_an_address_has_a_budget_too,
    an_attempt_that_was_not_compared_does_not_count,
    the_failures_of_a_day_ago_are_forgotten,
    turned_off_there_is_no_limit,
);

async fn after_five_wrong_passwords_the_right_one_is_not_looked_at_either(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..5 {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 401);
    }
    let before = app.password_hashes();
    for password in [WRONG, PASSWORD] {
        let reply = login(&app, ELSEWHERE, ADA, password).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, "30"));
        assert_eq!(reply.body, throttled(30));
    }
    assert_eq!(app.password_hashes(), before, "a refusal costs no hash");
    app.advance(Duration::from_secs(29));
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "1".into()));
    app.advance(Duration::from_secs(1));
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
}

async fn pauses_double_up_to_an_hour(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..4 {
        login(&app, ELSEWHERE, ADA, WRONG).await;
    }
    for pause in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 401, "before a pause of {pause}");
        assert_eq!(outcome(&app, ELSEWHERE, ADA, WRONG).await, (429, pause.to_string()));
        app.advance(Duration::from_secs(pause));
    }
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
}

async fn an_unknown_address_is_answered_the_same_at_each_step(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let mut answers = Vec::new();
    for (from, email) in [(ELSEWHERE, ADA), ("203.0.113.8", NOBODY)] {
        let mut course = Vec::new();
        for step in 0..12 {
            let mut reply = login(&app, from, email, WRONG).await;
            reply.headers.remove("x-request-id");
            course.push((reply.status, format!("{:?}", reply.headers), reply.body));
            if step > 8 {
                app.advance(Duration::from_secs(30));
            }
        }
        answers.push(course);
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].iter().any(|(status, ..)| *status == 429));
}

async fn a_success_makes_the_budget_whole(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(login(&app, HOME, ADA, WRONG).await.status, 401);
        }
        assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 200);
    }
}

async fn wrong_passwords_are_counted_wherever_they_are_asked_for(engine: Engine) {
    let app = start(engine).await;
    let ada = ada(&app).await;
    let change = json!({ "old_password": WRONG, "new_password1": "a new one 1", "new_password2": "a new one 1" });
    assert_eq!(login(&app, HOME, ADA, WRONG).await.status, 401);
    assert_eq!(ada.post("/jwt-allauth/password/change/", &change).await.status, 400);
    let email = json!({ "email": "new@example.com", "password": WRONG });
    assert_eq!(ada.post("/jwt-allauth/user/email/", &email).await.status, 400);
    let password = json!({ "password": WRONG });
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&password)).await.status, 400);
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&password)).await.status, 400);

    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.body, throttled(30));
    let change = json!({ "old_password": PASSWORD, "new_password1": "a new one 1", "new_password2": "a new one 1" });
    assert_eq!(ada.post("/jwt-allauth/password/change/", &change).await.body, throttled(30));
    let email = json!({ "email": "new@example.com", "password": PASSWORD });
    assert_eq!(ada.post("/jwt-allauth/user/email/", &email).await.body, throttled(30));
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.body, throttled(30));
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200, "the session goes on");
    app.advance(Duration::from_secs(30));
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
}

async fn every_spelling_of_an_address_and_of_the_path_is_one_budget(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for (number, email) in [ADA, "ADA@example.com", " ada@EXAMPLE.COM", "Ada@Example.com ", ADA].into_iter().enumerate()
    {
        let path = if number % 2 == 0 { "/jwt-allauth/login/" } else { "/jwt-allauth/login" };
        let from = if number % 2 == 0 { ELSEWHERE } else { "::ffff:203.0.113.7" };
        let reply = app.client().from_address(from).post(path, &json!({ "email": email, "password": WRONG })).await;
        assert_eq!(reply.status, 401);
    }
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 429);
}

async fn a_client_without_an_address_has_a_budget_too(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..5 {
        assert_eq!(app.client().login(ADA, WRONG).await.status, 401);
    }
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 429);
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 200);
    assert_eq!(app.client().login(NOBODY, WRONG).await.status, 401, "of each account");
}

async fn an_attempt_that_was_not_compared_does_not_count(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let occupied = app.occupy_password_workers();
    for _ in 0..20 {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 503);
    }
    drop(occupied);
    for _ in 0..5 {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 401);
    }
    assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 429);
}

async fn the_failures_of_a_day_ago_are_forgotten(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..5 {
        login(&app, ELSEWHERE, ADA, WRONG).await;
    }
    app.advance(Duration::from_hours(24));
    for _ in 0..5 {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 401);
    }
    assert_eq!(outcome(&app, ELSEWHERE, ADA, WRONG).await, (429, "30".into()));
}

async fn turned_off_there_is_no_limit(engine: Engine) {
    let app = auth::testing::TestApp::configured(engine, super::router, "[throttle]\nenabled = false").await;
    ada(&app).await;
    for _ in 0..40 {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 401);
    }
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
}
