//! What is counted does not stay for ever.

use std::time::Duration;

use auth::on;
use auth::testing::{Engine, PASSWORD, TestApp};

use super::{ADA, ELSEWHERE, NOBODY, WRONG, ada, address, login, outcome, start};

auth::on_both_engines!(
    what_no_longer_limits_anything_is_removed,
    what_still_limits_something_stays,
    nothing_that_is_kept_names_anybody,
);

async fn rows(app: &TestApp, table: &'static str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    let (count,): (i64,) = on!(app.auth.db(), pool => sqlx::query_as(query).fetch_one(pool).await).unwrap();
    count
}

/// Removes what is stale; says how many counters that were.
async fn flush(app: &TestApp) -> i64 {
    app.flush().await["counters"].as_i64().unwrap()
}

async fn what_no_longer_limits_anything_is_removed(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for number in 0..3 {
        login(&app, &address(number), NOBODY, WRONG).await;
    }
    // Of Ada with her address; of three clients, of each with nobody, and of nobody.
    assert_eq!((rows(&app, "failures").await, rows(&app, "request_limits").await), (1 + 7, 4));
    assert_eq!(flush(&app).await, 0);
    app.advance(Duration::from_hours(1));
    assert_eq!(flush(&app).await, 3 + 4, "addresses and requests");
    app.advance(Duration::from_hours(23));
    assert_eq!(flush(&app).await, 3, "clients with an account");
    app.advance(Duration::from_hours(29 * 24));
    assert_eq!(flush(&app).await, 1, "the owner's address");
    app.advance(Duration::from_hours(336 * 24));
    assert_eq!((flush(&app).await, rows(&app, "failures").await), (1, 0));
}

async fn what_still_limits_something_stays(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..5 {
        login(&app, ELSEWHERE, ADA, WRONG).await;
    }
    flush(&app).await;
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "30".into()));
    for number in 0..95 {
        login(&app, &address(number), ADA, WRONG).await;
        app.advance(Duration::from_hours(1));
    }
    app.advance(Duration::from_hours(400 * 24));
    flush(&app).await;
    assert_eq!(outcome(&app, &address(100), ADA, PASSWORD).await, (429, "3600".into()), "until it is reset");
}

async fn nothing_that_is_kept_names_anybody(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    login(&app, ELSEWHERE, ADA, WRONG).await;
    let halves: Vec<(Vec<u8>, Vec<u8>)> =
        on!(app.auth.db(), pool => sqlx::query_as("select account, address from failures").fetch_all(pool).await)
            .unwrap();
    assert!(halves.iter().flat_map(|(account, address)| [account, address]).all(|half| matches!(half.len(), 0 | 32)));
}
