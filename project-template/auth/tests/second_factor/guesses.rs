//! Guesses at second factors, and their budgets.

use std::time::Duration;

use super::*;

auth::on_both_engines!(
    a_challenge_takes_five_guesses,
    an_account_takes_ten_guesses_in_fifteen_minutes,
    the_fifteen_minutes_slide,
    a_success_forgives_and_neither_a_sign_in_nor_another_password_does,
    both_kinds_of_codes_count_together,
    the_budgets_hold_where_other_limits_are_off,
    guesses_of_sessions_count_too,
    a_fast_clock_locks_nobody_out_for_longer,
    a_right_code_that_comes_again_and_again_locks_nobody_out,
    a_right_code_that_comes_again_and_again_leaves_the_challenge_open,
);

/// Uses up this many guesses, of five for each challenge.
async fn guess(app: &TestApp, authenticator: &AuthenticatorApp, count: usize) -> Vec<Reply> {
    let mut replies = Vec::new();
    let mut id = String::new();
    for guess in 0..count {
        if guess % 5 == 0 {
            id = challenge(app).await;
        }
        replies.push(verify(app, &id, &authenticator.wrong_code(app)).await);
    }
    replies
}

fn assert_last(reply: &Reply) {
    assert_refused(reply, 400, "Too many failed attempts. Challenge invalidated.", "too_many_attempts");
}

async fn a_challenge_takes_five_guesses(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    for _ in 0..4 {
        assert_wrong(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
    }
    assert_last(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
    assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn an_account_takes_ten_guesses_in_fifteen_minutes(engine: Engine) {
    let (app, mut ada, authenticator) = enrolled(engine, "").await;
    let bystander = challenge(&app).await;
    let replies = guess(&app, &authenticator, 10).await;
    assert_last(&replies[4]);
    assert_eq!(assert_locked(&replies[9]), 900);
    app.advance(Duration::from_mins(1));
    for id in [&bystander] {
        assert_eq!(assert_locked(&verify(&app, id, &authenticator.code(&app)).await), 840);
        assert_locked(&verify_recovery(&app, id, &authenticator.recovery_codes[0]).await);
    }
    let reply = app.client().login(ADA, PASSWORD).await;
    let detail = "Too many failed MFA attempts. Try again later. Expected available in 840 seconds.";
    assert_refused(&reply, 429, detail, "mfa_locked");
    assert_eq!(reply.header("retry-after"), "840");
    let wrong = app.client().login(ADA, "wrong").await;
    assert_refused(&wrong, 401, "Incorrect credentials", "incorrect_credentials");
    assert_eq!(ada.refresh().await.status, 200, "sessions go on");
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("may know your password"), "{mail:?}");

    app.advance(Duration::from_mins(3));
    assert_locked(&verify(&app, &bystander, &authenticator.code(&app)).await);
    app.advance(Duration::from_secs(59));
    assert_locked(&verify(&app, &bystander, &authenticator.code(&app)).await);
    app.advance(Duration::from_secs(601));
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn the_fifteen_minutes_slide(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    guess(&app, &authenticator, 5).await;
    app.advance(Duration::from_mins(10));
    guess(&app, &authenticator, 4).await;
    app.advance(Duration::from_mins(5));
    // The first five are old.
    let replies = guess(&app, &authenticator, 5).await;
    assert_last(&replies[4]);
    let id = challenge(&app).await;
    assert_eq!(assert_locked(&verify(&app, &id, &authenticator.wrong_code(&app)).await), 600, "until four are old");
}

async fn a_success_forgives_and_neither_a_sign_in_nor_another_password_does(engine: Engine) {
    const NEW: &str = "another horse 17";
    let (app, ada, authenticator) = enrolled(engine, "").await;
    guess(&app, &authenticator, 9).await;
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
    let replies = guess(&app, &authenticator, 9).await;
    assert_wrong(&replies[8]);
    let new = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    assert_eq!(ada.post("/jwt-allauth/password/change/", &new).await.status, 200);
    let reply = app.client().login(ADA, NEW).await;
    assert_challenged(&reply);
    assert_locked(&verify(&app, reply.text("challenge_id"), &authenticator.wrong_code(&app)).await);
}

async fn both_kinds_of_codes_count_together(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    for _ in 0..2 {
        assert_wrong(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
        let reply = verify_recovery(&app, &id, "00000000").await;
        assert_refused(&reply, 400, "Invalid recovery code.", "invalid_recovery_code");
    }
    assert_last(&verify_recovery(&app, &id, "no code at all").await);
    let id = challenge(&app).await;
    for text in ["abcdef", "      1", "12345x"] {
        let reply = verify(&app, &id, text).await;
        assert_eq!(reply.status, 400, "{text} {reply:?}");
    }
    assert_wrong(&verify(&app, &id, "abcdef").await);
}

async fn the_budgets_hold_where_other_limits_are_off(engine: Engine) {
    let (app, _, authenticator) = enrolled(
        engine,
        "[throttle]\nenabled = false\n[mfa]\nchallenge_attempts = 3\naccount_attempts = 3\nlockout = \"1m\"",
    )
    .await;
    let replies = guess(&app, &authenticator, 3).await;
    assert_eq!(replies[2].header("retry-after"), "60");
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 429);
    app.advance(Duration::from_mins(1));
    challenge(&app).await;
}

async fn guesses_of_sessions_count_too(engine: Engine) {
    let (app, ada, authenticator) = enrolled(engine, "").await;
    for _ in 0..9 {
        assert_wrong(&ada.post(REAUTHENTICATE, &json!({ "code": authenticator.wrong_code(&app) })).await);
    }
    assert_locked(&ada.post(REAUTHENTICATE, &json!({ "code": authenticator.wrong_code(&app) })).await);
    assert_locked(&ada.post(REAUTHENTICATE, &json!({ "code": authenticator.next_code(&app) })).await);
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 429);
    assert_eq!(ada.post(REAUTHENTICATE, &json!({ "password": PASSWORD })).await.status, 200);
}

async fn a_fast_clock_locks_nobody_out_for_longer(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let id = challenge(&app).await;
    guess(&app, &authenticator, 9).await;
    auth::on!(app.auth.db(), pool => auth::sqlx::query("update second_factor_guesses set guessed_at = $1")
        .bind(app.auth.now() + time::Duration::days(1))
        .execute(pool)
        .await
        .map(drop))
    .unwrap();
    assert_eq!(assert_locked(&verify(&app, &id, &authenticator.wrong_code(&app)).await), 900);
}

async fn a_right_code_that_comes_again_and_again_locks_nobody_out(engine: Engine) {
    let (app, ada, authenticator) = enrolled(engine, PATIENT).await;
    let code = authenticator.next_code(&app);
    let recovery_code = &authenticator.recovery_codes[0];
    for attempt in 0..20 {
        let reply = ada.post(REAUTHENTICATE, &json!({ "code": code })).await;
        if attempt == 0 {
            assert_eq!(reply.status, 200, "{reply:?}");
        } else {
            assert_wrong(&reply);
        }
        let id = challenge(&app).await;
        let reply = verify_recovery(&app, &id, recovery_code).await;
        if attempt == 0 {
            assert_signed_in(&reply);
        } else {
            assert_refused(&reply, 400, "Invalid recovery code.", "invalid_recovery_code");
        }
    }
    // And together.
    app.advance(Duration::from_mins(1));
    let code = authenticator.code(&app);
    let again = || (app.client().holding(&ada.access, ""), REAUTHENTICATE, json!({ "code": code }));
    let replies = at_once((0..20).map(|_| again()).collect()).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    challenge(&app).await;
    // Other wrong codes still count.
    for _ in 0..9 {
        assert_wrong(&ada.post(REAUTHENTICATE, &json!({ "code": authenticator.wrong_code(&app) })).await);
    }
    assert_locked(&ada.post(REAUTHENTICATE, &json!({ "code": authenticator.wrong_code(&app) })).await);
}

async fn a_right_code_that_comes_again_and_again_leaves_the_challenge_open(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, "").await;
    let used = &authenticator.recovery_codes[0];
    assert_signed_in(&verify_recovery(&app, &challenge(&app).await, used).await);
    let id = challenge(&app).await;
    for _ in 0..4 {
        assert_wrong(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
        // That of the activation.
        assert_wrong(&verify(&app, &id, &authenticator.code(&app)).await);
        let reply = verify_recovery(&app, &id, used).await;
        assert_refused(&reply, 400, "Invalid recovery code.", "invalid_recovery_code");
    }
    assert_last(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
    assert_expired(&verify(&app, &id, &authenticator.code(&app)).await);
}
