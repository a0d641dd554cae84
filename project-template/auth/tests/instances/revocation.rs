//! Sessions that end at one instance, with `tokens.session_check`: the others hear of it through Redis.

use std::time::Duration;

use auth::account;
use auth::sessions::{TokenKinds, invalidate};
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use serde_json::json;
use uuid::Uuid;

use super::redis_server::RedisServer;
use super::{patient, router};

const CLAIMS: &str = "/jwt-allauth/token/claims/";
/// Requests within which what is told has arrived.
const TRIES: usize = 20_000;

with_redis_on_both_engines!(
    whatever_ends_a_session_is_seen_at_the_other_instance_at_once,
    while_redis_is_away_an_end_is_seen_after_five_seconds,
    what_was_missed_while_redis_was_away_is_looked_up,
    nobody_who_writes_to_redis_can_end_a_session_or_bring_one_back,
    whatever_is_written_to_redis_the_next_end_is_heard,
);

/// An application at two instances that hear each other.
struct Pair {
    here: TestApp,
    there: TestApp,
    channel: String,
    redis: redis::Client,
}

async fn pair(engine: Engine, server: &RedisServer) -> Pair {
    let here = patient(engine, server.url(), "").await;
    let there = here.second_instance(router).await;
    let channel = format!("{}:channel:sessions", here.auth.settings().tokens.audience);
    // The first of the two that `patient` makes listens as well.
    let pair = Pair { here, there, channel, redis: redis::Client::open(server.url()).unwrap() };
    pair.until_heard().await;
    pair
}

impl Pair {
    /// Waits until every instance listens.
    async fn until_heard(&self) {
        let mut command = redis::cmd("PUBSUB");
        command.arg("NUMSUB").arg(&self.channel);
        loop {
            let Ok(mut connection) = self.redis.get_multiplexed_async_connection().await else { continue };
            let heard: redis::RedisResult<(String, usize)> = command.query_async(&mut connection).await;
            if heard.is_ok_and(|(_, listeners)| listeners == 3) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn publish(&self, messages: impl IntoIterator<Item = Vec<u8>>) {
        let mut connection = self.redis.get_multiplexed_async_connection().await.unwrap();
        for message in messages {
            let heard: usize =
                redis::cmd("PUBLISH").arg(&self.channel).arg(message).query_async(&mut connection).await.unwrap();
            assert_eq!(heard, 3);
        }
    }

    /// A new user, signed in here and seen alive there.
    async fn signed_in(&self, name: &str) -> (Client, Client) {
        let here = self.here.signed_in(&format!("{name}@example.com")).await;
        let there = self.there.client().holding(&here.access, "");
        assert_eq!(there.get(CLAIMS).await.status, 200);
        (here, there)
    }
}

async fn user_id(client: &Client) -> Uuid {
    client.get(CLAIMS).await.body["sub"].as_str().unwrap().parse().unwrap()
}

/// Asks until it is refused, without a move of the clock.
async fn assert_refused_soon(client: &Client, after: &str) {
    for _ in 0..TRIES {
        if client.get(CLAIMS).await.status == 401 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("still accepted after {after}");
}

/// Ends the session of a client in one of many ways, at its own instance.
async fn end(app: &TestApp, client: &Client, way: &str) {
    let id = user_id(client).await;
    let nothing = json!({});
    let new = "wrong pony charger clip";
    let change = json!({ "old_password": PASSWORD, "new_password1": new, "new_password2": new });
    let is_done = match way {
        "logout" => client.post("/jwt-allauth/logout/", &nothing).await.status == 200,
        "logout_all" => client.post("/jwt-allauth/logout-all/", &nothing).await.status == 200,
        "replay" => client.clone().refresh().await.status == 200 && client.clone().refresh().await.status == 401,
        "password" => {
            let mut elsewhere = app.client();
            let email = client.get("/jwt-allauth/user/").await.text("email").to_owned();
            assert_eq!(elsewhere.login(&email, PASSWORD).await.status, 200);
            elsewhere.post("/jwt-allauth/password/change/", &change).await.status == 200
        }
        "deletion" => {
            let password = json!({ "password": PASSWORD });
            client.delete("/jwt-allauth/user/", Some(&password)).await.status == 204
        }
        "deactivation" => account::set_active(&app.auth, id, false).await.unwrap(),
        "access" => invalidate(&app.auth, id, TokenKinds::Access).await.unwrap(),
        "all" => invalidate(&app.auth, id, TokenKinds::All).await.unwrap(),
        _ => unreachable!(),
    };
    assert!(is_done, "{way}");
}

async fn whatever_ends_a_session_is_seen_at_the_other_instance_at_once(engine: Engine) {
    let server = RedisServer::start();
    let pair = pair(engine, &server).await;
    let (eve, eve_there) = pair.signed_in("eve").await;
    for way in ["logout", "logout_all", "replay", "password", "deletion", "deactivation", "access", "all"] {
        let (here, there) = pair.signed_in(way).await;
        end(&pair.here, &here, way).await;
        assert_eq!(here.get(CLAIMS).await.status, 401, "{way}");
        assert_refused_soon(&there, way).await;
    }
    assert_eq!([eve.get(CLAIMS).await.status, eve_there.get(CLAIMS).await.status], [200, 200]);
}

async fn while_redis_is_away_an_end_is_seen_after_five_seconds(engine: Engine) {
    let mut server = RedisServer::start();
    let pair = pair(engine, &server).await;
    let (ada, there) = pair.signed_in("ada").await;
    server.stop();
    end(&pair.here, &ada, "logout").await;
    pair.here.advance(Duration::from_secs(5));
    assert_eq!(there.get(CLAIMS).await.status, 401);

    server.start_again();
    pair.until_heard().await;
    let (bob, there) = pair.signed_in("bob").await;
    end(&pair.here, &bob, "logout").await;
    assert_refused_soon(&there, "a restart of Redis").await;
}

async fn what_was_missed_while_redis_was_away_is_looked_up(engine: Engine) {
    let mut server = RedisServer::start();
    let pair = pair(engine, &server).await;
    server.stop();
    let (ada, there) = pair.signed_in("ada").await;
    end(&pair.here, &ada, "logout").await;
    server.start_again();
    pair.until_heard().await;
    assert_refused_soon(&there, "a restart of Redis").await;
}

async fn nobody_who_writes_to_redis_can_end_a_session_or_bring_one_back(engine: Engine) {
    let server = RedisServer::start();
    let pair = pair(engine, &server).await;
    let (ada, ada_there) = pair.signed_in("ada").await;
    let (bob, bob_there) = pair.signed_in("bob").await;
    let ids = [user_id(&ada).await, user_id(&bob).await];
    end(&pair.here, &bob, "logout").await;
    assert_refused_soon(&bob_there, "the end").await;
    for _ in 0..20 {
        pair.publish(ids.map(|id| id.as_bytes().to_vec())).await;
        for client in [&ada, &ada_there] {
            assert_eq!(client.get(CLAIMS).await.status, 200);
        }
        for client in [&bob, &bob_there] {
            assert_eq!(client.get(CLAIMS).await.status, 401);
        }
    }
}

async fn whatever_is_written_to_redis_the_next_end_is_heard(engine: Engine) {
    let server = RedisServer::start();
    let pair = pair(engine, &server).await;
    let (ada, there) = pair.signed_in("ada").await;
    let long = vec![b'x'; 4 << 20];
    let strange = [b"".to_vec(), b"\0".to_vec(), b"*1\r\n$4\r\nQUIT\r\n".to_vec(), vec![0xff; 17], long];
    let flood = (0..20_000).map(|_| Uuid::now_v7().as_bytes().to_vec());
    pair.publish(strange.into_iter().chain(flood)).await;
    assert_eq!(there.get(CLAIMS).await.status, 200);
    end(&pair.here, &ada, "logout").await;
    assert_refused_soon(&there, "a flood").await;
}
