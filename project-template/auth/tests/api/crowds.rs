//! Requests of many sessions at the same moment, which share statements.

use std::collections::HashSet;
use std::sync::Arc;

use auth::testing::{Client, Engine, TestApp};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::races::{STRICT, assert_over, refresh_at_once};
use super::{at_two_instances, claims, configured};

/// More than fit into one statement.
const CROWD: usize = 80;

auth::on_both_engines!(
    in_a_crowd_everybody_gets_their_own_successor,
    in_a_crowd_of_twins_each_session_has_one_winner,
    in_a_crowd_everybody_sees_their_own_account,
    in_a_crowd_a_session_that_is_over_ends_for_its_own_client_only,
);

/// Accounts of their own.
async fn crowd(app: &TestApp) -> Vec<Client> {
    let mut clients = Vec::new();
    for number in 0..CROWD {
        clients.push(app.signed_in(&format!("ada{number}@example.com")).await);
    }
    clients
}

async fn in_a_crowd_everybody_gets_their_own_successor(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    let mut clients = crowd(&app).await;
    for _ in 0..3 {
        let answers = refresh_at_once(clients.iter().map(Client::elsewhere).collect()).await;
        assert!(answers.iter().all(|(_, reply)| reply.status == 200));
        let distinct: HashSet<&str> = answers.iter().map(|(client, _)| client.refresh.as_str()).collect();
        assert_eq!(distinct.len(), CROWD);
        clients = answers.into_iter().map(|(client, _)| client).collect();
    }
    let mut addresses = HashSet::new();
    for client in &clients {
        addresses.insert(client.get("/jwt-allauth/user/").await.text("email").to_owned());
    }
    assert_eq!(addresses.len(), CROWD, "nobody has the session of another");
}

async fn in_a_crowd_of_twins_each_session_has_one_winner(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    let clients = crowd(&app).await;
    let twins = clients.iter().flat_map(|client| [client.elsewhere(), client.elsewhere()]).collect();
    let answers = refresh_at_once(twins).await;
    let winners: Vec<Client> =
        answers.into_iter().filter(|(_, reply)| reply.status == 200).map(|(client, _)| client).collect();
    assert_eq!(winners.len(), CROWD);
    for client in clients.into_iter().chain(winners) {
        assert_over(&client, []).await;
    }
}

async fn in_a_crowd_everybody_sees_their_own_account(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let clients = crowd(&app).await;
    let start = Arc::new(Barrier::new(CROWD));
    let mut looking = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        let start = Arc::clone(&start);
        looking.spawn(async move {
            start.wait().await;
            (number, client.get("/jwt-allauth/user/").await)
        });
    }
    while let Some(seen) = looking.join_next().await {
        let (number, reply) = seen.unwrap();
        assert_eq!(reply.text("email"), format!("ada{number}@example.com"));
    }
}

async fn in_a_crowd_a_session_that_is_over_ends_for_its_own_client_only(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let clients = crowd(&app).await;
    for client in clients.iter().step_by(5) {
        assert_eq!(client.post("/jwt-allauth/logout/", &serde_json::json!({})).await.status, 200);
    }
    let answers = refresh_at_once(clients).await;
    let refused = answers.iter().filter(|(_, reply)| reply.status == 401).count();
    let refreshed = answers.iter().filter(|(_, reply)| reply.status == 200).count();
    assert_eq!((refused, refreshed), (CROWD / 5, CROWD - CROWD / 5));
}

/// On SQLite there is one writer, and everybody waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_session_that_another_transaction_holds_delays_nobody_else() {
    let app = configured(Engine::Postgres, STRICT).await;
    let mut clients = crowd(&app).await;
    let mut held = clients.pop().unwrap();
    let id: uuid::Uuid = claims(&held).await["session"].as_str().unwrap().parse().unwrap();
    let mut tx = app.auth.db().begin().await.unwrap();
    auth::in_tx!(&mut tx, conn => auth::sqlx::query("update sessions set ip = ip where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
    .unwrap();
    let waiting = tokio::spawn(async move { held.refresh().await.status });
    while !waits_for_a_lock(&app).await {
        tokio::task::yield_now().await;
    }
    let answers = refresh_at_once(clients).await;
    assert!(answers.iter().all(|(_, reply)| reply.status == 200));
    assert!(!waiting.is_finished());
    tx.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), 200);
}

/// Whether a statement of the application does.
async fn waits_for_a_lock(app: &TestApp) -> bool {
    let mut tx = app.auth.db().begin().await.unwrap();
    auth::in_tx!(&mut tx, conn => auth::sqlx::query_as(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    .fetch_one(conn)
    .await)
    .map(|(waiting,): (i64,)| waiting > 0)
    .unwrap()
}
