//! Guesses: counted before they are looked at, and taken back if they were right.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::Settings;
use super::budget::{Budget, Count, KNOWN, seconds};
use super::failure_store as store;
use super::key::{self, Key};
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::{Error, Result};
use crate::http::Client;
use crate::request;

/// How long a guess waits for others that are being looked at, before the answer is 503.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How often it looks whether they are decided, at first and at last.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(80);

/// What can be guessed at.
pub(crate) trait Guessed {
    /// Where a guess is counted; nowhere, if nothing is limited.
    fn counters(self, auth: &Auth, client: &Client) -> Option<Counters>;
}

/// Looks at a guess, if the budgets have one left.
///
/// `compare` says whether it is right, by giving what comes of that. It has been counted by then, for good: whether the
/// client hangs up or the request fails later changes nothing. An error of `compare` itself means that nothing was
/// compared, and takes the count back. While as many others as are left of a budget are being looked at, it waits for
/// them: right ones, however many at once, all pass.
///
/// Call it once around each comparison, outside of a transaction.
///
/// # Errors
/// 429 `throttled`, without a look at the guess, where a budget is spent. What `compare` fails with. 503 if the database
/// cannot be reached, or others are being looked at for too long.
pub(crate) async fn guarded<T: Send + 'static>(
    auth: &Auth,
    guess: impl Guessed,
    client: &Client,
    compare: impl Future<Output = Result<Option<T>>> + Send + 'static,
) -> Result<Option<T>> {
    let Some(counters) = guess.counters(auth, client) else { return compare.await };
    let auth = auth.clone();
    // In a task of its own, which decides what was counted although nobody may wait for the answer any more.
    let task = tokio::spawn(
        request::of_same_request(async move {
            let _turn = auth.throttle().turns.take(counters.queue(), counters.places).await;
            let counted = counters.count(&auth).await?;
            let compared = compare.await;
            let outcome = match &compared {
                Ok(Some(_)) => Outcome::Right,
                Ok(None) => Outcome::Wrong,
                Err(_) => Outcome::NotCompared,
            };
            counters.decide(&auth, counted, outcome).await?;
            compared
        })
        .in_current_span(),
    );
    task.await.unwrap_or_else(|error| Err(anyhow::Error::new(error).into()))
}

/// Where a guess is counted, always in this order, so that two that share some of it never wait for each other.
pub(crate) struct Counters {
    /// The client with the account that is guessed at: whether somebody signed in to it from here lately.
    pub(super) who: Key,
    /// Those of the client's address and of the site it is in, which those are spared who did: they pay for no neighbour.
    pub(super) networks: Vec<(Key, Budget)>,
    pub(super) pair: Option<(Key, Budget)>,
    /// That of strangers, which they are spared too; or that of sessions, which nobody is.
    pub(super) account: Option<(Key, Budget)>,
    pub(super) is_own: bool,
    /// Guesses of one client that are looked at at once.
    pub(super) places: usize,
}

/// Where guesses of a client are counted, whatever they are at. Nowhere, if it has no address.
pub(super) fn networks(settings: &Settings, client: &Client) -> Vec<(Key, Budget)> {
    let own = key::network(client).map(|network| (Key::of_address(&network), Budget::of_address(settings)));
    let site = key::site(client).map(|site| (Key::of_address(&site), Budget::of_site(settings)));
    own.into_iter().chain(site).collect()
}

/// Where a guess was counted, beside the pair.
struct CountedIn {
    networks: bool,
    account: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Right,
    Wrong,
    NotCompared,
}

impl Counters {
    /// Who waits together: a client's guesses.
    fn queue(&self) -> &[u8] {
        let client = self.networks.first().or(self.pair.as_ref());
        client.map_or(&[], |(key, _)| key.address.as_slice())
    }

    /// Counts the guess everywhere, or nowhere.
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

    /// Takes what a clock stored that is, or was, fast for what happened now.
    async fn clamp(&self, auth: &Auth) -> db::Result<()> {
        let now = now(auth);
        let mut tx = auth.db().begin().await?;
        for (key, _) in self.networks.iter().chain(&self.pair).chain(&self.account) {
            store::clamp(&mut tx, key, now).await?;
        }
        tx.commit().await
    }

    async fn decide(&self, auth: &Auth, counted: CountedIn, outcome: Outcome) -> db::Result<()> {
        let back = i64::from(outcome != Outcome::Wrong);
        let mut tx = auth.db().begin().await?;
        for (key, _) in self.networks.iter().filter(|_| counted.networks) {
            // A success of one account says nothing about guesses at the others: only this guess is taken back.
            store::decide(&mut tx, key, back).await?;
        }
        let counters = [(&self.pair, true), (&self.account, counted.account)];
        for (counter, is_counted) in counters {
            let Some((key, _)) = counter else { continue };
            if outcome == Outcome::Right {
                store::clear(&mut tx, key, i64::from(is_counted)).await?;
            } else if is_counted {
                store::decide(&mut tx, key, back).await?;
            }
        }
        tx.commit().await
    }
}

/// The client's address as a key, if somebody signed in to this account from it lately.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn known_at(auth: &Auth, account: &str, client: &Client) -> db::Result<Option<Vec<u8>>> {
    let has_address = auth.settings().throttle.enabled && key::network(client).is_some();
    let pair = Key::of_pair(account, client);
    Ok((has_address && is_known(auth, &pair, now(auth)).await?).then_some(pair.address))
}

async fn is_known(auth: &Auth, pair: &Key, now: i64) -> db::Result<bool> {
    let known_at = store::known_at(auth.db(), pair).await?;
    Ok(known_at.is_some_and(|known| known + seconds(KNOWN) > now))
}

/// A budget that has nothing left.
struct Spent {
    wait: Duration,
    /// Some of it may come back.
    pending: bool,
    /// It was counted later than now.
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
