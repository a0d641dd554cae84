//! Many at once, at two instances.

use std::collections::BTreeMap;

use auth::testing::{Client, Engine, PASSWORD, TestApp};
use tokio::task::JoinSet;

use super::{ADA, ELSEWHERE, HOME, WRONG, ada, address, login, router};

/// A slow machine is no reason for a 503 here.
const PATIENT: &str = "[database]\nacquire_timeout = \"30s\"\n[throttle]\nlogin = \"\"";
const ROUNDS: usize = 20;

auth::on_both_engines!(
    two_hundred_wrong_guesses_at_once_do_not_pass_the_budget,
    guesses_at_several_accounts_share_a_budget,
    strangers_at_once_do_not_pass_the_budget_of_the_account,
    right_passwords_all_pass_however_many_come_at_once,
    a_right_password_among_wrong_ones_leaves_no_more_guesses_than_there_are,
    a_client_that_hangs_up_has_guessed_all_the_same,
);

async fn patient(engine: Engine) -> TestApp {
    TestApp::configured(engine, router, PATIENT).await.at_two_instances(router).await
}

/// How often each status was the answer. Whoever has waited for the guesses of others for five seconds, on a slow machine, is
/// asked with a 503 to come again, and does.
async fn statuses(guesses: impl Iterator<Item = (Client, &'static str, &'static str)>) -> BTreeMap<u16, usize> {
    let mut tasks = JoinSet::new();
    for (mut client, email, password) in guesses {
        tasks.spawn(async move {
            loop {
                let status = client.login(email, password).await.status;
                if status != 503 {
                    return status;
                }
            }
        });
    }
    let mut counts = BTreeMap::new();
    for status in tasks.join_all().await {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

async fn two_hundred_wrong_guesses_at_once_do_not_pass_the_budget(engine: Engine) {
    let app = patient(engine).await;
    ada(&app).await;
    let client = |_| (app.client().from_address(ELSEWHERE), ADA, WRONG);
    assert_eq!(statuses((0..200).map(client)).await, BTreeMap::from([(401, 5), (429, 195)]));
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 429);
}

async fn guesses_at_several_accounts_share_a_budget(engine: Engine) {
    let app = patient(engine).await;
    for round in 0..4 {
        let from = address(round);
        let client = |number: usize| {
            (
                app.client().from_address(&from),
                ["ada@example.com", "bob@example.com", "eve@example.com"][number % 3],
                WRONG,
            )
        };
        let counts = statuses((0..30).map(client)).await;
        assert_eq!(counts.get(&401), Some(&10), "round {round}: {counts:?}");
        app.advance(std::time::Duration::from_hours(24));
    }
}

async fn strangers_at_once_do_not_pass_the_budget_of_the_account(engine: Engine) {
    let app = patient(engine).await;
    let client = |number: usize| (app.client().from_address(&address(number)), ADA, WRONG);
    assert_eq!(statuses((0..100).map(client)).await, BTreeMap::from([(401, 20), (429, 80)]));
}

async fn right_passwords_all_pass_however_many_come_at_once(engine: Engine) {
    let app = patient(engine).await;
    ada(&app).await;
    for round in 0..3 {
        let client = |_| {
            let from = if round == 0 { HOME } else { ELSEWHERE };
            (app.client().from_address(from), ADA, PASSWORD)
        };
        assert_eq!(statuses((0..60).map(client)).await, BTreeMap::from([(200, 60)]));
    }
    let client = |number: usize| (app.client().from_address(&address(number)), ADA, PASSWORD);
    assert_eq!(statuses((0..60).map(client)).await, BTreeMap::from([(200, 60)]), "from strangers' addresses");
}

async fn a_right_password_among_wrong_ones_leaves_no_more_guesses_than_there_are(engine: Engine) {
    let app = patient(engine).await;
    ada(&app).await;
    for round in 0..ROUNDS {
        let from = address(round);
        let client = |number| (app.client().from_address(&from), ADA, if number == 20 { PASSWORD } else { WRONG });
        let counts = statuses((0..40).map(client)).await;
        let of = |status| counts.get(&status).copied().unwrap_or_default();
        assert!(of(200) <= 1 && of(401) <= 4 * of(200) + 5, "round {round}: {counts:?}");
        assert_eq!(of(200) + of(401) + of(429), 40, "round {round}: {counts:?}");
    }
}

async fn a_client_that_hangs_up_has_guessed_all_the_same(engine: Engine) {
    let app = patient(engine).await;
    ada(&app).await;
    for _ in 0..50 {
        let mut client = app.client().from_address(ELSEWHERE);
        // Long enough to be counted, not always to be answered.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(2), client.login(ADA, WRONG)).await;
    }
    let hashes = app.password_hashes();
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 429, "after {hashes} hashes");
}
