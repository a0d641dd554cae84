//! Metrics of this process, for Prometheus. Rooms count their events here; current values are read at each scrape
//! (`operations::readings`). No label holds a value that a client chose: each is of a known list, such as the routes.

mod labels;
mod request;

use std::borrow::Cow;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use time::OffsetDateTime;

use labels::Lacking;
pub(crate) use labels::{AttemptOutcome, MailOutcome, Way};

/// In seconds. Most requests take a few milliseconds, with a password hash 30; none exceeds `http.request_timeout`.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

/// Guesses at passwords and codes have budgets instead of a rate.
const GUESS: &str = "guess";

pub(crate) type Label<V = &'static str> = (&'static str, V);
type Counters = Family<[Label; 1], Counter>;

type Durations = Family<[Label<Cow<'static, str>>; 3], Histogram, fn() -> Histogram>;

pub(crate) struct Words {
    pub(crate) actions: Vec<&'static str>,
    pub(crate) events: Vec<&'static str>,
    pub(crate) expiring: Vec<&'static str>,
}

pub(crate) struct Metrics {
    pub(crate) registry: Registry,
    pub(crate) started: OffsetDateTime,
    requests: Durations,
    in_flight: Gauge,
    unavailable: Counters,
    sign_ins: Family<[Label; 2], Counter>,
    refreshes: Counters,
    throttled: Counters,
    events: Counters,
    mails: Counters,
    flushed_rows: Counters,
    flushed_at: Gauge,
}

impl Metrics {
    pub(crate) fn new(now: OffsetDateTime, words: Words) -> Self {
        let mut registry = Registry::default();
        let r = &mut registry;
        let requests = Durations::new_with_constructor(|| Histogram::new(SECONDS));
        Self {
            started: now,
            requests: kept(r, requests, "http_request_duration_seconds", "Time until a request is answered"),
            in_flight: kept(r, Gauge::default(), "http_requests_in_flight", "Requests that are being answered"),
            unavailable: counters(
                r,
                "auth_unavailable",
                "Requests answered with 503, by what was lacking: a connection to the database, the database, a worker",
                ("cause", Lacking::ALL.iter().map(|cause| cause.name())),
            ),
            sign_ins: kept(r, sign_ins(), "auth_sign_ins", "Attempts to sign in"),
            refreshes: counters(
                r,
                "auth_refreshes",
                "Refresh tokens that were shown for an exchange",
                ("outcome", AttemptOutcome::ALL.iter().map(|outcome| outcome.name())),
            ),
            throttled: counters(
                r,
                "auth_throttled",
                "Requests and guesses answered with 429, by the key of [throttle]",
                ("action", words.actions.into_iter().chain([GUESS])),
            ),
            events: counters(
                r,
                "auth_events",
                "Events of the audit log, and those it only counts",
                ("kind", words.events),
            ),
            mails: counters(
                r,
                "auth_mails",
                "Attempts to send a mail",
                ("outcome", MailOutcome::ALL.iter().map(|delivery| delivery.name())),
            ),
            flushed_rows: counters(
                r,
                "auth_flushed_rows",
                "Rows removed because they had expired",
                ("kind", words.expiring),
            ),
            flushed_at: kept(
                r,
                Gauge::default(),
                "auth_flush_timestamp_seconds",
                "When everything that had expired was last removed by this process, since 1970; 0 if never",
            ),
            registry,
        }
    }

    pub(crate) fn sign_in(&self, way: Way, outcome: Option<AttemptOutcome>) {
        if let Some(outcome) = outcome {
            self.sign_ins.get_or_create(&[("way", way.name()), ("outcome", outcome.name())]).inc();
        }
    }

    pub(crate) fn refresh(&self, outcome: Option<AttemptOutcome>) {
        if let Some(outcome) = outcome {
            self.refreshes.get_or_create(&[("outcome", outcome.name())]).inc();
        }
    }

    pub(crate) fn throttled(&self, action: &'static str) {
        self.throttled.get_or_create(&[("action", action)]).inc();
    }

    pub(crate) fn throttled_guess(&self) {
        self.throttled.get_or_create(&[("action", GUESS)]).inc();
    }

    pub(crate) fn event(&self, kind: &'static str) {
        self.events.get_or_create(&[("kind", kind)]).inc();
    }

    pub(crate) fn mail(&self, delivery: MailOutcome) {
        self.mails.get_or_create(&[("outcome", delivery.name())]).inc();
    }

    pub(crate) fn flushed(&self, rows: impl IntoIterator<Item = (&'static str, u64)>, now: OffsetDateTime) {
        for (kind, rows) in rows {
            self.flushed_rows.get_or_create(&[("kind", kind)]).inc_by(rows);
        }
        self.flushed_at.set(now.unix_timestamp());
    }
}

fn kept<M: Metric + Clone>(registry: &mut Registry, metric: M, name: &str, help: &str) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// From the start: Prometheus sees no increase in a counter that appears with its first event.
fn counters(
    registry: &mut Registry,
    name: &str,
    help: &str,
    (label, values): (&'static str, impl IntoIterator<Item = &'static str>),
) -> Counters {
    let counters = kept(registry, Counters::default(), name, help);
    for value in values {
        drop(counters.get_or_create(&[(label, value)]));
    }
    counters
}

fn sign_ins() -> Family<[Label; 2], Counter> {
    let counters = Family::default();
    for way in Way::ALL {
        for outcome in AttemptOutcome::ALL.iter().filter(|outcome| **outcome != AttemptOutcome::Replayed) {
            drop(counters.get_or_create(&[("way", way.name()), ("outcome", outcome.name())]));
        }
    }
    counters
}
