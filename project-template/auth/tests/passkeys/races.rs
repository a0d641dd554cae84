//! Concurrent uses of one challenge, and registrations of one passkey, at two instances.

use auth::testing::{Client, Engine, Reply, TestApp};
use futures_util::future::join_all;
use serde_json::Value;

use super::{ADA, LOGIN, OPTIONS, PASSKEYS, begin, configured, response, router, signed, with_passkey};

auth::on_both_engines!(
    of_ten_uses_of_one_challenge_one_begins_a_session,
    of_ten_accounts_that_add_the_same_passkey_one_has_it,
    of_ten_uses_of_one_registration_one_adds_the_passkey,
    of_two_signatures_with_the_same_counter_one_begins_a_session,
);

/// A slow machine is no reason for a 503 here.
const PATIENT: &str = "[database]\nacquire_timeout = \"30s\"";
const ROUNDS: usize = 5;

async fn at_two_instances(engine: Engine) -> TestApp {
    configured(engine, PATIENT).await.at_two_instances(router).await
}

async fn post_at_once(clients: &[Client], path: &str, bodies: &[Value]) -> Vec<Reply> {
    join_all(clients.iter().zip(bodies).map(|(client, body)| client.post(path, body))).await
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    statuses
}

async fn sessions(app: &TestApp) -> i64 {
    let count = "select count(*) from sessions";
    let (count,): (i64,) = auth::on!(app.auth.db(), pool => auth::sqlx::query_as(count).fetch_one(pool).await.unwrap());
    count
}

async fn of_ten_uses_of_one_challenge_one_begins_a_session(engine: Engine) {
    let app = at_two_instances(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    for _ in 0..ROUNDS {
        let before = sessions(&app).await;
        let body = signed(&app, &mut phone).await;
        let clients: Vec<_> = (0..10).map(|_| app.client()).collect();
        let replies = post_at_once(&clients, LOGIN, &vec![body; 10]).await;
        assert_eq!(statuses(&replies), [200, 401, 401, 401, 401, 401, 401, 401, 401, 401], "{replies:?}");
        assert_eq!(sessions(&app).await, before + 1);
    }
    assert!(app.mailbox().await.to(ADA).iter().all(|mail| !mail.subject.contains("copy")), "no copy is suspected");
}

async fn of_two_signatures_with_the_same_counter_one_begins_a_session(engine: Engine) {
    let app = at_two_instances(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    for _ in 0..ROUNDS {
        let before = sessions(&app).await;
        let count = phone.counter;
        let mut bodies = Vec::new();
        for _ in 0..2 {
            phone.counter = count;
            bodies.push(signed(&app, &mut phone).await);
        }
        let clients = [app.client(), app.client()];
        let replies = post_at_once(&clients, LOGIN, &bodies).await;
        assert_eq!(statuses(&replies), [200, 401], "{replies:?}");
        assert_eq!(sessions(&app).await, before + 1);
    }
}

async fn of_ten_accounts_that_add_the_same_passkey_one_has_it(engine: Engine) {
    let app = at_two_instances(engine).await;
    let mut clients = Vec::new();
    for number in 0..10 {
        clients.push(app.signed_in(&format!("ada{number}@example.com")).await);
    }
    for _ in 0..ROUNDS {
        let mut phone = app.authenticator();
        let mut bodies = Vec::new();
        for client in &clients {
            let begun = begin(client, OPTIONS).await;
            bodies.push(response(&begun, &phone.register(&begun["options"])));
        }
        let replies = post_at_once(&clients, PASSKEYS, &bodies).await;
        assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409, 409, 409], "{replies:?}");
        assert!(replies.iter().all(|reply| reply.status == 201 || reply.text("code") == "passkey_in_use"));
    }
}

async fn of_ten_uses_of_one_registration_one_adds_the_passkey(engine: Engine) {
    let app = at_two_instances(engine).await;
    let ada = app.signed_in(ADA).await;
    for round in 1..=ROUNDS {
        let begun = begin(&ada, OPTIONS).await;
        let body = response(&begun, &app.authenticator().register(&begun["options"]));
        let clients: Vec<_> = (0..10).map(|_| ada.elsewhere()).collect();
        let replies = post_at_once(&clients, PASSKEYS, &vec![body; 10]).await;
        assert_eq!(statuses(&replies), [201, 400, 400, 400, 400, 400, 400, 400, 400, 400], "{replies:?}");
        assert_eq!(ada.get(PASSKEYS).await.body.as_array().unwrap().len(), round);
    }
}
