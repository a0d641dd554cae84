//! Removes expired data, a few rows at a time so that requests do not wait for it.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::MissedTickBehavior;

use crate::Auth;
use crate::{factors, guests, passkeys, sessions, social};

const BATCH: u32 = 500;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Flushed {
    pub(crate) sessions: u64,
    /// One-time links and codes, invitations, challenges of passkeys, and sign-ins at other services.
    pub(crate) codes: u64,
    pub(crate) events: u64,
    pub(crate) counters: u64,
}

impl Flushed {
    pub(crate) fn by_name(self) -> [(&'static str, u64); 4] {
        [("sessions", self.sessions), ("codes", self.codes), ("events", self.events), ("counters", self.counters)]
    }

    pub(crate) fn kinds(self) -> [(&'static str, u64); 4] {
        [
            ("expired sessions", self.sessions),
            ("expired links and codes", self.codes),
            ("old rows of the audit log", self.events),
            ("stale counters of requests and guesses", self.counters),
        ]
    }
}

pub(crate) type Flushing = Mutex<()>;

pub(crate) async fn flush_by_itself(auth: Auth) {
    let Some(interval) = auth.settings().cron.interval else { return };
    let mut timer = tokio::time::interval(interval);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = auth.stopped() => return,
            _ = timer.tick() => {}
        }
        // Safe to cancel: every statement stands alone, and the next run continues.
        let flushed = tokio::select! {
            () = auth.stopped() => return,
            flushed = flush_unless_running(&auth, None) => flushed,
        };
        match flushed.map(|(flushed, _)| flushed) {
            Ok(flushed) if flushed == Flushed::default() => tracing::debug!("nothing has expired"),
            Ok(Flushed { sessions, codes, events, counters }) => {
                tracing::info!(sessions, codes, events, counters, "removed what has expired");
            }
            Err(error) => tracing::warn!(%error, "what has expired could not be removed; the next run tries again"),
        }
    }
}

/// Does nothing while this process is already at it: calls must not pile up. Returns whether there may be more.
pub(super) async fn flush_unless_running(auth: &Auth, limit: Option<Duration>) -> sqlx::Result<(Flushed, bool)> {
    match auth.flushing().try_lock() {
        Ok(_running) => flush_within(auth, limit).await,
        Err(_) => Ok((Flushed::default(), true)),
    }
}

pub(crate) async fn flush(auth: &Auth) -> sqlx::Result<Flushed> {
    Ok(flush_within(auth, None).await?.0)
}

/// For a client that waits: the answer must come before the request times out.
pub(crate) fn limit_of_request(auth: &Auth) -> Duration {
    auth.settings().http.request_timeout / 2
}

/// Returns whether there may be more.
pub(crate) async fn flush_within(auth: &Auth, limit: Option<Duration>) -> sqlx::Result<(Flushed, bool)> {
    let (now, begun) = (auth.now(), Instant::now());
    let mut flushed = Flushed::default();
    loop {
        let removed = sessions::remove_expired(auth, now, BATCH).await?;
        let codes = auth.codes().remove_expired(BATCH).await?;
        let challenges = factors::remove_expired(auth, BATCH).await?;
        let of_passkeys = passkeys::remove_expired(auth, BATCH).await?;
        let invitations = guests::remove_expired(auth, BATCH).await?;
        let of_social = social::remove_expired(auth, BATCH).await?;
        let events = auth.audit().remove_expired(BATCH).await?;
        let (counters, more) = auth.throttle().remove_stale(BATCH).await?;
        let guesses = factors::remove_old_guesses(auth, BATCH).await?;
        // So that keys can be removed which sign nothing any more.
        let resealed = factors::reseal(auth, BATCH).await?;
        flushed.sessions += removed;
        flushed.codes += codes + challenges + of_passkeys + of_social + invitations;
        flushed.events += events;
        flushed.counters += counters + guesses;
        let most = [removed, codes, challenges, of_passkeys, of_social, invitations, events, guesses, resealed]
            .into_iter()
            .max();
        let more = more || most >= Some(u64::from(BATCH));
        if !more || limit.is_some_and(|limit| begun.elapsed() >= limit) {
            auth.metrics().flushed(flushed.by_name(), now);
            return Ok((flushed, more));
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn expired(auth: &Auth) -> sqlx::Result<Flushed> {
    let now = auth.now();
    Ok(Flushed {
        sessions: sessions::count_expired(auth, now).await?,
        codes: auth.codes().count_expired().await?
            + factors::count_expired(auth).await?
            + passkeys::count_expired(auth).await?
            + guests::count_expired(auth).await?
            + social::count_expired(auth).await?,
        events: auth.audit().count_expired().await?,
        counters: auth.throttle().count_stale().await? + factors::count_old_guesses(auth).await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Engine, TestApp};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_removes_what_has_expired_by_itself_until_it_is_stopped() {
        let app = TestApp::start(Engine::Sqlite, |auth| auth.router().with_state(auth)).await;
        app.signed_in("ada@example.com").await;
        app.advance(Duration::from_hours(24 * 15));
        assert_eq!(expired(&app.auth).await.unwrap().sessions, 1);

        let flushing = tokio::spawn(flush_by_itself(app.auth.clone()));
        while expired(&app.auth).await.unwrap() != Flushed::default() {
            tokio::task::yield_now().await;
        }
        assert!(!flushing.is_finished(), "it waits for the next run");
        app.auth.begin_stop();
        flushing.await.unwrap();
    }

    crate::on_both_engines!(
        what_would_be_removed_is_removed_and_nothing_else,
        whoever_waits_for_it_is_told_in_time_that_there_is_more,
    );

    async fn whoever_waits_for_it_is_told_in_time_that_there_is_more(engine: Engine) {
        const MANY: u64 = 1_200;
        let app = TestApp::start(engine, |auth| auth.router().with_state(auth)).await;
        app.signed_in("ada@example.com").await;
        for _ in 1..MANY {
            let copied = crate::on!(app.auth.db(), pool => sqlx::query(
                "insert into sessions (id, user_id, claims, created_at, refreshed_at, expires_at)
                 select $1, user_id, claims, created_at, refreshed_at, expires_at from sessions limit 1",
            )
            .bind(uuid::Uuid::now_v7())
            .execute(pool)
            .await
            .map(drop));
            copied.unwrap();
        }
        app.advance(Duration::from_hours(24 * 15));
        let mut removed = Vec::new();
        loop {
            let (flushed, more) = flush_within(&app.auth, Some(Duration::ZERO)).await.unwrap();
            removed.push(flushed.sessions);
            if !more {
                break;
            }
        }
        assert_eq!(removed, [u64::from(BATCH), u64::from(BATCH), MANY - 2 * u64::from(BATCH)]);
        let _running = app.auth.flushing().lock().await;
        assert_eq!(flush_unless_running(&app.auth, None).await.unwrap(), (Flushed::default(), true));
    }

    async fn what_would_be_removed_is_removed_and_nothing_else(engine: Engine) {
        let app = TestApp::start_with(
            engine,
            |auth| auth.router().with_state(auth),
            |settings| settings.email_verification.mode = crate::email_verification::Mode::Optional,
        )
        .await;
        let mut ada = app.signed_in("ada@example.com").await;
        ada.login("ada@example.com", crate::testing::PASSWORD).await;
        app.advance(Duration::from_hours(24 * 15));
        let mut bob = app.signed_in("bob@example.com").await;

        let counted = expired(&app.auth).await.unwrap();
        assert_eq!(counted.sessions, 2, "both of Ada's");
        assert!(counted.codes > 0, "the link that Ada was sent");
        assert_eq!(flush(&app.auth).await.unwrap(), counted);
        assert_eq!(expired(&app.auth).await.unwrap(), Flushed::default());
        assert_eq!(flush(&app.auth).await.unwrap(), Flushed::default());

        let link = app.mailbox().await.latest("bob@example.com").link();
        assert_eq!(app.client().post(&link, &serde_json::json!({})).await.status, 200);
        let replayed = bob.clone();
        assert_eq!(bob.refresh().await.status, 200);
        flush(&app.auth).await.unwrap();
        assert_eq!(replayed.clone().refresh().await.status, 401, "a replay is still recognized");
        assert_eq!(bob.refresh().await.status, 401, "and ends the session");
        assert_eq!(ada.refresh().await.status, 401);
    }

    #[tokio::test]
    async fn an_interval_of_nothing_turns_it_off() {
        let app = TestApp::start_with(
            Engine::Sqlite,
            |auth| auth.router().with_state(auth),
            |settings| {
                settings.cron.interval = None;
            },
        )
        .await;
        flush_by_itself(app.auth.clone()).await;
    }
}
