use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::budget::{Budget, Count, KNOWN, seconds};
use super::failure_store as store;
use super::key::{self, Key};
use super::{Guess, Settings, Throttle};
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::{Error, Result};
use crate::http::Client;
use crate::request;

/// How long a guess waits for pending ones before the answer is 503.
const MAX_WAIT: Duration = Duration::from_secs(5);
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(80);

impl Throttle<'_> {
    /// The guess is counted before `compare`, which returns `Some` if it is right, and stays counted if the client
    /// disconnects or the request fails later. An error of `compare` means that nothing was compared, and uncounts the
    /// guess. A guess waits for pending ones that use up a budget: any number of concurrent right guesses pass.
    ///
    /// Call it once per comparison, outside of a transaction. 429 if a budget is spent; 503 without a database, or if
    /// pending guesses take too long.
    pub(crate) async fn guarded<T: Send + 'static>(
        self,
        guess: Guess<'_>,
        client: &Client,
        compare: impl Future<Output = Result<Option<T>>> + Send + 'static,
    ) -> Result<Option<T>> {
        let Some(counters) = guess.counters(&self.0.settings().throttle, client) else { return compare.await };
        let auth = self.0.clone();
        // In a separate task, so that the guess is decided even if the client disconnects.
        let task = tokio::spawn(
            request::of_same_request(async move {
                let _turn = auth.turns().take(counters.queue(), counters.places).await;
                let counted = counters.count(&auth).await?;
                let compared = compare.await;
                let outcome = match &compared {
                    Ok(Some(_)) => Comparison::Right,
                    Ok(None) => Comparison::Wrong,
                    Err(_) => Comparison::NotCompared,
                };
                counters.decide(&auth, counted, outcome).await?;
                compared
            })
            .in_current_span(),
        );
        task.await.unwrap_or_else(|error| Err(anyhow::Error::new(error).into()))
    }

    /// Only if a user has recently signed in to this account from this address.
    pub(crate) async fn known_at(self, account: &str, client: &Client) -> db::Result<Option<Vec<u8>>> {
        let has_address = self.0.settings().throttle.enabled && key::network(client).is_some();
        let pair = Key::of_pair(account, client);
        Ok((has_address && is_known(self.0, &pair, now(self.0)).await?).then_some(pair.address))
    }
}

/// Always locked in this order, so that concurrent guesses cannot deadlock.
pub(super) struct Counters {
    /// To find a recent sign-in.
    pub(super) who: Key,
    /// Skipped after a recent sign-in, so that neighbours cannot block the owner.
    pub(super) networks: Vec<(Key, Budget)>,
    pub(super) pair: Option<(Key, Budget)>,
    /// The account's counter, skipped after a recent sign-in; or that of its sessions, never skipped.
    pub(super) account: Option<(Key, Budget)>,
    pub(super) is_own: bool,
    /// Guesses of one client that may be checked concurrently.
    pub(super) places: usize,
}

pub(super) fn networks(settings: &Settings, client: &Client) -> Vec<(Key, Budget)> {
    let own = key::network(client).map(|network| (Key::of_address(&network), Budget::of_address(settings)));
    let site = key::site(client).map(|site| (Key::of_address(&site), Budget::of_site(settings)));
    own.into_iter().chain(site).collect()
}

struct CountedIn {
    networks: bool,
    account: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Right,
    Wrong,
    NotCompared,
}

impl Counters {
    fn queue(&self) -> &[u8] {
        let client = self.networks.first().or(self.pair.as_ref());
        client.map_or(&[], |(key, _)| key.address.as_slice())
    }

    async fn count(&self, auth: &Auth) -> Result<CountedIn> {
        let deadline = Instant::now() + MAX_WAIT;
        let mut pause = FIRST_LOOK;
        loop {
            let counted = self.try_count(auth).await?;
            if let Err(Spent { is_early: true, .. }) = counted {
                self.clamp(auth).await?;
            }
            match counted {
                Ok(counted) => return Ok(counted),
                Err(Spent { wait, pending: false, .. }) => {
                    auth.metrics().throttled_guess();
                    return Err(Error::Throttled(wait));
                }
                Err(Spent { .. }) if Instant::now() >= deadline => return Err(Error::Busy),
                Err(Spent { .. }) => sleep(pause).await,
            }
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    async fn try_count(&self, auth: &Auth) -> db::Result<Result<CountedIn, Spent>> {
        let now = now(auth);
        let is_known = is_known(auth, &self.who, now).await?;
        let networks = if is_known { &[] } else { self.networks.as_slice() };
        let account = self.account.as_ref().filter(|_| self.is_own || !is_known);
        let mut tx = auth.db().begin().await?;
        for (key, budget) in networks.iter().chain(&self.pair).chain(account) {
            if !store::count(&mut tx, key, budget, now).await? {
                return spent(&mut tx, key, budget, now).await.map(Err);
            }
        }
        tx.commit().await?;
        Ok(Ok(CountedIn { networks: !is_known, account: account.is_some() }))
    }

    async fn clamp(&self, auth: &Auth) -> db::Result<()> {
        let now = now(auth);
        let mut tx = auth.db().begin().await?;
        for (key, _) in self.networks.iter().chain(&self.pair).chain(&self.account) {
            store::clamp(&mut tx, key, now).await?;
        }
        tx.commit().await
    }

    async fn decide(&self, auth: &Auth, counted: CountedIn, outcome: Comparison) -> db::Result<()> {
        let back = i64::from(outcome != Comparison::Wrong);
        let mut tx = auth.db().begin().await?;
        for (key, _) in self.networks.iter().filter(|_| counted.networks) {
            // A success at one account says nothing about guesses at others: uncount only this guess.
            store::decide(&mut tx, key, back).await?;
        }
        let counters = [(&self.pair, true), (&self.account, counted.account)];
        for (counter, is_counted) in counters {
            let Some((key, _)) = counter else { continue };
            if outcome == Comparison::Right {
                store::clear(&mut tx, key, i64::from(is_counted)).await?;
            } else if is_counted {
                store::decide(&mut tx, key, back).await?;
            }
        }
        tx.commit().await
    }
}

async fn is_known(auth: &Auth, pair: &Key, now: i64) -> db::Result<bool> {
    let known_at = store::known_at(auth.db(), pair).await?;
    Ok(known_at.is_some_and(|known| known + seconds(KNOWN) > now))
}

struct Spent {
    wait: Duration,
    /// Pending attempts may give some of the budget back.
    pending: bool,
    /// The last attempt lies in the future: a clock is, or was, fast.
    is_early: bool,
}

async fn spent(tx: &mut Tx, key: &Key, budget: &Budget, now: i64) -> db::Result<Spent> {
    let row = store::find(tx, key).await?;
    Ok(row.map_or(Spent { wait: Duration::ZERO, pending: true, is_early: false }, |row| Spent {
        wait: budget.wait(Count { counted_at: row.counted_at.min(now), ..row.count() }, now),
        is_early: row.counted_at > now,
        pending: row.pending > 0 && row.counted_at + seconds(super::budget::LOST) > now,
    }))
}

pub(super) fn now(auth: &Auth) -> i64 {
    auth.now().unix_timestamp()
}
