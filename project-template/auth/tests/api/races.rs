//! Parallel refreshes of one token, at two instances, round after round.

use std::collections::HashSet;
use std::sync::Arc;

use auth::testing::{Client, Engine, Reply};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{assert_session_over, assert_token_not_valid, at_two_instances};

pub(super) const ROUNDS: usize = 20;

/// A slow machine is no reason for a 503 here, nor many refreshes for a 429.
pub(super) const STRICT: &str = "[database]\nacquire_timeout = \"30s\"\n[throttle]\nrefresh = \"\"\n\
    [tokens]\nsession_check = \"on\"";
pub(super) const WINDOW: &str = "[database]\nacquire_timeout = \"30s\"\n[throttle]\nrefresh = \"\"\n\
    [tokens]\nsession_check = \"on\"\n[sessions]\nretry_window = \"10s\"";

auth::on_both_engines!(
    of_fifty_refreshes_one_wins_and_the_session_is_over,
    with_a_window_fifty_refreshes_get_one_successor,
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

fn copies(client: &Client) -> Vec<Client> {
    (0..50).map(|_| client.elsewhere()).collect()
}

/// Nothing of a session is accepted any more: neither what its client holds nor what was given out at the end. Access tokens
/// that no database is asked for are refused where the client is: with its session check, that is where the session was
/// ended.
pub(super) async fn assert_over(client: &Client, given_out: impl IntoIterator<Item = Client>) {
    for holder in given_out.into_iter().chain([client.clone()]) {
        let here = client.holding(&holder.access, &holder.refresh);
        assert_session_over(&here.get("/jwt-allauth/token/claims/").await);
        assert_session_over(&holder.get("/jwt-allauth/user/").await);
        assert_token_not_valid(&holder.clone().refresh().await);
    }
}

async fn of_fifty_refreshes_one_wins_and_the_session_is_over(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let answers = refresh_at_once(copies(&ada)).await;
        let (winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, reply)| reply.status == 200);
        assert_eq!((winners.len(), losers.len()), (1, 49));
        for (_, loser) in &losers {
            assert_token_not_valid(loser);
        }
        assert_over(&ada, winners.into_iter().map(|(client, _)| client)).await;
    }
}

async fn with_a_window_fifty_refreshes_get_one_successor(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let answers = refresh_at_once(copies(&ada)).await;
        for (_, reply) in &answers {
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        let successors: HashSet<&str> = answers.iter().map(|(client, _)| client.refresh.as_str()).collect();
        assert_eq!(successors.len(), 1, "the same bytes to everybody");
        let mut heir = answers[0].0.clone();
        assert_eq!(heir.refresh().await.status, 200, "and it is the live one");
    }
}
