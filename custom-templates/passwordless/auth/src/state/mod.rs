//! The state: rows in the memory of this process, or in Redis for several of them, chosen by `redis.url`. It is in place
//! of a database, and the rooms call it `db`. The rows of a room, and the rules that change them, are in the file that
//! has its name; the room declares it as its store.
//!
//! A row has a kind, a name and an end, and is changed in one way: `update` reads it, has a rule of its room make the
//! next one of it, and keeps that if nobody else was faster; else it begins again. So each rule is written once, in Rust,
//! and a step that does more than look is atomic wherever the rows are. What two steps do is not: each room needs one.

mod memory;
mod shared;

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use tracing::Instrument;

use crate::Auth;
use crate::redis::{self, Redis};
use crate::request;
use crate::settings::Section;
pub(crate) use memory::Memory;
pub use memory::Settings as MemorySettings;

/// How long Redis may take: while it does not answer, nothing else does its work.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long it is left alone after it did not.
const PAUSE: Duration = Duration::from_millis(500);
/// How often rows that are over are removed from memory.
const INTERVAL: Duration = Duration::from_mins(1);

/// `[redis]`, with the patience of whoever needs it.
pub(crate) fn redis_settings(section: &mut Section<'_>) -> redis::Settings {
    redis::Settings { timeout: TIMEOUT, pause: PAUSE, ..redis::Settings::read(section) }
}

/// What a step gives.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a step was not done. It passes: the same request may succeed in a moment.
#[derive(Debug)]
pub(crate) enum Error {
    /// Redis does not answer. Whether the step was done is not known; it counts as not done.
    Silent,
    /// The memory has as many rows as it may have, all of people who have signed in.
    Full,
    /// A row cannot be read: another version of this program wrote it.
    Unreadable(serde_json::Error),
    /// The task that did the step ended early.
    Abandoned,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => formatter.write_str("Redis does not answer"),
            Self::Full => formatter.write_str("the memory is full (`memory.rows`)"),
            Self::Unreadable(error) => write!(formatter, "a row cannot be read: {error}"),
            Self::Abandoned => formatter.write_str("a step was abandoned"),
        }
    }
}

impl std::error::Error for Error {}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        Self::Unavailable(anyhow::Error::new(error).context("state"))
    }
}

/// Whether what made a request fail was that others were in its way: no step waits for another here.
pub(crate) fn was_crowded(_: &anyhow::Error) -> bool {
    false
}

/// What is kept.
pub(crate) trait Row: Serialize + DeserializeOwned + Send {
    /// Its kind, which its name is unique in.
    const KIND: &str;

    /// What it is worth where there is no room for all.
    fn rank(&self) -> Rank {
        Rank::Asked
    }
}

/// What a row is worth, from the first to be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Whoever sends requests has as many of them as they like.
    Asked,
    /// Limits what may be guessed.
    Counted,
    /// Of somebody who has signed in. Never given up.
    Proven,
}

/// Declares a struct that is kept, or is a part of what is.
#[macro_export]
macro_rules! row {
    // A prefix for rows that come with another table's columns: there are none here.
    (joined $prefix:literal, $($row:tt)*) => {
        $crate::row! { $($row)* }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(serde::Serialize, serde::Deserialize)]
        $vis struct $name { $($(#[$doc])* $field_vis $field: $type),* }
    };
}

/// What becomes of a row, and what the step gives.
pub(crate) enum Next<R, T> {
    /// It is as it was.
    Same(T),
    /// It is this, until the time.
    Row(R, OffsetDateTime, T),
    /// It is this, for as long as it was to be kept.
    Edited(R, T),
}

/// What a row has become: its text, its rank, and until when it is kept if that changed too.
struct Text {
    json: String,
    rank: Rank,
    until: Option<OffsetDateTime>,
}

impl Text {
    fn of<R: Row>(row: &R, until: Option<OffsetDateTime>) -> Result<Self> {
        Ok(Self { json: serde_json::to_string(row)?, rank: row.rank(), until })
    }
}

/// A row, if it changed.
type Written = Option<Text>;

/// Where the rows are.
#[derive(Clone)]
pub(crate) enum Db {
    /// In this process; they go with it.
    Memory(Arc<Memory>),
    /// In Redis, with every instance that has the same `redis.url` and `tokens.audience`.
    Redis(Arc<Redis>),
}

impl Db {
    /// In Redis where there is one. What is wrong with it is in the log, and readiness says so until it is not.
    pub(crate) async fn connect(memory: &MemorySettings, redis: Option<Redis>) -> Self {
        let Some(redis) = redis else { return Self::Memory(memory.of_this_process()) };
        let db = Self::Redis(Arc::new(redis));
        let _ = db.ping().await;
        db
    }

    pub(crate) fn redis(&self) -> Option<&Redis> {
        if let Self::Redis(redis) = self { Some(redis) } else { None }
    }

    /// The row of this name, which may be over: its rule says when it counts no more.
    pub(crate) async fn read<R: Row>(&self, name: &[u8]) -> Result<Option<R>> {
        let text = match self {
            Self::Memory(memory) => memory.get(&key::<R>(name)),
            Self::Redis(redis) => shared::get(redis, R::KIND, name).await?,
        };
        text.map(|text| Ok(serde_json::from_str(&text)?)).transpose()
    }

    /// Changes a row by a rule, which is asked again whenever somebody else changed the row meanwhile.
    pub(crate) async fn update<R: Row, T: Send>(
        &self,
        name: &[u8],
        now: OffsetDateTime,
        rule: impl Fn(Option<R>) -> Next<R, T> + Send,
    ) -> Result<T> {
        let apply = move |text: Option<&str>| -> Result<(Written, T)> {
            Ok(match rule(text.map(serde_json::from_str).transpose()?) {
                Next::Same(given) => (None, given),
                Next::Row(row, until, given) => (Some(Text::of(&row, Some(until))?), given),
                Next::Edited(row, given) => (Some(Text::of(&row, None)?), given),
            })
        };
        match self {
            Self::Memory(memory) => memory.update(key::<R>(name), now, apply),
            Self::Redis(redis) => shared::update(redis, R::KIND, name, now, apply).await,
        }
    }

    /// As [`Db::update`], of a row that is there: gives what the rule gives that changed it.
    pub(crate) async fn edit<R: Row, T: Send>(
        &self,
        name: &[u8],
        rule: impl Fn(&mut R) -> Option<T> + Send,
    ) -> Result<Option<T>> {
        let rule = move |row: Option<R>| {
            let Some(mut row) = row else { return Next::Same(None) };
            match rule(&mut row) {
                Some(given) => Next::Edited(row, Some(given)),
                None => Next::Same(None),
            }
        };
        // Nothing is added, so the time does not matter.
        self.update(name, OffsetDateTime::UNIX_EPOCH, rule).await
    }

    /// Begins what belongs together, for whoever has to be told once it is done.
    pub(crate) fn begin(&self) -> Ready<Result<Tx>> {
        ready(Ok(Tx { db: self.clone(), after: Vec::new() }))
    }

    /// Whether the rows can be reached.
    pub(crate) async fn ping(&self) -> Result<()> {
        match self {
            Self::Redis(redis) if !redis.is_there().await => Err(Error::Silent),
            Self::Memory(_) | Self::Redis(_) => Ok(()),
        }
    }
}

fn key<R: Row>(name: &[u8]) -> Vec<u8> {
    [R::KIND.as_bytes(), b":", name].concat()
}

/// Steps that belong together. Each is done when it is done: what is not committed is not taken back, only not told of.
pub(crate) struct Tx {
    db: Db,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

impl Tx {
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// Has something done at the end, such as telling of it.
    pub(crate) fn after_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(action));
    }

    /// Tells whoever has to be told.
    pub(crate) fn commit(self) -> Ready<Result<()>> {
        self.after.into_iter().for_each(|action| action());
        ready(Ok(()))
    }
}

/// Does work in a task of its own, where a client that hangs up cannot stop it half-way.
pub(crate) async fn whole<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(request::of_same_request(work.in_current_span())).await.unwrap_or(Err(Error::Abandoned))
}

/// Redis removes its rows itself.
pub(crate) async fn tidy_by_itself(auth: Auth) {
    loop {
        tokio::select! {
            () = auth.stopped() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        if let Db::Memory(memory) = auth.db() {
            let now = auth.now();
            let rows = memory.tidy(now);
            auth.metrics().flushed([("rows", rows as u64)], now);
            tracing::debug!(rows, "removed what is over");
        }
    }
}
