//! A client that hangs up: its request stops at whatever point it has reached, and leaves nothing half-done.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use auth::Auth;
use auth::hooks::{Hook, Hooks};
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use auth::users::User;
use serde_json::json;

use super::{at, configured};

const NEW_PASSWORD: &str = "wrong pony charger clip";
/// Whoever comes next gets the very connection that was given up, once what was sent on it is done.
const ONE_CONNECTION: &str = "[database]\nmax_connections = 1\nacquire_timeout = \"30s\"";
/// More than any request here is polled.
const POLLS: usize = 40;

auth::on_both_engines!(
    an_abandoned_registration_made_an_account_or_none,
    what_follows_a_sign_up_is_done_whether_or_not_its_client_still_waits,
    an_abandoned_refresh_leaves_the_old_token_or_a_successor_nobody_has,
    an_abandoned_change_of_password_happened_or_did_not,
    an_abandoned_deletion_happened_or_did_not,
    what_an_abandoned_request_ended_is_not_accepted_any_more,
);

/// Polls a request that often, then drops it.
async fn abandon<T>(request: impl Future<Output = T>, polls: usize) {
    let mut request = pin!(request);
    let mut left = polls;
    poll_fn(|context| {
        while left > 0 {
            left -= 1;
            match request.as_mut().poll(context) {
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if left > 0 => return Poll::Pending,
                Poll::Pending => {}
            }
        }
        Poll::Ready(())
    })
    .await;
}

/// Somebody else, at the application whose requests are abandoned and at another on the same database.
struct Bystander {
    here: Client,
    there: Client,
}

impl Bystander {
    async fn of(app: &TestApp) -> Self {
        let here = app.signed_in("bystander@example.com").await;
        let there = at(&app.second_instance(super::router).await, &here);
        Self { here, there }
    }

    /// No transaction was left open on the connection: what is written on it now is there for everybody.
    async fn is_undisturbed(&self, round: usize) {
        let name = json!({ "first_name": round.to_string() });
        assert_eq!(self.here.patch("/jwt-allauth/user/", &name).await.status, 200);
        assert_eq!(self.there.get("/jwt-allauth/user/").await.body["first_name"], name["first_name"]);
    }
}

async fn status_of_login(app: &TestApp, email: &str, password: &str) -> u16 {
    app.client().login(email, password).await.status
}

async fn an_abandoned_registration_made_an_account_or_none(engine: Engine) {
    let app = configured(engine, ONE_CONNECTION).await;
    let bystander = Bystander::of(&app).await;
    for polls in 0..POLLS {
        let email = format!("ada{polls}@example.com");
        abandon(app.client().register(&email, PASSWORD), polls).await;
        bystander.is_undisturbed(polls).await;
        let status = status_of_login(&app, &email, PASSWORD).await;
        let again = app.client().register(&email, PASSWORD).await.status;
        assert!(matches!((status, again), (200, 400) | (401, 201)), "{polls}: {status} {again}");
    }
}

/// How often it was told of a new account.
#[derive(Clone, Default)]
struct Told(Arc<AtomicUsize>);

impl Hooks for Told {
    fn after_registration<'h>(&'h self, _: &'h Auth, _: &'h User) -> Hook<'h, ()> {
        Box::pin(async {
            self.0.fetch_add(1, Ordering::Relaxed);
        })
    }
}

async fn what_follows_a_sign_up_is_done_whether_or_not_its_client_still_waits(engine: Engine) {
    for mode in ["none", "mandatory"] {
        let mode = format!("{ONE_CONNECTION}\n[email_verification]\nmode = \"{mode}\"");
        let told = Told::default();
        let app = configured(engine, &mode).await.with_hooks(super::router, told.clone()).await;
        for polls in 0..POLLS {
            abandon(app.client().register(&format!("ada{polls}@example.com"), PASSWORD), polls).await;
            let count = "select count(*) from users";
            let (accounts,): (i64,) =
                auth::on!(app.auth.db(), pool => sqlx::query_as(count).fetch_one(pool).await).unwrap();
            let accounts = usize::try_from(accounts).unwrap();
            let all = async {
                while told.0.load(Ordering::Relaxed) < accounts {
                    tokio::task::yield_now().await;
                }
            };
            let patience = std::time::Duration::from_secs(10);
            assert!(
                tokio::time::timeout(patience, all).await.is_ok(),
                "{polls} polls: {accounts} accounts, {:?}",
                told.0
            );
        }
        assert!(told.0.load(Ordering::Relaxed) > 0, "some requests come as far as that");
    }
}

async fn an_abandoned_refresh_leaves_the_old_token_or_a_successor_nobody_has(engine: Engine) {
    let app = configured(engine, ONE_CONNECTION).await;
    let bystander = Bystander::of(&app).await;
    let mut outcomes = Vec::new();
    for polls in 0..POLLS {
        let ada = app.signed_in(&format!("ada{polls}@example.com")).await;
        abandon(ada.clone().refresh(), polls).await;
        bystander.is_undisturbed(polls).await;
        let alive = ada.get("/jwt-allauth/user/").await.status;
        assert_eq!(alive, 200, "a lost answer alone ends nothing");
        outcomes.push(ada.clone().refresh().await.status);
    }
    assert_eq!((outcomes[0], outcomes[POLLS - 1]), (200, 401), "from nothing done to all done: {outcomes:?}");
}

async fn an_abandoned_change_of_password_happened_or_did_not(engine: Engine) {
    let app = configured(engine, ONE_CONNECTION).await;
    let bystander = Bystander::of(&app).await;
    let change = json!({ "old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD });
    let mut outcomes = Vec::new();
    for polls in 0..POLLS {
        let email = format!("ada{polls}@example.com");
        let ada = app.signed_in(&email).await;
        abandon(ada.post("/jwt-allauth/password/change/", &change), polls).await;
        bystander.is_undisturbed(polls).await;
        let old = status_of_login(&app, &email, PASSWORD).await;
        let new = status_of_login(&app, &email, NEW_PASSWORD).await;
        let session = ada.get("/jwt-allauth/user/").await.status;
        assert!(matches!((old, new, session), (200, 401, 200) | (401, 200, 401)), "{polls}: {old} {new} {session}");
        outcomes.push(new);
    }
    assert_eq!((outcomes[0], outcomes[POLLS - 1]), (401, 200), "from nothing done to all done: {outcomes:?}");
}

async fn an_abandoned_deletion_happened_or_did_not(engine: Engine) {
    let app = configured(engine, ONE_CONNECTION).await;
    let bystander = Bystander::of(&app).await;
    let body = json!({ "password": PASSWORD });
    let mut outcomes = Vec::new();
    for polls in 0..POLLS {
        let email = format!("ada{polls}@example.com");
        let ada: Client = app.signed_in(&email).await;
        abandon(ada.delete("/jwt-allauth/user/", Some(&body)), polls).await;
        bystander.is_undisturbed(polls).await;
        let login = status_of_login(&app, &email, PASSWORD).await;
        let session = ada.get("/jwt-allauth/user/").await.status;
        assert!(matches!((login, session), (200, 200) | (401, 401)), "{polls}: {login} {session}");
        outcomes.push(login);
    }
    assert_eq!((outcomes[0], outcomes[POLLS - 1]), (200, 401), "from nothing done to all done: {outcomes:?}");
}

/// The database ends a session, and this process stops accepting its access tokens: not the one without the other.
async fn what_an_abandoned_request_ended_is_not_accepted_any_more(engine: Engine) {
    let app = configured(engine, &format!("{ONE_CONNECTION}\n[tokens]\nsession_check = \"on\"")).await;
    let bystander = Bystander::of(&app).await;
    for end in ["logout/", "logout-all/"] {
        let mut outcomes = Vec::new();
        for polls in 0..POLLS {
            let ada = app.signed_in(&format!("{}{polls}@example.com", end.trim_end_matches('/'))).await;
            assert_eq!(ada.get("/jwt-allauth/token/claims/").await.status, 200, "it is known to live");
            abandon(ada.post(&format!("/jwt-allauth/{end}"), &json!({})), polls).await;
            bystander.is_undisturbed(polls).await;
            let stored = ada.get("/jwt-allauth/user/").await.status;
            let checked = ada.get("/jwt-allauth/token/claims/").await.status;
            assert_eq!(stored, checked, "{end} {polls}");
            outcomes.push(stored);
        }
        assert_eq!((outcomes[0], outcomes[POLLS - 1]), (200, 401), "from nothing done to all done: {outcomes:?}");
    }
}
