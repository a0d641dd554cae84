//! Differs from the built-in project: the state is in memory or in Redis, and mails do not wait.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use time::OffsetDateTime;

use super::instances::Instances;
use super::key_files::write_key;
use super::{Engine, Mailbox, RedisServer};
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
/// What ids follow from.
const ID_KEY: &str = "a key of tests that nobody else has";

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
    pub(super) redis: Option<Arc<RedisServer>>,
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
        let mut settings = read_settings(toml);
        let redis = engine.new_state(&mut settings);
        settings.login_codes.step = Duration::ZERO;
        if matches!(&settings.tokens.keys[..], [directory] if directory.expose_secret() == KEYS) {
            let keys = files.path().join(KEYS);
            write_key(&keys, "0001", settings.tokens.algorithm);
            settings.tokens.keys = vec![keys.display().to_string().into()];
        }
        let mailbox = Mailbox::default();
        settings.mail.transport = mail::Transport::Memory(mailbox.clone());
        change(&mut settings);
        let clock = Clock::manual(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a valid time"));
        Box::pin(Self::from_parts(settings, clock, mailbox, (Arc::new(files), redis), router)).await
    }

    /// As [`TestApp::second_instance`], with changed settings: the same application after a reconfiguration.
    pub async fn second_instance_with(
        &self,
        router: impl Fn(Auth) -> Router,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let (mut settings, mailbox) = (self.settings.clone(), self.mailbox.clone());
        change(&mut settings);
        let places = (Arc::clone(&self.files), self.redis.clone());
        Box::pin(Self::from_parts(settings, self.clock.clone(), mailbox, places, router)).await
    }

    /// Adds a key for instances that start later; the greatest name is the newest. `signs_from` is an RFC 3339 time.
    pub fn add_key(&self, name: &str, algorithm: Algorithm, signs_from: Option<&str>) {
        let path = write_key(&self.files.path().join(KEYS), name, algorithm);
        if let Some(when) = signs_from {
            let key = std::fs::read_to_string(&path).expect("the key that was written");
            std::fs::write(&path, format!("signs-from: {when}\n{key}")).expect("a key file");
        }
    }

    /// A second process with the same state, with the application's hooks.
    pub async fn with_hooks(&self, router: impl Fn(Auth) -> Router, hooks: impl Hooks) -> Self {
        let auth = start(&self.settings, &self.clock, hooks).await;
        let router = server::outer_layers(router(auth.clone()), &auth);
        Self { auth, router, instances: None, ..self.clone() }
    }

    async fn from_parts(
        settings: Settings,
        clock: Clock,
        mailbox: Mailbox,
        (files, redis): (Arc<TempDir>, Option<Arc<RedisServer>>),
        router: impl Fn(Auth) -> Router,
    ) -> Self {
        let auth = start(&settings, &clock, ()).await;
        tokio::spawn(sessions::hear_of_changes(auth.clone()));
        let router = server::outer_layers(router(auth.clone()), &auth);
        Self { auth, clock, router, files, settings, mailbox, redis, instances: None }
    }

    /// The mails that were sent.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }
}

fn read_settings(toml: &str) -> Settings {
    let environment = BTreeMap::from([("USER_ID_KEY".to_owned(), ID_KEY.to_owned())]);
    Settings::load(Path::new("the test"), toml, &environment).expect("valid settings")
}

async fn start(settings: &Settings, clock: &Clock, hooks: impl Hooks) -> Auth {
    let parts = Parts::of(settings).unwrap_or_else(|problems| panic!("{}", Problems::from(problems)));
    Auth::assemble(parts, clock.clone(), hooks).await.expect("the application starts")
}
