//! Differs from the built-in project: the state is in memory or in Redis.

use std::sync::Arc;
use std::time::Duration;

use super::{RedisServer, TestApp};
use crate::Settings;
use crate::db::Db;

/// How long a slow machine may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The state of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// In memory.
    #[default]
    Memory,
    /// In a Redis of its own.
    Redis,
}

impl Engine {
    /// Starts a Redis, if it is to be there. Sets `redis.url`.
    pub(super) fn new_state(self, settings: &mut Settings) -> Option<Arc<RedisServer>> {
        let server = (self == Self::Redis).then(|| Arc::new(RedisServer::start()));
        settings.redis.url = server.as_ref().map(|server| server.url().into());
        settings.redis.timeout = PATIENCE;
        server
    }
}

impl TestApp {
    /// The Redis of this test.
    ///
    /// # Panics
    /// If its state is in memory.
    #[must_use]
    pub fn redis(&self) -> &RedisServer {
        self.redis.as_deref().expect("a test with its state in Redis")
    }

    /// Removes what is over from memory, as the server does every minute. Says how many rows there were.
    ///
    /// # Panics
    /// If its state is in Redis.
    #[must_use]
    pub fn tidy_memory(&self) -> usize {
        let Db::Memory(memory) = self.auth.db() else { panic!("a test with its state in memory") };
        memory.tidy(self.clock.now())
    }
}
