use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::OwnedSemaphorePermit;

use super::instances::Instances;
use super::key_files::write_key;
use super::{Engine, Mailbox};
use crate::Auth;
use crate::Settings;
use crate::app::Parts;
use crate::clock::Clock;
use crate::hooks::Hooks;
use crate::mail;
use crate::server;
use crate::sessions;
use crate::settings::Problems;
use crate::tokens::Algorithm;

const KEYS: &str = "keys";

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
    pub(super) instances: Option<Arc<Instances>>,
}

impl TestApp {
    /// As [`TestApp::configured`], with password hashes at their cost in production, for measurements.
    pub async fn at_full_cost(engine: Engine, router: impl Fn(Auth) -> Router, toml: &str) -> Self {
        let hash = read_settings(toml).password.hash;
        Self::prepare(engine, router, toml, |settings| settings.password.hash = hash).await
    }

    pub(super) async fn prepare(
        engine: Engine,
        router: impl Fn(Auth) -> Router,
        toml: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let files = TempDir::new().expect("a temporary directory");
        let mut settings = read_settings(toml);
        settings.database.url = engine.new_database(files.path()).await;
        settings.password.hash.memory_kib = 8;
        settings.password.hash.iterations = 1;
        if matches!(&settings.tokens.keys[..], [directory] if directory.expose_secret() == KEYS) {
            let keys = files.path().join(KEYS);
            write_key(&keys, "0001", settings.tokens.algorithm);
            settings.tokens.keys = vec![keys.display().to_string().into()];
        }
        let mailbox = Mailbox::default();
        settings.mail.transport = mail::Transport::Memory(mailbox.clone());
        change(&mut settings);
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a valid time"));
        Box::pin(Self::from_parts(settings, clock, mailbox, Arc::new(files), router)).await
    }

    /// As [`TestApp::second_instance`], with changed settings: the same application after a reconfiguration.
    pub async fn second_instance_with(
        &self,
        router: impl Fn(Auth) -> Router,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let (mut settings, mailbox) = (self.settings.clone(), self.mailbox.clone());
        change(&mut settings);
        Box::pin(Self::from_parts(settings, self.clock.clone(), mailbox, Arc::clone(&self.files), router)).await
    }

    /// Adds a key for instances that start later; the greatest name is the newest. `signs_from` is an RFC 3339 time.
    pub fn add_key(&self, name: &str, algorithm: Algorithm, signs_from: Option<&str>) {
        let path = write_key(&self.files.path().join(KEYS), name, algorithm);
        if let Some(when) = signs_from {
            let key = std::fs::read_to_string(&path).expect("the key that was written");
            std::fs::write(&path, format!("signs-from: {when}\n{key}")).expect("a key file");
        }
    }

    /// Password hashes started so far: a more precise measure of an answer's cost than its time.
    #[must_use]
    pub fn password_hashes(&self) -> u64 {
        self.auth.passwords().load().begun
    }

    /// Occupies every password worker and every place in their queue until the returned value is dropped.
    pub fn occupy_password_workers(&self) -> OwnedSemaphorePermit {
        self.auth.passwords().occupy().expect("nobody else is hashing")
    }

    /// A second process on the same database, with the application's hooks.
    pub async fn with_hooks(&self, router: impl Fn(Auth) -> Router, hooks: impl Hooks) -> Self {
        let auth = start(&self.settings, &self.clock, hooks).await;
        let router = server::outer_layers(router(auth.clone()), &auth);
        Self { auth, router, instances: None, ..self.clone() }
    }

    async fn from_parts(
        settings: Settings,
        clock: Clock,
        mailbox: Mailbox,
        files: Arc<TempDir>,
        router: impl Fn(Auth) -> Router,
    ) -> Self {
        let auth = start(&settings, &clock, ()).await;
        tokio::spawn(sessions::hear_of_changes(auth.clone()));
        let router = server::outer_layers(router(auth.clone()), &auth);
        Self { auth, clock, router, files, settings, mailbox, instances: None }
    }

    /// Tries every due mail once, as the server does in the background. Returns their number.
    pub async fn deliver_mail(&self) -> usize {
        self.auth.mail().deliver_due().await.expect("the outbox can be read")
    }

    /// The mails that have arrived, after all due ones were sent.
    pub async fn mailbox(&self) -> Mailbox {
        self.deliver_mail().await;
        self.mailbox.clone()
    }
}

fn read_settings(toml: &str) -> Settings {
    Settings::load(Path::new("the test"), toml, &BTreeMap::new()).expect("valid settings")
}

async fn start(settings: &Settings, clock: &Clock, hooks: impl Hooks) -> Auth {
    let parts = Parts::of(settings).unwrap_or_else(|problems| panic!("{}", Problems::from(problems)));
    Auth::assemble(parts, clock.clone(), hooks).await.expect("the application starts")
}
