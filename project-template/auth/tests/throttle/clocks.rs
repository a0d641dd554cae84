//! What was counted by a clock that was fast keeps nobody out once it is right again.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD};

use super::{ADA, ELSEWHERE, WRONG, ada, login, outcome, start};

auth::on_both_engines!(
    one_sign_in_with_a_fast_clock_locks_no_address_out,
    a_limit_that_a_fast_clock_filled_is_a_full_one_at_most,
    a_pause_that_a_fast_clock_began_is_a_whole_one_at_most,
);

const HOUR: Duration = Duration::from_hours(1);

async fn one_sign_in_with_a_fast_clock_locks_no_address_out(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    app.advance(HOUR);
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
    app.clock.set_back(HOUR);
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "2".to_owned()), "as after a burst");
    app.advance(Duration::from_secs(2));
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
}

async fn a_limit_that_a_fast_clock_filled_is_a_full_one_at_most(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    app.advance(HOUR);
    for _ in 0..30 {
        assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
    }
    app.clock.set_back(HOUR);
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "2".to_owned()));
    app.advance(Duration::from_mins(1));
    for _ in 0..30 {
        assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
    }
}

async fn a_pause_that_a_fast_clock_began_is_a_whole_one_at_most(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    app.advance(HOUR);
    for _ in 0..5 {
        assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 401);
    }
    app.clock.set_back(HOUR);
    // The number of requests is limited too.
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "2".to_owned()));
    app.advance(Duration::from_secs(2));
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "30".to_owned()));
    app.advance(Duration::from_secs(30));
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
}
