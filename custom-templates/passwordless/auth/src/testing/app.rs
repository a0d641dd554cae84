//! An application with a state of its own. Differs from the built-in project: the state is in memory or in Redis.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::ExposeSecret;
use serde_json::json;
use tempfile::TempDir;
use time::OffsetDateTime;

use super::instances::Instances;
use super::key_files::write_key;
use super::{Client, Mailbox, RedisServer, Reply};
use crate::Auth;
use crate::Settings;
use crate::app::Parts;
use crate::clock::Clock;
use crate::db::{Db, Memory};
use crate::hooks::Hooks;
use crate::mail;
use crate::server;
use crate::sessions;
use crate::settings::Problems;
use crate::tokens::Algorithm;

/// The directory of keys by default.
const KEYS: &str = "keys";
/// What ids follow from in tests.
const ID_KEY: &str = "a key of tests that nobody else has";
/// How long a slow machine may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a test has its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// In memory.
    #[default]
    Memory,
    /// In a Redis of its own.
    Redis,
}

/// A running application: its router, its state, its clock. Its files are deleted with it.
#[derive(Clone)]
pub struct TestApp {
    /// The state, to inspect it directly.
    pub auth: Auth,
    /// The clock; [`Clock::advance`] moves it.
    pub clock: Clock,
    pub(super) router: Router,
    files: Arc<TempDir>,
    settings: Settings,
    mailbox: Mailbox,
    redis: Option<Arc<RedisServer>>,
    pub(super) instances: Option<Arc<Instances>>,
}

impl TestApp {
    pub(super) async fn prepare(
        engine: Engine,
        router: impl Fn(Auth) -> Router,
        toml: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let files = TempDir::new().expect("a temporary directory");
        let environment = BTreeMap::from([("USER_ID_KEY".to_owned(), ID_KEY.to_owned())]);
        let mut settings = Settings::load(Path::new("the test"), toml, &environment).expect("valid settings");
        settings.login_codes.step = Duration::ZERO;
        settings.redis.timeout = PATIENCE;
        if matches!(&settings.tokens.keys[..], [directory] if directory.expose_secret() == KEYS) {
            let keys = files.path().join(KEYS);
            write_key(&keys, "0001", settings.tokens.algorithm);
            settings.tokens.keys = vec![keys.display().to_string().into()];
        }
        let server = (engine == Engine::Redis).then(|| Arc::new(RedisServer::start()));
        settings.redis.url = server.as_ref().map(|server| server.url().into());
        let mailbox = Mailbox::default();
        settings.mail.transport = mail::Transport::Memory(mailbox.clone());
        change(&mut settings);
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a valid time"));
        let auth = start(&settings, &clock, None, ()).await;
        let router = server::outer_layers(router(auth.clone()), &auth);
        Self { auth, clock, router, files: Arc::new(files), settings, mailbox, redis: server, instances: None }
    }

    /// As [`TestApp::second_instance`], with changed settings: the same application after a reconfiguration.
    ///
    /// # Panics
    /// As [`TestApp::start`].
    pub async fn second_instance_with(
        &self,
        router: impl Fn(Auth) -> Router,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        self.another(router, (), change).await
    }

    /// As [`TestApp::second_instance`], with the application's hooks.
    ///
    /// # Panics
    /// As [`TestApp::start`].
    pub async fn with_hooks(&self, router: impl Fn(Auth) -> Router, hooks: impl Hooks) -> Self {
        self.another(router, hooks, |_| ()).await
    }

    async fn another(
        &self,
        router: impl Fn(Auth) -> Router,
        hooks: impl Hooks,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let mut settings = self.settings.clone();
        change(&mut settings);
        // One process has one memory, whatever its settings become.
        let memory = if let Db::Memory(memory) = self.auth.db() { Some(Arc::clone(memory)) } else { None };
        let auth = start(&settings, &self.clock, memory, hooks).await;
        let router = server::outer_layers(router(auth.clone()), &auth);
        Self { auth, router, settings, ..self.clone() }
    }

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

    /// Adds a key to the directory of keys, for instances that are started later. The greatest name is the newest key.
    /// `signs_from` is an RFC 3339 time; without it, the key signs at once.
    ///
    /// # Panics
    /// For RSA, since the program cannot generate such keys.
    pub fn add_key(&self, name: &str, algorithm: Algorithm, signs_from: Option<&str>) {
        let path = write_key(&self.files.path().join(KEYS), name, algorithm);
        if let Some(when) = signs_from {
            let key = std::fs::read_to_string(&path).expect("the key that was written");
            std::fs::write(&path, format!("signs-from: {when}\n{key}")).expect("a key file");
        }
    }

    /// A client that has signed in with a code that was mailed to this address.
    ///
    /// # Panics
    /// If it gets none.
    pub async fn signed_in(&self, email: &str) -> Client {
        let mut client = self.client();
        assert_eq!(client.ask_for_code(email).await.status, 204);
        let code = self.mailbox.latest(email).code();
        let reply = client.show_code(email, &code).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        client
    }

    /// The mails that were sent.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }
}

impl Client {
    /// Asks for a code to sign in with.
    pub async fn ask_for_code(&self, email: &str) -> Reply {
        self.post("/jwt-allauth/login/code/", &json!({ "email": email })).await
    }

    /// Shows a code, and keeps the tokens of the answer.
    pub async fn show_code(&mut self, email: &str, code: &str) -> Reply {
        let reply = self.post("/jwt-allauth/login/code/verify/", &json!({ "email": email, "code": code })).await;
        self.keep(reply)
    }
}

async fn start(settings: &Settings, clock: &Clock, memory: Option<Arc<Memory>>, hooks: impl Hooks) -> Auth {
    let parts = Parts::of(settings).map_err(Problems::from).expect("valid settings");
    let auth = Auth::assemble(parts, clock.clone(), memory, hooks);
    auth.db().ping().await.expect("the state can be reached");
    tokio::spawn(sessions::hear_of_changes(auth.clone()));
    auth
}
