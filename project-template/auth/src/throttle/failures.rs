//! Guesses: counted before they are looked at, and taken back if they were right.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::budget::{Budget, KNOWN, seconds};
use super::failure_store as store;
use super::key::{self, Key};
use crate::app::Auth;
use crate::audit;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::http::Client;

/// How long a guess waits for others that are being looked at, before the answer is 503.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How often it looks whether they are decided, at first and at last.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(80);

/// What is guessed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guess<'a> {
    /// The password of the account of this name (its address, in canonical form), whether or not there is one.
    Password(&'a str),
    /// The same, by somebody with a live session of the account: what strangers do to it does not stop them. All who have
    /// one share a budget as great as that of strangers, since a session may be stolen.
    OwnPassword(&'a str),
    /// Something that has a budget for each account already, such as a code that was mailed: counted for the client's
    /// address alone, so that a mail still lets its reader in when the password does not.
    Code,
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
    guess: Guess<'_>,
    client: &Client,
    compare: impl Future<Output = Result<Option<T>>> + Send + 'static,
) -> Result<Option<T>> {
    let Some(counters) = Counters::of(auth, guess, client) else { return compare.await };
    let auth = auth.clone();
    // In a task of its own, which decides what was counted although nobody may wait for the answer any more.
    let task = tokio::spawn(
        audit::of_same_request(async move {
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

/// Notes that somebody signed in to an account from here: strangers cannot keep them out any more.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn remember(auth: &Auth, tx: &mut Tx, account: &str, client: &Client) -> sqlx::Result<()> {
    if !auth.settings().throttle.enabled {
        return Ok(());
    }
    store::set_known(tx, &Key::of_pair(account, client), now(auth)).await
}

/// Forgets every failure with an account, and from where its owner signed in: the name has a new password, a new owner, or
/// nobody any more.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn forgive(tx: &mut Tx, account: &str) -> sqlx::Result<()> {
    for key in [Key::of_account(account), Key::of_sessions(account)] {
        store::remove_account(tx, &key.account).await?;
    }
    Ok(())
}

/// Lets what was counted follow an account that goes by another name from now on: who guessed at it has no more guesses
/// for that, its owner is no stranger to it, and whoever takes the old name begins anew.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn rename(tx: &mut Tx, from: &str, to: &str) -> sqlx::Result<()> {
    store::rename_account(tx, &Key::of_account(from).account, &Key::of_account(to).account).await
}

/// Where a guess is counted, always in this order, so that two that share some of it never wait for each other.
struct Counters {
    address: Option<(Key, Budget)>,
    pair: Option<(Key, Budget)>,
    /// That of strangers, which those are spared who signed in from here lately; or that of sessions, which nobody is.
    account: Option<(Key, Budget)>,
    is_own: bool,
    places: usize,
}

/// What was counted beside the address and the pair.
struct Counted {
    for_account: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Right,
    Wrong,
    NotCompared,
}

impl Counters {
    fn of(auth: &Auth, guess: Guess<'_>, client: &Client) -> Option<Self> {
        let settings = &auth.settings().throttle;
        let account = match guess {
            Guess::Password(name) | Guess::OwnPassword(name) => Some(name),
            Guess::Code => None,
        };
        let address = key::network(client).map(|network| (Key::of_address(&network), Budget::of_address(settings)));
        let is_counted = settings.enabled && (account.is_some() || address.is_some());
        is_counted.then(|| Self {
            address,
            pair: account.map(|name| (Key::of_pair(name, client), Budget::of_pair(settings))),
            account: match guess {
                Guess::Password(name) => Some(Key::of_account(name)),
                Guess::OwnPassword(name) => Some(Key::of_sessions(name)),
                Guess::Code => None,
            }
            .map(|key| (key, Budget::of_account(settings))),
            is_own: matches!(guess, Guess::OwnPassword(_)),
            places: settings.address_failures as usize,
        })
    }

    /// Who waits together: a client's guesses.
    fn queue(&self) -> &[u8] {
        let client = self.address.as_ref().or(self.pair.as_ref());
        client.map_or(&[], |(key, _)| key.address.as_slice())
    }

    /// Counts the guess everywhere, or nowhere.
    async fn count(&self, auth: &Auth) -> Result<Counted> {
        let deadline = Instant::now() + MAX_WAIT;
        let mut pause = FIRST_LOOK;
        loop {
            match self.try_count(auth).await? {
                Ok(counted) => return Ok(counted),
                Err(Spent { wait, pending: false }) => {
                    auth.metrics().throttled_guess();
                    return Err(Error::Throttled(wait));
                }
                Err(Spent { .. }) if Instant::now() >= deadline => return Err(Error::Busy),
                Err(Spent { .. }) => sleep(pause).await,
            }
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    async fn try_count(&self, auth: &Auth) -> sqlx::Result<Result<Counted, Spent>> {
        let now = now(auth);
        let mut tx = auth.db().begin().await?;
        let mut is_known = false;
        for (key, budget) in self.address.iter().chain(&self.pair) {
            let Some(counted) = store::count(&mut tx, key, budget, now).await? else {
                return spent(&mut tx, key, budget, now).await.map(Err);
            };
            is_known |= counted.known_at.is_some_and(|known| known + seconds(KNOWN) > now);
        }
        let all = self.account.as_ref().filter(|_| self.is_own || !is_known);
        if let Some((key, budget)) = all
            && store::count(&mut tx, key, budget, now).await?.is_none()
        {
            return spent(&mut tx, key, budget, now).await.map(Err);
        }
        tx.commit().await?;
        Ok(Ok(Counted { for_account: all.is_some() }))
    }

    async fn decide(&self, auth: &Auth, counted: Counted, outcome: Outcome) -> sqlx::Result<()> {
        let mut tx = auth.db().begin().await?;
        if let Some((key, _)) = &self.address {
            match outcome {
                // A success of one account says nothing about guesses at the others.
                Outcome::Right | Outcome::NotCompared => store::decide(&mut tx, key, 1).await?,
                Outcome::Wrong => store::decide(&mut tx, key, 0).await?,
            }
        }
        let own = [(&self.pair, true), (&self.account, counted.for_account)];
        for ((key, _), is_counted) in own.into_iter().filter_map(|(counter, own)| Some((counter.as_ref()?, own))) {
            match outcome {
                Outcome::Right => store::clear(&mut tx, key, i64::from(is_counted)).await?,
                Outcome::Wrong if is_counted => store::decide(&mut tx, key, 0).await?,
                Outcome::NotCompared if is_counted => store::decide(&mut tx, key, 1).await?,
                Outcome::Wrong | Outcome::NotCompared => {}
            }
        }
        tx.commit().await
    }
}

/// A budget that has nothing left.
struct Spent {
    wait: Duration,
    /// Some of it may come back.
    pending: bool,
}

async fn spent(tx: &mut Tx, key: &Key, budget: &Budget, now: i64) -> sqlx::Result<Spent> {
    let row = store::find(tx, key).await?;
    Ok(row.map_or(Spent { wait: Duration::ZERO, pending: true }, |row| Spent {
        wait: budget.wait(row.count(), now),
        pending: row.pending > 0 && row.counted_at + seconds(super::budget::LOST) > now,
    }))
}

fn now(auth: &Auth) -> i64 {
    auth.now().unix_timestamp()
}
