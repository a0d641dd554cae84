use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use time::OffsetDateTime;
use tokio::sync::{Notify, watch};

use super::Parts;
use crate::Settings;
use crate::audit;
use crate::clock::{Clock, Moment};
use crate::db::Db;
use crate::hooks::Hooks;
use crate::languages::Languages;
use crate::mail;
use crate::metrics::{Metrics, Words};
use crate::operations::{Flushed, Flushing};
use crate::passwords::Hasher;
use crate::redis::Redis;
use crate::sessions::{Batches, Liveness};
use crate::settings::Problems;
use crate::social;
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
    passwords: Hasher,
    liveness: Liveness,
    batches: Batches,
    languages: Languages,
    templates: Templates,
    mail: mail::Sender,
    mail_wake: Notify,
    mail_reach: mail::Reach,
    flushing: Flushing,
    metrics: Metrics,
    failures: audit::Failures,
    redis: Option<Redis>,
    turns: Turns,
    social: social::Providers,
    hooks: Box<dyn Hooks>,
    leaving: AtomicBool,
    stopping: watch::Sender<bool>,
}

impl Auth {
    /// Loads the keys and opens the database. Missing migrations are applied in development, an error in production.
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
        let Parts { settings, tokens, passwords, languages, templates, mail, redis, social } = *parts;
        let db = Db::connect(&settings.database).await?;
        if settings.is_production() {
            let pending = db.pending_migrations().await?;
            if !pending.is_empty() {
                bail!("the database lacks the migrations {}; run the command `migrate` first", pending.join(", "));
            }
        } else {
            db.migrate().await.context("the database could not be prepared")?;
        }
        Ok(Self(Arc::new(Inner {
            metrics: Metrics::new(clock.now(), words()),
            settings,
            clock,
            batches: Batches::new(&db),
            db,
            tokens: tokens::Current::new(tokens),
            passwords,
            liveness: Liveness::default(),
            languages,
            templates,
            mail,
            mail_wake: Notify::new(),
            mail_reach: mail::Reach::default(),
            flushing: Flushing::default(),
            failures: audit::Failures::default(),
            redis,
            turns: Turns::default(),
            social,
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

    /// The database, for queries of your own: see [`crate::on`].
    #[must_use]
    pub fn db(&self) -> &Db {
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

    pub(crate) fn passwords(&self) -> &Hasher {
        &self.0.passwords
    }

    pub(crate) fn hooks(&self) -> &dyn Hooks {
        self.0.hooks.as_ref()
    }

    pub(crate) fn liveness(&self) -> &Liveness {
        &self.0.liveness
    }

    pub(crate) fn batches(&self) -> &Batches {
        &self.0.batches
    }

    /// The languages that are offered.
    #[must_use]
    pub fn languages(&self) -> &Languages {
        &self.0.languages
    }

    /// The texts of mails and pages.
    #[must_use]
    pub fn templates(&self) -> &Templates {
        &self.0.templates
    }

    pub(crate) fn mail_sender(&self) -> &mail::Sender {
        &self.0.mail
    }

    pub(crate) fn redis(&self) -> Option<&Redis> {
        self.0.redis.as_ref()
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn social(&self) -> &social::Providers {
        &self.0.social
    }

    pub(crate) fn mail_reach(&self) -> &mail::Reach {
        &self.0.mail_reach
    }

    /// Notified when there may be mail in the outbox.
    pub(crate) fn mail_wake(&self) -> &Notify {
        &self.0.mail_wake
    }

    pub(crate) fn flushing(&self) -> &Flushing {
        &self.0.flushing
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
        expiring: Flushed::default().by_name().map(|(kind, _)| kind).to_vec(),
    }
}
