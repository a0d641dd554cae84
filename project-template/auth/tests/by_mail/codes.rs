//! Codes to type.

use std::time::Duration;

use auth::email_verification::{Method, Mode};
use auth::testing::{Engine, PASSWORD, TestApp};
use auth::tokens::Algorithm;
use serde_json::json;

use crate::support::*;

auth::on_both_engines! {
    a_code_confirms_once,
    five_guesses_are_all_and_the_right_code_is_not_looked_at_after_them,
    another_code_replaces_the_one_before_and_brings_no_guesses_back,
    a_code_expires,
    a_code_belongs_to_one_address,
    a_code_is_read_as_people_type_it_and_what_cannot_be_one_costs_no_guess,
    a_day_has_twenty_wrong_guesses,
    two_hundred_guesses_at_once_do_not_pass_the_budget,
    fifty_redemptions_at_once_are_one,
    a_code_believes_no_password_where_several_signed_up,
    a_code_goes_with_its_account_and_with_its_address,
    a_code_still_works_after_the_signing_key_was_replaced,
}

async fn a_code_confirms_once(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    let mail = app.mailbox().await.latest(ADA);
    assert!(!mail.text.contains("://"), "{}", mail.text);
    let reply = verify_code(&app, ADA, &mail.code()).await;
    assert_eq!((reply.status, reply.body.to_string()), (200, r#"{"message":"Email verified successfully."}"#.into()));
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
    let reply = verify_code(&app, ADA, &mail.code()).await;
    assert_eq!((reply.status, reply.text("code")), (400, "code_not_valid"));
}

async fn five_guesses_are_all_and_the_right_code_is_not_looked_at_after_them(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    let code = app.mailbox().await.latest(ADA).code();
    for _ in 0..5 {
        let reply = verify_code(&app, ADA, &wrong(&code)).await;
        assert_eq!((reply.status, reply.text("code")), (400, "code_not_valid"));
    }
    let reply = verify_code(&app, ADA, &code).await;
    assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (429, "throttled", "1200"));
    assert_eq!(resend(&app, ADA).await.status, 429, "nor is there another code");
    app.advance(Duration::from_mins(20));
    assert_eq!(resend(&app, ADA).await.status, 200);
    let code = app.mailbox().await.latest(ADA).code();
    assert_eq!(verify_code(&app, ADA, &code).await.status, 200);
}

async fn another_code_replaces_the_one_before_and_brings_no_guesses_back(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    let first = app.mailbox().await.latest(ADA).code();
    for _ in 0..3 {
        verify_code(&app, ADA, &wrong(&first)).await;
    }
    app.advance(Duration::from_mins(1));
    assert_eq!(resend(&app, ADA).await.status, 200);
    let second = app.mailbox().await.latest(ADA).code();
    assert_eq!(verify_code(&app, ADA, &first).await.status, 400);
    assert_eq!(verify_code(&app, ADA, &wrong(&second)).await.status, 400);
    assert_eq!(verify_code(&app, ADA, &second).await.status, 429, "five guesses in all");
}

async fn a_code_expires(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    let code = app.mailbox().await.latest(ADA).code();
    app.advance(app.auth.settings().codes.lifetime);
    assert_eq!(verify_code(&app, ADA, &code).await.text("code"), "code_not_valid");
}

async fn a_code_belongs_to_one_address(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    sign_up(&app, "bob@example.com", PASSWORD).await;
    let code = app.mailbox().await.latest("bob@example.com").code();
    assert_eq!(verify_code(&app, ADA, &code).await.text("code"), "code_not_valid");
    assert_eq!(verify_code(&app, "nobody@example.com", &code).await.text("code"), "code_not_valid");
    assert_eq!(verify_code(&app, "BOB@example.com", &format!(" {code} ")).await.status, 200);
}

async fn a_code_is_read_as_people_type_it_and_what_cannot_be_one_costs_no_guess(engine: Engine) {
    let wide = |code: &str| code.chars().filter_map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10)).collect();
    let ways: [fn(&str) -> String; 4] = [
        |code| format!(" {} {}\u{a0}\n", &code[..3], &code[3..]),
        |code| format!("{}-{}", &code[..3], &code[3..]),
        |code| format!("\u{200b}{code}\u{feff}"),
        wide,
    ];
    for write in ways {
        let app = strict(engine, Method::Code).await;
        sign_up(&app, ADA, PASSWORD).await;
        let code = app.mailbox().await.latest(ADA).code();
        for text in [&code[1..], &format!("{code}0"), "O12345", "see my mail"] {
            for _ in 0..3 {
                let reply = verify_code(&app, ADA, text).await;
                assert_eq!((reply.status, reply.text("code")), (400, "code_not_valid"), "{text}");
            }
        }
        assert_eq!(verify_code(&app, ADA, &write(&code)).await.status, 200, "{}", write(&code));
    }
}

async fn a_day_has_twenty_wrong_guesses(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    for round in 0..4 {
        let code = app.mailbox().await.latest(ADA).code();
        for _ in 0..5 {
            assert_eq!(verify_code(&app, ADA, &wrong(&code)).await.status, 400);
        }
        app.advance(Duration::from_mins(21));
        let expected = if round < 3 { 200 } else { 429 };
        assert_eq!(resend(&app, ADA).await.status, expected, "round {round}");
    }
    app.advance(Duration::from_hours(24));
    assert_eq!(resend(&app, ADA).await.status, 200);
}

async fn two_hundred_guesses_at_once_do_not_pass_the_budget(engine: Engine) {
    let app = strict(engine, Method::Code).await.at_two_instances(router).await;
    sign_up(&app, ADA, PASSWORD).await;
    let code = app.mailbox().await.latest(ADA).code();
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let (app, code) = (app.clone(), wrong(&code));
            tokio::spawn(async move { verify_code(&app, ADA, &code).await.status })
        })
        .collect();
    let mut looked_at = 0;
    for task in tasks {
        looked_at += usize::from(task.await.unwrap() == 400);
    }
    assert_eq!(looked_at, 5);
    assert_eq!(verify_code(&app, ADA, &code).await.status, 429);
}

async fn fifty_redemptions_at_once_are_one(engine: Engine) {
    let app = strict(engine, Method::Code).await.at_two_instances(router).await;
    for round in 0..5 {
        let email = format!("ada{round}@example.com");
        sign_up(&app, &email, PASSWORD).await;
        let code = app.mailbox().await.latest(&email).code();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (app, email, code) = (app.clone(), email.clone(), code.clone());
                tokio::spawn(async move { verify_code(&app, &email, &code).await.status })
            })
            .collect();
        let mut confirmed = 0;
        for task in tasks {
            confirmed += usize::from(task.await.unwrap() == 200);
        }
        assert_eq!(confirmed, 1);
    }
}

async fn a_code_believes_no_password_where_several_signed_up(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, EVES_PASSWORD).await;
    app.advance(Duration::from_mins(1));
    sign_up(&app, ADA, PASSWORD).await;
    let code = app.mailbox().await.latest(ADA).code();
    assert_eq!(verify_code(&app, ADA, &code).await.status, 200);
    assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials");
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
}

async fn a_code_goes_with_its_account_and_with_its_address(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Optional;
        settings.email_verification.method = Method::Both;
    })
    .await;
    let eve = app.signed_in(ADA).await;
    let code = app.mailbox().await.latest(ADA).code();
    assert_eq!(eve.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
    app.signed_in(ADA).await;
    assert_eq!(verify_code(&app, ADA, &code).await.text("code"), "code_not_valid");

    let eve = app.signed_in("eve@example.com").await;
    let code = app.mailbox().await.latest("eve@example.com").code();
    let body = json!({ "email": "eve@new.example.com", "password": PASSWORD });
    assert_eq!(eve.post("/jwt-allauth/user/email/", &body).await.status, 200);
    let link = app.mailbox().await.latest("eve@new.example.com").link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    app.signed_in("eve@example.com").await;
    assert_eq!(verify_code(&app, "eve@example.com", &code).await.text("code"), "code_not_valid");
}

async fn a_code_still_works_after_the_signing_key_was_replaced(engine: Engine) {
    let app = strict(engine, Method::Both).await;
    sign_up(&app, ADA, PASSWORD).await;
    sign_up(&app, "bob@example.com", PASSWORD).await;
    // Bob's mail waits in the outbox meanwhile.
    app.add_key("0002", Algorithm::EdDsa, None);
    let rotated = app.second_instance(router).await;
    let mailbox = rotated.mailbox().await;
    assert_eq!(verify_code(&rotated, ADA, &mailbox.latest(ADA).code()).await.status, 200);
    let link = mailbox.latest("bob@example.com").link();
    assert_eq!(rotated.client().post(&link, &json!({})).await.status, 200);
}
