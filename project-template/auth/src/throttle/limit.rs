use std::time::Duration;

use super::budget::SITE;
use super::{Action, Rate, Throttle, key, limit_store as store, shared};
use crate::Auth;
use crate::error::{Error, Result};
use crate::http::Client;

impl Throttle<'_> {
    /// For the client's network and its site: 429 `throttled` if there were too many; the request is not counted then.
    /// Does nothing if the client has no address.
    pub(crate) async fn limit_client(self, action: Action, client: &Client) -> Result<()> {
        let Some(rate) = rate_of(self.0, action) else { return Ok(()) };
        count_client(self.0, Counted::of(action), client, rate).await
    }
}

pub(super) fn rate_of(auth: &Auth, action: Action) -> Option<Rate> {
    auth.settings().throttle.rates.get(&action).copied()
}

#[derive(Clone, Copy)]
pub(super) struct Counted {
    /// A prefix that separates the application's limits from built-in ones of the same name.
    pub(super) owner: &'static str,
    pub(super) name: &'static str,
}

impl Counted {
    pub(super) fn of(action: Action) -> Self {
        Self { owner: "", name: action.name() }
    }
}

pub(super) async fn count(auth: &Auth, counted: Counted, name: &str, rate: Rate) -> Result<()> {
    if !auth.settings().throttle.enabled {
        return Ok(());
    }
    let subject = key::hash(&[counted.owner, counted.name].concat(), name);
    let now = micros(auth);
    let wait = match auth.redis() {
        Some(redis) => shared::count(redis, &subject, rate, now).await,
        None => None,
    };
    let wait = match wait {
        Some(wait) => wait,
        None if store::count(auth.db(), &subject, rate, now).await? => 0,
        None => {
            store::clamp(auth.db(), &subject, rate, now).await?;
            store::due_at(auth.db(), &subject).await?.map_or(0, |due| due - rate.tolerance() - now).max(1)
        }
    };
    let Ok(wait @ 1..) = u64::try_from(wait) else { return Ok(()) };
    Err(refused(auth, counted.name, Duration::from_micros(wait)))
}

pub(super) fn refused(auth: &Auth, action: &'static str, wait: Duration) -> Error {
    tracing::info!(action, "too many requests");
    auth.metrics().throttled(action);
    // Rounded up: `Retry-After` is in whole seconds.
    Error::Throttled(Duration::from_secs(wait.as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)))
}

pub(super) async fn count_client(auth: &Auth, counted: Counted, client: &Client, rate: Rate) -> Result<()> {
    if let Some(network) = key::network(client) {
        count(auth, counted, &network, rate).await?;
    }
    if let Some(site) = key::site(client) {
        count(auth, counted, &site, rate.times(SITE)).await?;
    }
    Ok(())
}

pub(super) fn micros(auth: &Auth) -> i64 {
    auth.now().unix_timestamp().saturating_mul(1_000_000)
}
