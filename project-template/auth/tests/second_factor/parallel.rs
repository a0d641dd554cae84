//! Requests that arrive together: every fault of this kind is a race, so it is tested as one, at two instances.

use super::*;

auth::on_both_engines!(
    of_fifty_guesses_at_once_five_are_compared,
    of_many_challenges_at_once_ten_guesses_are_compared,
    of_twenty_activations_one_is_done,
    of_twenty_activations_by_challenge_one_begins_a_session,
    of_twenty_uses_of_a_recovery_code_one_begins_a_session,
    of_ten_answers_to_a_challenge_one_begins_a_session,
    of_ten_uses_of_a_code_for_many_challenges_one_begins_a_session,
    of_ten_removals_by_code_one_is_done,
);

async fn at_two_instances(app: TestApp) -> TestApp {
    app.at_two_instances(router).await
}

/// The sessions that began since.
async fn live(app: &TestApp) -> i64 {
    let (count,): (i64,) =
        auth::on!(app.auth.db(), pool => auth::sqlx::query_as("select count(*) from sessions where ended_at is null")
        .fetch_one(pool)
        .await)
        .unwrap();
    count
}

fn count(replies: &[Reply], code: &str) -> usize {
    replies.iter().filter(|reply| reply.text("code") == code).count()
}

async fn of_fifty_guesses_at_once_five_are_compared(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, PATIENT).await;
    let app = at_two_instances(app).await;
    let id = challenge(&app).await;
    let wrong = authenticator.wrong_code(&app);
    let guess = || (app.client(), VERIFY, json!({ "challenge_id": id, "code": wrong }));
    let replies = at_once((0..50).map(|_| guess()).collect()).await;
    assert_eq!((count(&replies, "invalid_code"), count(&replies, "too_many_attempts")), (4, 1), "{replies:?}");
    assert_eq!(count(&replies, "challenge_not_valid"), 45, "{replies:?}");
    assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn of_many_challenges_at_once_ten_guesses_are_compared(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, PATIENT).await;
    let app = at_two_instances(app).await;
    let wrong = authenticator.wrong_code(&app);
    let mut guesses = Vec::new();
    for _ in 0..50 {
        guesses.push((app.client(), VERIFY, json!({ "challenge_id": challenge(&app).await, "code": wrong })));
    }
    let replies = at_once(guesses).await;
    assert_eq!(count(&replies, "invalid_code"), 9, "the tenth locks the account: {replies:?}");
    assert_eq!(count(&replies, "mfa_locked"), 41, "{replies:?}");
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 429);
}

async fn of_twenty_activations_one_is_done(engine: Engine) {
    let app = at_two_instances(configured(engine, PATIENT).await).await;
    let ada = app.signed_in(ADA).await;
    let authenticator = AuthenticatorApp::of(ada.post(SETUP, &json!({})).await.text("secret"));
    let code = authenticator.code(&app);
    let activate = || (app.client().holding(&ada.access, ""), ACTIVATE, json!({ "code": code }));
    let replies = at_once((0..20).map(|_| activate()).collect()).await;
    assert_eq!(statuses(&replies), [vec![200], vec![400; 19]].concat(), "{replies:?}");
    let winner = replies.iter().find(|reply| reply.status == 200).unwrap();
    let id = challenge(&app).await;
    assert_signed_in(&verify_recovery(&app, &id, winner.body["recovery_codes"][9].as_str().unwrap()).await);
}

async fn of_twenty_activations_by_challenge_one_begins_a_session(engine: Engine) {
    let app = at_two_instances(configured(engine, REQUIRED).await).await;
    let id = setup_challenge(&app.client().register(ADA, PASSWORD).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    let activate = || (app.client(), ACTIVATE, json!({ "setup_challenge_id": id, "code": code }));
    let replies = at_once((0..20).map(|_| activate()).collect()).await;
    let done: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(done.len(), 1, "{replies:?}");
    assert_signed_in(done[0]);
    assert!(replies.iter().all(|reply| [200, 400, 401].contains(&reply.status)), "{replies:?}");
    assert_eq!(live(&app).await, 1);
}

async fn of_twenty_uses_of_a_recovery_code_one_begins_a_session(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, PATIENT).await;
    let app = at_two_instances(app).await;
    let before = live(&app).await;
    let mut uses = Vec::new();
    for _ in 0..20 {
        let id = challenge(&app).await;
        let body = json!({ "challenge_id": id, "recovery_code": authenticator.recovery_codes[0] });
        uses.push((app.client(), VERIFY_RECOVERY, body));
    }
    let replies = at_once(uses).await;
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!((done, live(&app).await), (1, before + 1), "{replies:?}");
    assert!(replies.iter().all(|reply| [200, 400, 429].contains(&reply.status)), "{replies:?}");
    // The others were right once: they open nothing, are no guesses, and lock nobody out.
    let id = challenge(&app).await;
    let reply = verify_recovery(&app, &id, &authenticator.recovery_codes[1]).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

async fn of_ten_answers_to_a_challenge_one_begins_a_session(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, PATIENT).await;
    let app = at_two_instances(app).await;
    let before = live(&app).await;
    let id = challenge(&app).await;
    let answers = authenticator
        .recovery_codes
        .iter()
        .map(|code| (app.client(), VERIFY_RECOVERY, json!({ "challenge_id": id, "recovery_code": code })));
    let replies = at_once(answers.collect()).await;
    assert_eq!(statuses(&replies), [vec![200], vec![400; 9]].concat(), "{replies:?}");
    assert_eq!(live(&app).await, before + 1);
    let mut left = 0;
    for code in &authenticator.recovery_codes {
        let id = challenge(&app).await;
        left += usize::from(verify_recovery(&app, &id, code).await.status == 200);
    }
    assert_eq!(left, 9, "the codes that began no session are good");
}

async fn of_ten_uses_of_a_code_for_many_challenges_one_begins_a_session(engine: Engine) {
    let (app, _, authenticator) = enrolled(engine, PATIENT).await;
    let app = at_two_instances(app).await;
    let before = live(&app).await;
    let code = authenticator.next_code(&app);
    let mut uses = Vec::new();
    for _ in 0..10 {
        uses.push((app.client(), VERIFY, json!({ "challenge_id": challenge(&app).await, "code": code })));
    }
    let replies = at_once(uses).await;
    assert_eq!(statuses(&replies), [vec![200], vec![400; 9]].concat(), "{replies:?}");
    assert_eq!(live(&app).await, before + 1);
}

async fn of_ten_removals_by_code_one_is_done(engine: Engine) {
    let app = configured(engine, "[database]\nacquire_timeout = \"30s\"\n[login_codes]\ncreate_accounts = true").await;
    let ada = ways::signed_in_by_code(&app, ADA).await;
    let authenticator = ada.enrol(&app).await;
    let app = at_two_instances(app).await;
    let code = authenticator.next_code(&app);
    let remove = || (app.client().holding(&ada.access, ""), DEACTIVATE, json!({ "code": code }));
    let replies = at_once((0..10).map(|_| remove()).collect()).await;
    assert_eq!(statuses(&replies), [vec![200], vec![400; 9]].concat(), "{replies:?}");
    let (wrong, gone) = (count(&replies, "invalid_code"), count(&replies, "totp_not_activated"));
    assert_eq!(wrong + gone, 9, "{replies:?}");
}
