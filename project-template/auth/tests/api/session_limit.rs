//! `sessions.max_per_user`.

use std::sync::Arc;
use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::races::ROUNDS;
use super::{assert_refused, assert_session_over, assert_token_not_valid, configured, router};

auth::on_both_engines!(
    the_session_that_was_not_used_for_longest_ends,
    a_sign_in_is_refused_until_a_session_ends,
    fifty_sign_ins_at_once_leave_as_many_sessions_as_there_may_be,
    of_fifty_sign_ins_at_once_as_many_are_let_in_as_there_may_be,
    a_limit_that_is_lowered_counts_from_the_next_sign_in,
    a_change_of_password_needs_no_room,
    a_confirmation_counts_although_there_is_no_room_for_a_session,
    sessions_that_cannot_be_refreshed_take_no_room,
);

const EMAIL: &str = "ada@example.com";
/// A slow machine is no reason for a 503 here.
const COMMON: &str = "[database]\nacquire_timeout = \"60s\"\n[tokens]\nsession_check = \"on\"\n[sessions]";

async fn limited(engine: Engine, limit: usize, on_limit: &str) -> TestApp {
    configured(engine, &format!("{COMMON}\nmax_per_user = {limit}\non_limit = \"{on_limit}\"")).await
}

async fn login(app: &TestApp) -> (Client, Reply) {
    let mut client = app.client();
    let reply = client.login(EMAIL, PASSWORD).await;
    (client, reply)
}

fn too_many_devices() -> Value {
    let detail = "You are signed in on too many devices. Please sign out on another one first.";
    json!({ "detail": detail, "code": "too_many_devices" })
}

async fn live_sessions(client: &Client) -> usize {
    client.get("/jwt-allauth/sessions/").await.body.as_array().unwrap().len()
}

async fn the_session_that_was_not_used_for_longest_ends(engine: Engine) {
    let app = limited(engine, 2, "evict").await;
    let mut first = app.signed_in(EMAIL).await;
    app.advance(Duration::from_mins(10));
    let (mut second, _) = login(&app).await;
    app.advance(Duration::from_mins(10));
    first.refresh().await;
    assert_eq!(second.get("/jwt-allauth/token/claims/").await.status, 200, "and so it is known to live");
    let (mut third, reply) = login(&app).await;
    assert_eq!(reply.status, 200);
    assert_session_over(&second.get("/jwt-allauth/token/claims/").await);
    assert_token_not_valid(&second.refresh().await);
    assert_eq!([first.refresh().await.status, third.refresh().await.status], [200, 200]);
    app.signed_in("bob@example.com").await;
    assert_eq!(live_sessions(&first).await, 2, "nobody else's sessions count");
}

async fn a_sign_in_is_refused_until_a_session_ends(engine: Engine) {
    let app = limited(engine, 2, "refuse").await;
    let mut first = app.signed_in(EMAIL).await;
    let (second, _) = login(&app).await;
    for _ in 0..12 {
        assert_refused(&login(&app).await.1, 403, &too_many_devices());
    }
    let wrong = app.client().login(EMAIL, "another password").await;
    assert_eq!(wrong.status, 401, "only whoever knows the password is told");
    assert_eq!(first.refresh().await.status, 200, "nobody was signed out");
    second.post("/jwt-allauth/logout/", &json!({})).await;
    assert_eq!(login(&app).await.1.status, 200);
    assert_refused(&login(&app).await.1, 403, &too_many_devices());
    app.advance(Duration::from_hours(14 * 24));
    assert_eq!(login(&app).await.1.status, 200, "what has run out does not count");
}

/// Everybody signs in at the same moment.
async fn login_at_once(app: &TestApp, email: &str) -> Vec<(Client, Reply)> {
    let start = Arc::new(Barrier::new(50));
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (mut client, start, email) = (app.client(), Arc::clone(&start), email.to_owned());
        tasks.spawn(async move {
            start.wait().await;
            let reply = client.login(&email, PASSWORD).await;
            (client, reply)
        });
    }
    tasks.join_all().await
}

/// Two instances, and round after round an address that has an account, and a limit.
async fn rounds(engine: Engine, on_limit: &str) -> Vec<(TestApp, String, usize)> {
    let mut rounds = Vec::new();
    for limit in [1, 5] {
        let app = limited(engine, limit, on_limit).await.at_two_instances(router).await;
        for round in 0..ROUNDS / 2 {
            let email = format!("ada{round}@example.com");
            app.signed_in(&email).await.post("/jwt-allauth/logout/", &json!({})).await;
            rounds.push((app.clone(), email, limit));
        }
    }
    rounds
}

async fn fifty_sign_ins_at_once_leave_as_many_sessions_as_there_may_be(engine: Engine) {
    for (app, email, limit) in Box::pin(rounds(engine, "evict")).await {
        let mut going_on = 0;
        for (mut client, reply) in login_at_once(&app, &email).await {
            assert_eq!(reply.status, 200, "{reply:?}");
            let stored = client.get("/jwt-allauth/user/").await.status;
            let refreshed = client.refresh().await.status;
            assert!(matches!((stored, refreshed), (200, 200) | (401, 401)), "{stored} {refreshed}");
            going_on += usize::from(refreshed == 200);
        }
        assert_eq!(going_on, limit);
    }
}

async fn of_fifty_sign_ins_at_once_as_many_are_let_in_as_there_may_be(engine: Engine) {
    for (app, email, limit) in Box::pin(rounds(engine, "refuse")).await {
        let answers = login_at_once(&app, &email).await;
        let (let_in, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, reply)| reply.status == 200);
        assert_eq!(let_in.len(), limit);
        for (_, reply) in &refused {
            assert_refused(reply, 403, &too_many_devices());
        }
        for (mut client, _) in let_in {
            assert_eq!(client.refresh().await.status, 200);
        }
    }
}

async fn a_limit_that_is_lowered_counts_from_the_next_sign_in(engine: Engine) {
    let app = limited(engine, 10, "evict").await;
    let mut first = app.signed_in(EMAIL).await;
    for _ in 0..9 {
        app.advance(Duration::from_secs(1));
        login(&app).await;
    }
    let lower = app.second_instance_with(router, |settings| settings.sessions.max_per_user = Some(3)).await;
    assert_eq!(first.refresh().await.status, 200);
    assert_eq!(live_sessions(&first).await, 10);
    login(&lower).await;
    assert_eq!(live_sessions(&first).await, 3);
    assert_eq!(first.refresh().await.status, 200, "it was used a moment ago");
}

async fn a_change_of_password_needs_no_room(engine: Engine) {
    let app = limited(engine, 2, "refuse").await;
    let app = app.second_instance_with(router, |settings| settings.password.logout_on_change = false).await;
    let ada = app.signed_in(EMAIL).await;
    login(&app).await;
    let full = app.second_instance_with(router, |settings| settings.sessions.max_per_user = Some(1)).await;
    let new = "wrong pony charger clip";
    let change = json!({ "old_password": PASSWORD, "new_password1": new, "new_password2": new });
    let mut ada = super::at(&full, &ada);
    let reply = ada.post("/jwt-allauth/password/change/", &change).await;
    assert_eq!(ada.keep(reply).status, 200);
    assert_eq!(live_sessions(&ada).await, 2, "one session went on as another");
}

async fn a_confirmation_counts_although_there_is_no_room_for_a_session(engine: Engine) {
    let verification = "[email_verification]\nmode = \"optional\"\nsession_on_verification = true";
    let app = configured(engine, &format!("{COMMON}\nmax_per_user = 1\non_limit = \"refuse\"\n{verification}")).await;
    let mut ada = app.signed_in(EMAIL).await;
    let link = app.mailbox().await.latest(EMAIL).link();
    let reply = app.client().post(&link, &json!({})).await;
    assert_refused(&reply, 200, &json!({ "detail": "E-mail address verified." }));
    ada.refresh().await;
    assert_eq!(super::claims(&ada).await["email_verified"], true);
}

async fn sessions_that_cannot_be_refreshed_take_no_room(engine: Engine) {
    let app = limited(engine, 1, "refuse").await;
    let ada = app.signed_in(EMAIL).await;
    let id = super::user_id(&ada).await;
    auth::sessions::invalidate(&app.auth, id, auth::sessions::TokenKinds::Refresh).await.unwrap();
    assert_eq!(login(&app).await.1.status, 200, "else nobody could sign in before the last access token expired");
}
