//! Password hashes: argon2id in a fixed number of workers behind a bounded queue. A hash takes 19 MiB and 30 ms on
//! purpose, to slow down guessing. A flood must not exhaust the service: memory is bounded by workers × cost, and
//! beyond the queue the answer is [`HashError::Busy`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ring::rand;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};

use super::{
    memory::Memory,
    nfc::nfc,
    stored::{MAX_ITERATIONS, MAX_MEMORY_KIB, MAX_PARALLELISM, Stored, is_bounded},
};
use crate::settings::Problem;

/// Bytes of a salt and of a hash (RFC 9106 section 3.1).
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

#[derive(Clone, Copy, Debug)]
pub(crate) struct HashSettings {
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    /// Lanes; they share one thread here, so more of them only help an attacker's hardware.
    pub(crate) parallelism: u32,
    pub(crate) workers: usize,
    pub(crate) queue: usize,
    pub(crate) wait: Duration,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error("too many passwords are being checked")]
    Busy,
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// The right password, but its hash was imported or has another cost than configured: store a new one.
    RightButOutdated,
}

/// Hashes and verifies passwords, in normal form C, untrimmed and case-sensitive.
#[derive(Clone)]
pub(crate) struct Hasher {
    shared: Arc<Shared>,
    /// Permits for a place, at a worker or in the queue.
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    wait: Duration,
    limits: Limits,
    begun: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

#[derive(Clone, Copy)]
struct Limits {
    workers: usize,
    places: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) begun: u64,
    pub(crate) refused: u64,
    pub(crate) running: usize,
    pub(crate) waiting: usize,
    pub(crate) workers: usize,
}

impl Hasher {
    pub(crate) fn new(settings: HashSettings) -> Result<Self, Problem> {
        let HashSettings { memory_kib, iterations, parallelism, .. } = settings;
        let params = Params::new(memory_kib, iterations, parallelism, Some(HASH_BYTES));
        let params = params.map_err(|error| {
            let words = format_args!("with hash_iterations and hash_parallelism is not a valid hash cost: {error}");
            Problem::new("password.hash_memory", words)
        })?;
        if !is_bounded(&params) {
            let words = format_args!(
                "must be at most {MAX_MEMORY_KIB}, with {MAX_ITERATIONS} passes and {MAX_PARALLELISM} lanes at most"
            );
            return Err(Problem::new("password.hash_memory", words));
        }
        let places = settings.workers.saturating_add(settings.queue);
        if settings.workers == 0 || places > Semaphore::MAX_PERMITS {
            return Err(Problem::new("password.hash_workers", "must be one or more, with a bounded queue"));
        }
        Ok(Self {
            places: Arc::new(Semaphore::new(places)),
            workers: Arc::new(Semaphore::new(settings.workers)),
            wait: settings.wait,
            limits: Limits { workers: settings.workers, places },
            begun: Arc::default(),
            refused: Arc::default(),
            shared: Arc::new(Shared::new(params)),
        })
    }

    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        self.work(move |shared| shared.hash(&password)).await?
    }

    /// The same work without a stored hash (no user, or none with a password): the time reveals nothing.
    pub(crate) async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<Verdict, HashError> {
        self.work(move |shared| shared.verify(&password, stored.as_deref())).await
    }

    /// Runs `job` on a worker. The permits move into the job: a client that disconnects does not free a busy worker.
    async fn work<T: Send + 'static>(&self, job: impl FnOnce(&Shared) -> T + Send + 'static) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| self.busy())?;
        let worker = self.worker().await?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(&self.shared);
        let task = task::spawn_blocking(move || {
            let _permits = (place, worker);
            job(&shared)
        });
        task.await.map_err(|error| HashError::Failed(error.to_string()))
    }

    async fn worker(&self) -> Result<OwnedSemaphorePermit, HashError> {
        let worker = Arc::clone(&self.workers).acquire_owned();
        match time::timeout(self.wait, worker).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(self.busy()),
        }
    }

    fn busy(&self) -> HashError {
        self.refused.fetch_add(1, Ordering::Relaxed);
        HashError::Busy
    }

    pub(crate) fn load(&self) -> Load {
        let running = self.limits.workers.saturating_sub(self.workers.available_permits());
        let taken = self.limits.places.saturating_sub(self.places.available_permits());
        Load {
            begun: self.begun.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            running,
            waiting: taken.saturating_sub(running),
            workers: self.limits.workers,
        }
    }
}

#[cfg(feature = "testing")]
impl Hasher {
    pub(crate) fn occupy(&self) -> Option<OwnedSemaphorePermit> {
        let all = u32::try_from(self.places.available_permits()).ok()?;
        Arc::clone(&self.places).try_acquire_many_owned(all).ok()
    }
}

struct Shared {
    params: Params,
    /// For users without a hash; at the configured cost.
    dummy: String,
    memory: Memory,
}

impl Shared {
    fn new(params: Params) -> Self {
        Self {
            dummy: phc(&params, &[0; SALT_BYTES], &[0; HASH_BYTES]),
            memory: Memory::new(params.block_count()),
            params,
        }
    }

    fn hash(&self, password: &SecretString) -> Result<String, HashError> {
        let salt = rand::generate::<[u8; SALT_BYTES]>(&rand::SystemRandom::new())
            .map_err(|_| HashError::Failed("no random bytes".into()))?
            .expose();
        let mut hash = [0; HASH_BYTES];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let password = nfc(password.expose_secret());
        self.memory
            .with(self.params.block_count(), |memory| {
                argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut hash, memory)
            })
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(phc(&self.params, &salt, &hash))
    }

    fn verify(&self, password: &SecretString, stored: Option<&str>) -> Verdict {
        let verdict = stored.and_then(|stored| self.check(password, stored));
        verdict.unwrap_or_else(|| {
            self.check(password, &self.dummy);
            Verdict::Wrong
        })
    }

    /// `None` if the stored text is no hash that can be checked, and nothing was computed.
    fn check(&self, password: &SecretString, stored: &str) -> Option<Verdict> {
        let verdict = Stored::parse(stored).and_then(|stored| self.compare(password, &stored));
        if verdict.is_none() {
            tracing::warn!("a stored password hash is of an unknown format or too costly, and is refused");
        }
        verdict
    }

    fn compare(&self, password: &SecretString, stored: &Stored) -> Option<Verdict> {
        let composed = nfc(password.expose_secret());
        match stored {
            Stored::Own(hash) => Some(match hash.is_of(composed.as_bytes(), &self.memory)? {
                true if hash.is_current(&self.params, SALT_BYTES) => Verdict::Right,
                true => Verdict::RightButOutdated,
                false => Verdict::Wrong,
            }),
            // An imported hash is of the password as it was typed then, in whatever form: try the raw one first.
            Stored::Imported(hash) => {
                let raw = password.expose_secret();
                let is_right = hash.is_of(raw.as_bytes(), &self.memory)?
                    || (raw != composed.as_str() && hash.is_of(composed.as_bytes(), &self.memory)?);
                Some(if is_right { Verdict::RightButOutdated } else { Verdict::Wrong })
            }
        }
    }
}

fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
}

#[cfg(test)]
#[path = "hash_tests.rs"]
mod tests;
