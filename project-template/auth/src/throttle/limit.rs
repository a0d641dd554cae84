//! How often requests may come.

use std::time::Duration;

use super::budget::SITE;
use super::{Action, key, limit_store as store, shared};
use crate::Auth;
use crate::error::{Error, Result};
use crate::http::Client;

/// Declares [`Action`].
macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:literal,)+) => {
        /// What is limited, each by the key of `[throttle]` that is its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Action {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)+];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }
        }
    };
}
pub(super) use actions;

/// Counts a request of whatever goes by this name.
///
/// # Errors
/// 429 `throttled` where there were too many; it is not counted then. If the database cannot be reached.
pub(crate) async fn limit(auth: &Auth, action: Action, name: &str) -> Result<()> {
    limit_to(auth, action, name, 1).await
}

/// As [`limit()`], at a rate that is so many times what the settings say.
async fn limit_to(auth: &Auth, action: Action, name: &str, times: u32) -> Result<()> {
    let settings = &auth.settings().throttle;
    let Some(rate) = settings.rates.get(&action).copied().filter(|_| settings.enabled) else { return Ok(()) };
    let rate = rate.times(times);
    let subject = key::hash(action.name(), name);
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
    tracing::info!(action = action.name(), "too many requests");
    auth.metrics().throttled(action.name());
    // What is left of a second is waited for as well.
    Err(Error::Throttled(Duration::from_secs(wait.div_ceil(1_000_000))))
}

/// As [`limit()`], of the address a request comes from, and of the site that is in. Where it has none, nothing is counted.
///
/// # Errors
/// As [`limit()`].
pub(crate) async fn limit_client(auth: &Auth, action: Action, client: &Client) -> Result<()> {
    if let Some(network) = key::network(client) {
        limit(auth, action, &network).await?;
    }
    if let Some(site) = key::site(client) {
        limit_to(auth, action, &site, SITE).await?;
    }
    Ok(())
}

/// The time in microseconds.
pub(super) fn micros(auth: &Auth) -> i64 {
    auth.now().unix_timestamp().saturating_mul(1_000_000)
}
