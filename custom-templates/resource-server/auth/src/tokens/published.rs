//! The published keys: fetched again when they are old or when a token names one that is not among them, never more often
//! than every ten seconds; while the other server is out of reach, the last ones count for as long as the settings say.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use auth_tokens::{PublicKey, VerifiedTokens, public_keys};
use axum::http::StatusCode;
use hyper::body::Bytes;
use tokio::sync::Mutex;

use super::Settings;
use crate::clock::Moment;
use crate::fetch::{Address, Asking, Fetcher};
use crate::settings::Problem;

/// As long as the authentication server says: a new key of its signs only when it has been published for longer.
pub(super) const MAX_AGE: Duration = Duration::from_mins(5);
/// Between two fetches, whoever wishes for one: a stranger can name keys that do not exist.
const PAUSE: Duration = Duration::from_secs(10);

/// From the first packet to the last.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where the keys are published, and what fetches them.
pub(super) struct Source {
    address: Address,
    fetcher: Fetcher,
}

impl Source {
    /// # Errors
    /// An address that is none, or a file of certificates that cannot be used.
    pub(super) fn of(settings: &Settings) -> Result<Self, Problem> {
        let no_address = || Problem::new("tokens.jwks_url", "is not an address that keys can be fetched from");
        let address = Address::parse(&settings.jwks_url).ok_or_else(no_address)?;
        // It is often a server of the same private network.
        let fetcher = Fetcher::new(settings.ca_file.as_deref(), TIMEOUT, |_| true);
        Ok(Self { address, fetcher: fetcher.map_err(|words| Problem::new("tokens.ca_file", words))? })
    }

    async fn get(&self) -> anyhow::Result<Bytes> {
        let answer = self.fetcher.fetch(&self.address, Asking::default()).await?;
        anyhow::ensure!(answer.status == StatusCode::OK, "the answer is {}", answer.status);
        Ok(answer.body)
    }
}

/// The keys at one time, and the tokens that were verified with them: both go together when a key is taken back.
#[derive(Default)]
pub(super) struct Known {
    keys: HashMap<String, PublicKey>,
    pub(super) verified: VerifiedTokens,
}

impl Known {
    pub(super) fn get(&self, kid: &str) -> Option<&PublicKey> {
        self.keys.get(kid)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

pub(super) struct Published {
    source: Source,
    /// How long keys count that cannot be fetched again: one of them may have been taken back.
    lifetime: Duration,
    state: RwLock<State>,
    /// Held by the one who fetches.
    fetching: Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    known: Arc<Known>,
    fetched: Option<Moment>,
    tried: Option<Moment>,
}

impl Published {
    pub(super) async fn start(source: Source, lifetime: Duration, now: Moment) -> Arc<Self> {
        let published = Self { source, lifetime, state: RwLock::default(), fetching: Mutex::default() };
        published.fetch(now).await;
        Arc::new(published)
    }

    pub(super) fn known(&self, now: Moment) -> Arc<Known> {
        self.counting(self.state(), now)
    }

    /// The keys of a state that count at a time.
    fn counting(&self, state: State, now: Moment) -> Arc<Known> {
        let count = state.fetched.is_some_and(|fetched| now.is_within(self.lifetime, fetched));
        if count { state.known } else { Arc::default() }
    }

    /// The keys as they are. If they are old, they are fetched meanwhile: nobody waits for it.
    pub(super) fn fresh(published: &Arc<Self>, now: Moment) -> Arc<Known> {
        let state = published.state();
        let is_old = state.fetched.is_none_or(|fetched| !now.is_within(MAX_AGE, fetched));
        if is_old && !state.known.is_empty() && may_try(&state, now) {
            let fetching = Arc::clone(published);
            tokio::spawn(async move { fetching.asked_again(now).await });
        }
        published.counting(state, now)
    }

    /// The keys, asked for anew unless that was done a moment ago. Whoever comes meanwhile waits for the same answer.
    pub(super) async fn asked_again(&self, now: Moment) -> Arc<Known> {
        let _fetching = self.fetching.lock().await;
        if may_try(&self.state(), now) {
            self.fetch(now).await;
        }
        self.known(now)
    }

    async fn fetch(&self, now: Moment) {
        let fetched = self.source.get().await.and_then(|body| keys(&body));
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.tried = Some(now);
        match fetched {
            Ok(keys) => {
                if keys != state.known.keys {
                    tracing::info!(keys = keys.len(), "the authentication server's keys have changed");
                    state.known = Arc::new(Known { keys, verified: VerifiedTokens::default() });
                }
                state.fetched = Some(now);
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the keys cannot be fetched; the last ones count");
            }
        }
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn may_try(state: &State, now: Moment) -> bool {
    state.tried.is_none_or(|tried| !now.is_within(PAUSE, tried))
}

/// Those that can be used. An answer without any is a mistake on the other side rather than the end of all tokens.
fn keys(body: &[u8]) -> anyhow::Result<HashMap<String, PublicKey>> {
    let keys = public_keys(body)?;
    anyhow::ensure!(!keys.is_empty(), "there is no key for EdDSA, ES256 or RS256 with a name in the answer");
    Ok(keys)
}
