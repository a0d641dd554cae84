//! Differs from the built-in project: the state is in memory or in Redis, and no mail waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use time::OffsetDateTime;
use tokio::sync::watch;

use super::Parts;
use crate::Settings;
use crate::audit;
use crate::clock::{Clock, Moment};
use crate::db::Db;
use crate::hooks::Hooks;
use crate::languages::Languages;
use crate::mail;
use crate::metrics::{Metrics, Words};
use crate::redis::Redis;
use crate::sessions::Liveness;
use crate::settings::Problems;
use crate::templates::Templates;
use crate::throttle::{self, Turns};
use crate::tokens::{self, Tokens};

/// A running authentication server: the state of the application's router. Cloning it is cheap.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    db: Db,
    tokens: tokens::Current,
    liveness: Liveness,
    languages: Languages,
    templates: Templates,
    mail: mail::Sender,
    mail_reach: mail::Reach,
    metrics: Metrics,
    failures: audit::Failures,
    turns: Turns,
    hooks: Box<dyn Hooks>,
    leaving: AtomicBool,
    stopping: watch::Sender<bool>,
}

impl Auth {
    /// Loads the keys and looks whether Redis is there, if it is set.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        Self::start_with(settings, ()).await
    }

    /// As [`Auth::start`], with the application's hooks.
    pub async fn start_with(settings: Settings, hooks: impl Hooks) -> anyhow::Result<Self> {
        Self::of(Parts::of(&settings).map_err(Problems::from)?, hooks).await
    }

    pub(crate) async fn of(parts: Box<Parts>, hooks: impl Hooks) -> anyhow::Result<Self> {
        Self::assemble(parts, Clock::default(), hooks).await
    }

    pub(crate) async fn assemble(parts: Box<Parts>, clock: Clock, hooks: impl Hooks) -> anyhow::Result<Self> {
        let Parts { settings, tokens, languages, templates, mail, redis } = *parts;
        let db = Db::connect(&settings.memory, redis).await;
        Ok(Self(Arc::new(Inner {
            metrics: Metrics::new(clock.now(), words()),
            settings,
            clock,
            db,
            tokens: tokens::Current::new(tokens),
            liveness: Liveness::default(),
            languages,
            templates,
            mail,
            mail_reach: mail::Reach::default(),
            failures: audit::Failures::default(),
            turns: Turns::default(),
            hooks: Box::new(hooks),
            leaving: AtomicBool::new(false),
            stopping: watch::Sender::new(false),
        })))
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    /// The time, in UTC and whole seconds.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    pub(crate) fn moment(&self) -> Moment {
        self.0.clock.moment()
    }

    /// The keys as they were last read, to sign and verify tokens.
    #[must_use]
    pub fn tokens(&self) -> Arc<Tokens> {
        self.0.tokens.get()
    }

    pub(crate) fn current_tokens(&self) -> &tokens::Current {
        &self.0.tokens
    }

    pub(crate) fn hooks(&self) -> &dyn Hooks {
        self.0.hooks.as_ref()
    }

    pub(crate) fn liveness(&self) -> &Liveness {
        &self.0.liveness
    }

    /// The languages that are offered.
    #[must_use]
    pub fn languages(&self) -> &Languages {
        &self.0.languages
    }

    /// The texts of mails.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.0.templates
    }

    pub(crate) fn mail_sender(&self) -> &mail::Sender {
        &self.0.mail
    }

    pub(crate) fn redis(&self) -> Option<&Redis> {
        self.0.db.redis()
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn mail_reach(&self) -> &mail::Reach {
        &self.0.mail_reach
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn failures(&self) -> &audit::Failures {
        &self.0.failures
    }

    /// Readiness then fails, but requests are still served.
    pub(crate) fn is_leaving(&self) -> bool {
        self.0.leaving.load(Ordering::Relaxed)
    }

    pub(crate) fn begin_leave(&self) {
        self.0.leaving.store(true, Ordering::Relaxed);
    }

    pub(crate) fn begin_stop(&self) {
        self.0.stopping.send_replace(true);
    }

    pub(crate) async fn stopped(&self) {
        // Cannot fail: the sender lives as long as `self`.
        let _ = self.0.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}

fn words() -> Words {
    Words {
        actions: throttle::Action::ALL.iter().map(|action| action.name()).collect(),
        events: audit::Kind::ALL.iter().map(|kind| kind.name()).collect(),
        expiring: vec!["rows"],
    }
}
