//! Parallel refreshes of one token, at one instance and at two, round after round.

use std::collections::HashSet;
use std::sync::Arc;

use auth::testing::{Client, Engine, Reply, TestApp};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{assert_session_over, assert_token_not_valid, at, configured, router};

pub(super) const ROUNDS: usize = 20;

/// A slow machine is no reason for a 503 here, nor many refreshes for a 429.
pub(super) const STRICT: &str = "[database]\nacquire_timeout = \"30s\"\n[throttle]\nrefresh = \"\"\n\
    [tokens]\nsession_check = \"on\"";
pub(super) const WINDOW: &str = "[database]\nacquire_timeout = \"30s\"\n[throttle]\nrefresh = \"\"\n\
    [tokens]\nsession_check = \"on\"\n[sessions]\nretry_window = \"10s\"";

auth::on_both_engines!(
    of_fifty_refreshes_one_wins_and_the_session_is_over,
    with_a_window_fifty_refreshes_get_one_successor,
    two_instances_agree_on_the_winner,
    two_instances_give_the_same_successor,
);

/// Every client refreshes at the same moment.
pub(super) async fn refresh_at_once(clients: Vec<Client>) -> Vec<(Client, Reply)> {
    let start = Arc::new(Barrier::new(clients.len()));
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            let reply = client.refresh().await;
            (client, reply)
        });
    }
    tasks.join_all().await
}

fn copies(apps: &[&TestApp], client: &Client) -> Vec<Client> {
    (0..50).map(|number| at(apps[number % apps.len()], client)).collect()
}

async fn assert_one_winner(apps: &[&TestApp], round: usize) {
    let ada = apps[0].signed_in(&format!("ada{round}@example.com")).await;
    let answers = refresh_at_once(copies(apps, &ada)).await;
    let (winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, reply)| reply.status == 200);
    assert_eq!((winners.len(), losers.len()), (1, 49));
    for (_, loser) in &losers {
        assert_token_not_valid(loser);
    }
    assert_over(&ada, winners.into_iter().map(|(client, _)| client)).await;
}

async fn assert_one_successor(apps: &[&TestApp], round: usize) {
    let ada = apps[0].signed_in(&format!("ada{round}@example.com")).await;
    let answers = refresh_at_once(copies(apps, &ada)).await;
    for (_, reply) in &answers {
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let successors: HashSet<&str> = answers.iter().map(|(client, _)| client.refresh.as_str()).collect();
    assert_eq!(successors.len(), 1, "the same bytes to everybody");
    let mut heir = answers[0].0.clone();
    assert_eq!(heir.refresh().await.status, 200, "and it is the live one");
}

/// Nothing of a session is accepted any more: neither what its client holds nor what was given out at the end.
pub(super) async fn assert_over(client: &Client, given_out: impl IntoIterator<Item = Client>) {
    for holder in given_out.into_iter().chain([client.clone()]) {
        assert_session_over(&holder.get("/jwt-allauth/user/").await);
        assert_session_over(&holder.get("/jwt-allauth/token/claims/").await);
        assert_token_not_valid(&holder.clone().refresh().await);
    }
}

async fn of_fifty_refreshes_one_wins_and_the_session_is_over(engine: Engine) {
    let app = configured(engine, STRICT).await;
    for round in 0..ROUNDS {
        assert_one_winner(&[&app], round).await;
    }
}

async fn with_a_window_fifty_refreshes_get_one_successor(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    for round in 0..ROUNDS {
        assert_one_successor(&[&app], round).await;
    }
}

async fn two_instances_agree_on_the_winner(engine: Engine) {
    let app = configured(engine, STRICT.split("[tokens]").next().unwrap()).await;
    let other = app.second_instance(router).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let answers = refresh_at_once(copies(&[&app, &other], &ada)).await;
        let winners: Vec<_> = answers.into_iter().filter(|(_, reply)| reply.status == 200).collect();
        assert_eq!(winners.len(), 1);
        for holder in [&winners[0].0, &ada] {
            assert_token_not_valid(&holder.clone().refresh().await);
            assert_session_over(&at(&other, holder).get("/jwt-allauth/user/").await);
        }
    }
}

async fn two_instances_give_the_same_successor(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let other = app.second_instance(router).await;
    for round in 0..ROUNDS {
        assert_one_successor(&[&app, &other], round).await;
    }
}
