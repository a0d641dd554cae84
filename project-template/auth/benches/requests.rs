//! What a request costs, without a network and on one thread: `cargo bench --package auth --bench requests`.
//!
//! Requests that are compared take turns, so that a busy machine slows both. Whoever wants to know what a server stands
//! loads it from outside; here a change of the code shows.

use std::time::{Duration, Instant};

use auth::Auth;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use axum::Router;
use serde_json::json;

/// A round of one kind of request; the fastest of several is nearest to what the code costs.
const ROUND: Duration = Duration::from_millis(200);
const ROUNDS: u32 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // Both `cargo test --benches` and `cargo bench` start it; only the latter means to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (trusting, checking) = (app("off").await, app("on").await);
    let (mut trusting, mut checking) = (trusting.signed_in(ADDRESS).await, checking.signed_in(ADDRESS).await);

    let [mut trusted, mut checked, mut user, mut refresh, mut login] = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        trusted = trusted.min(round(&mut trusting, Request::Claims).await);
        checked = checked.min(round(&mut checking, Request::Claims).await);
        user = user.min(round(&mut trusting, Request::User).await);
        refresh = refresh.min(round(&mut trusting, Request::Refresh).await);
        login = login.min(round(&mut trusting, Request::Login).await);
    }
    say("GET token/claims/", trusted);
    say("the same with tokens.session_check", checked);
    say("GET user/", user);
    say("POST refresh/", refresh);
    say("POST login/", login);
    println!("a checked request costs {:.2} times one that is not", checked.as_secs_f64() / trusted.as_secs_f64());
}

const ADDRESS: &str = "ada@example.com";

#[derive(Clone, Copy)]
enum Request {
    /// Answered from the access token.
    Claims,
    /// Answered from the database.
    User,
    /// A rotation; each shows the token that the last one gave.
    Refresh,
    /// One argon2id hash, as costly as in production, and a session.
    Login,
}

/// An application without limits on requests.
async fn app(session_check: &str) -> TestApp {
    let toml = format!("tokens.session_check = \"{session_check}\"\nthrottle.enabled = false");
    TestApp::at_full_cost(Engine::Sqlite, router, &toml).await
}

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// What one request takes, on average of a round.
async fn round(client: &mut Client, request: Request) -> Duration {
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < ROUND {
        let reply = match request {
            Request::Claims => client.get("/jwt-allauth/token/claims/").await,
            Request::User => client.get("/jwt-allauth/user/").await,
            Request::Refresh => client.refresh().await,
            Request::Login => {
                client.post("/jwt-allauth/login/", &json!({ "email": ADDRESS, "password": PASSWORD })).await
            }
        };
        assert_eq!(reply.status, 200, "{reply:?}");
        count += 1;
    }
    began.elapsed() / count
}

fn say(what: &str, each: Duration) {
    println!("{what:<36} {:>10.1} µs", each.as_secs_f64() * 1e6);
}
