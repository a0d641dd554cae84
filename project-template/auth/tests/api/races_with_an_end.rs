//! What ends sessions, in a race with what gives out tokens: nothing that is given out is accepted after the end.

use std::sync::Arc;
use std::time::Duration;

use auth::account;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::races::{ROUNDS, STRICT, WINDOW, assert_over, refresh_at_once};
use super::{at_two_instances, user_id};

const NEW_PASSWORD: &str = "wrong pony charger clip";

auth::on_both_engines!(
    nothing_outlives_a_logout,
    nothing_outlives_the_end_of_a_session_in_the_list,
    nothing_outlives_logout_all,
    nothing_outlives_a_change_of_password,
    nothing_outlives_deactivation,
    nothing_outlives_deletion,
    no_login_with_the_old_password_survives_its_change,
    no_login_survives_deactivation,
    of_two_changes_of_password_one_wins,
    ends_of_all_kinds_do_not_disturb_each_other,
);

/// Clients at every instance that refresh one session over and over while `end` ends it. Gives everything they were given.
pub(super) async fn refresh_while<T>(ada: &Client, end: impl Future<Output = T>) -> (T, Vec<Client>) {
    let start = Arc::new(Barrier::new(5));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (mut client, start) = (ada.elsewhere(), Arc::clone(&start));
        tasks.spawn(async move {
            let mut given_out = Vec::new();
            start.wait().await;
            while client.refresh().await.status == 200 {
                given_out.push(client.clone());
            }
            given_out
        });
    }
    start.wait().await;
    let ended = end.await;
    (ended, tasks.join_all().await.into_iter().flatten().collect())
}

async fn nothing_outlives_a_logout(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let (reply, given_out) = refresh_while(&ada, ada.post("/jwt-allauth/logout/", &json!({}))).await;
        assert_eq!(reply.status, 200);
        assert_over(&ada, given_out).await;
    }
}

async fn nothing_outlives_the_end_of_a_session_in_the_list(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let session = super::claims(&ada).await["session"].clone();
        let path = format!("/jwt-allauth/sessions/{}/", session.as_str().unwrap());
        let (reply, given_out) = refresh_while(&ada, ada.delete(&path, None)).await;
        assert_eq!(reply.status, 204);
        assert_over(&ada, given_out).await;
    }
}

async fn nothing_outlives_logout_all(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let (reply, given_out) = refresh_while(&ada, ada.post("/jwt-allauth/logout-all/", &json!({}))).await;
        assert_eq!(reply.status, 200);
        assert_over(&ada, given_out).await;
    }
}

fn change() -> serde_json::Value {
    json!({ "old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD })
}

async fn nothing_outlives_a_change_of_password(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let change = change();
        let (reply, given_out) = refresh_while(&ada, ada.post("/jwt-allauth/password/change/", &change)).await;
        let mut renewed = ada.clone();
        assert_eq!(renewed.keep(reply).status, 200);
        assert_over(&ada, given_out).await;
        assert_eq!(renewed.refresh().await.status, 200, "the change's own session lives");
    }
}

async fn nothing_outlives_deactivation(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let id = user_id(&ada).await;
        let (found, given_out) = refresh_while(&ada, account::set_active(&ada.instance().auth, id, false)).await;
        assert!(found.unwrap());
        assert_over(&ada, given_out).await;
    }
}

async fn nothing_outlives_deletion(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let body = json!({ "password": PASSWORD });
        let (reply, given_out) = refresh_while(&ada, ada.delete("/jwt-allauth/user/", Some(&body))).await;
        assert_eq!(reply.status, 204);
        assert_over(&ada, given_out).await;
    }
}

/// Clients that sign in over and over while `end` takes that way in. Gives every session they were given.
async fn login_while<T>(app: &TestApp, email: &str, end: impl Future<Output = T>) -> (T, Vec<Client>) {
    let start = Arc::new(Barrier::new(5));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (mut client, email, start) = (app.client(), email.to_owned(), Arc::clone(&start));
        tasks.spawn(async move {
            let mut given_out = Vec::new();
            start.wait().await;
            while client.login(&email, PASSWORD).await.status == 200 {
                given_out.push(client.clone());
            }
            given_out
        });
    }
    start.wait().await;
    let ended = end.await;
    (ended, tasks.join_all().await.into_iter().flatten().collect())
}

async fn no_login_with_the_old_password_survives_its_change(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.com");
        let ada = app.signed_in(&email).await;
        let change = change();
        let (reply, given_out) = login_while(&app, &email, ada.post("/jwt-allauth/password/change/", &change)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_over(&ada, given_out).await;
    }
}

async fn no_login_survives_deactivation(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.com");
        let ada = app.signed_in(&email).await;
        let id = user_id(&ada).await;
        let (found, given_out) = login_while(&app, &email, account::set_active(&ada.instance().auth, id, false)).await;
        assert!(found.unwrap());
        assert_over(&ada, given_out).await;
    }
}

async fn of_two_changes_of_password_one_wins(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let change = change();
        let path = "/jwt-allauth/password/change/";
        let (one, other) = (ada.elsewhere(), ada.elsewhere());
        let (first, second) = tokio::join!(one.post(path, &change), other.post(path, &change));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 400 | 401 | 409]), "{first:?} {second:?}");
    }
}

/// Everything that ends several sessions of one user, at once: none waits for another in a circle.
async fn ends_of_all_kinds_do_not_disturb_each_other(engine: Engine) {
    let app = at_two_instances(engine, STRICT).await;
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.com");
        let ada = app.signed_in(&email).await;
        let mut clients = vec![ada.clone()];
        for _ in 0..5 {
            let mut client = app.client();
            assert_eq!(client.login(&email, PASSWORD).await.status, 200);
            clients.push(client);
        }
        let id = user_id(&ada).await;
        let (nothing, change, password) = (json!({}), change(), json!({ "password": PASSWORD }));
        let (all, again, changed, deleted, inactive, refreshed) = tokio::join!(
            clients[0].post("/jwt-allauth/logout-all/", &nothing),
            clients[1].post("/jwt-allauth/logout-all/", &nothing),
            clients[2].post("/jwt-allauth/password/change/", &change),
            clients[3].delete("/jwt-allauth/user/", Some(&password)),
            account::set_active(&ada.instance().auth, id, false),
            refresh_at_once(clients[4..].to_vec()),
        );
        inactive.unwrap();
        for reply in [&all, &again, &changed, &deleted].into_iter().chain(refreshed.iter().map(|(_, reply)| reply)) {
            assert!(reply.status < 500, "{reply:?}");
        }
        // What the other instance ended was seen alive here.
        app.advance(Duration::from_secs(5));
        assert_over(&ada, refreshed.into_iter().map(|(client, _)| client)).await;
    }
}
