//! Brings accounts from Django: rows of `dumpdata` or of a CSV file, with the passwords their owners have.
//!
//! The file is read twice and never held in memory: once to count its rows and to see which addresses allauth had
//! verified, once to make the accounts, a batch a transaction. What was made stays made, so an import that was
//! interrupted is run again.

mod account;
mod rows;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Context;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

pub(crate) use account::Account;
use rows::{Content, Row};

use super::{Email, store};
use crate::app::Auth;
use crate::db::Tx;
use crate::throttle;

/// Accounts made in one transaction: few enough that nobody who signs in meanwhile waits for it.
const BATCH: usize = 200;

const STOPPED: &str = "the import stopped; run it again to continue";

/// What happens to a row, as it happens.
#[derive(Debug)]
pub enum Event<'e> {
    /// An account was made, or was there already: Django's key of it, and its id here.
    Known {
        /// The primary key in Django; empty where the row has none.
        key: &'e str,
        /// The account's id.
        id: Uuid,
    },
    /// An account is made, but something of it is left out.
    Changed {
        /// The row's line in the file.
        line: u64,
        /// What, and what to do about it.
        note: &'e str,
    },
    /// A row is not imported.
    Refused {
        /// The row's line in the file.
        line: u64,
        /// Why.
        reason: &'e str,
    },
    /// So many rows of the file are done.
    Progress {
        /// Rows behind.
        done: u64,
        /// Rows in all.
        of: u64,
    },
}

/// How many rows went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Accounts that were made.
    pub imported: u64,
    /// Accounts that were there already, and stay as they are.
    pub existing: u64,
    /// Rows that could not be imported.
    pub refused: u64,
    /// Rows of other tables.
    pub others: u64,
}

/// Imports the accounts of a file; with `dry_run` only says what would happen.
///
/// # Errors
/// If the file cannot be read or the database cannot be reached; what was made until then stays.
pub async fn import(
    auth: &Auth,
    file: &Path,
    dry_run: bool,
    mut watch: impl FnMut(Event<'_>),
) -> anyhow::Result<Summary> {
    let survey = Survey::of(file)?;
    let mut summary = Summary::default();
    let mut seen = HashMap::new();
    let mut batch = Vec::with_capacity(BATCH);
    let mut foreseen = dry_run.then(HashSet::new);
    let mut done = 0;
    for row in rows::open(file)? {
        done += 1;
        match read(&row, &survey, &mut seen) {
            Ok(Some((account, notes))) => {
                for note in &notes {
                    watch(Event::Changed { line: row.line, note });
                }
                batch.push((row, account));
            }
            Ok(None) => summary.others += 1,
            Err(reason) => {
                summary.refused += 1;
                watch(Event::Refused { line: row.line, reason: &reason });
            }
        }
        if batch.len() == BATCH {
            write(auth, &mut batch, &mut foreseen, &mut summary, &mut watch).await.context(STOPPED)?;
            watch(Event::Progress { done, of: survey.rows });
        }
    }
    write(auth, &mut batch, &mut foreseen, &mut summary, &mut watch).await.context(STOPPED)?;
    watch(Event::Progress { done, of: survey.rows });
    Ok(summary)
}

/// The account of a row and what is left out of it; none for a row of another table.
fn read(
    row: &Row,
    survey: &Survey,
    seen: &mut HashMap<Fingerprint, u64>,
) -> Result<Option<(Account, Vec<String>)>, String> {
    let content = row.content.as_ref().map_err(Clone::clone)?;
    if !content.is_account() {
        return Ok(None);
    }
    let (mut account, notes) = Account::read(content)?;
    account.email_verified |= survey.verified.contains(&fingerprint(&content.key, &account.email));
    if let Some(line) = seen.insert(fingerprint("", &account.email), row.line) {
        return Err(format!("its address is that of line {line}; addresses are compared in lower case"));
    }
    Ok(Some((account, notes)))
}

/// Makes the accounts of a batch, and empties it. A dry run, which only foresees that, has a set of the ids so far.
async fn write(
    auth: &Auth,
    batch: &mut Vec<(Row, Account)>,
    foreseen: &mut Option<HashSet<Uuid>>,
    summary: &mut Summary,
    watch: &mut impl FnMut(Event<'_>),
) -> anyhow::Result<()> {
    let mut tx = auth.db().begin().await?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for (row, account) in batch.drain(..) {
        let outcome = match foreseen {
            Some(ids) => foresee(&mut tx, &account, ids).await?,
            None => make(auth, &mut tx, &account).await?,
        };
        outcomes.push((row, outcome));
    }
    // Nothing is reported as made before it is.
    if foreseen.is_none() {
        tx.commit().await?;
    }
    for (row, outcome) in outcomes {
        let key = row.content.as_ref().map_or("", |content| content.key.as_str());
        match outcome {
            Outcome::Made(id) => {
                summary.imported += 1;
                watch(Event::Known { key, id });
            }
            Outcome::There(id) => {
                summary.existing += 1;
                watch(Event::Known { key, id });
            }
            Outcome::IdTaken => {
                summary.refused += 1;
                watch(Event::Refused { line: row.line, reason: "its primary key is the id of another account here" });
            }
        }
    }
    Ok(())
}

enum Outcome {
    Made(Uuid),
    There(Uuid),
    IdTaken,
}

async fn make(auth: &Auth, tx: &mut Tx, account: &Account) -> sqlx::Result<Outcome> {
    if let Some(id) = store::import(tx, account, auth.now()).await? {
        throttle::forgive(tx, account.email.key()).await?;
        return Ok(Outcome::Made(id));
    }
    Ok(store::id_by_email(tx, &account.email).await?.map_or(Outcome::IdTaken, Outcome::There))
}

/// What [`make`] would do after all the rows before; `ids` are those of theirs that the accounts would have kept.
async fn foresee(tx: &mut Tx, account: &Account, ids: &mut HashSet<Uuid>) -> sqlx::Result<Outcome> {
    if let Some(id) = store::id_by_email(tx, &account.email).await? {
        return Ok(Outcome::There(id));
    }
    let Some(id) = account.id else { return Ok(Outcome::Made(Uuid::nil())) };
    let is_free = ids.insert(id) && !store::has_id(tx, id).await?;
    Ok(if is_free { Outcome::Made(id) } else { Outcome::IdTaken })
}

/// What has to be known of the file before its first account is made.
struct Survey {
    rows: u64,
    /// Keys and addresses that allauth's table calls verified.
    verified: HashSet<Fingerprint>,
}

impl Survey {
    fn of(file: &Path) -> anyhow::Result<Self> {
        let mut survey = Self { rows: 0, verified: HashSet::new() };
        for row in rows::open(file)? {
            survey.rows += 1;
            if let Some((key, email)) = row.content.as_ref().ok().and_then(Content::verified_address) {
                survey.verified.insert(fingerprint(&key, &email));
            }
        }
        Ok(survey)
    }
}

/// Stands for a key and an address in a few bytes: millions of them fit into memory.
type Fingerprint = [u8; 16];

fn fingerprint(key: &str, email: &Email) -> Fingerprint {
    let mut first = Fingerprint::default();
    first.copy_from_slice(&digest(&SHA256, format!("{key}\n{}", email.key()).as_bytes()).as_ref()[..16]);
    first
}
