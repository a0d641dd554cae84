//! Imports accounts with their password hashes from Django: rows of `dumpdata` or of a CSV file. Exports of other
//! systems are first converted to the same field names. The file is read twice and never held in memory: once to count
//! its rows and collect verified addresses, once to create the accounts. Committed batches stay: run it again.

mod account;
mod connections;
mod factors;
mod from;
mod quoted;
mod restrictions;
mod rows;
mod survey;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use secrecy::SecretString;
use time::UtcOffset;
use uuid::Uuid;

use connections::Connections;
use factors::Factors;
use from::Source;
pub use from::System;
use quoted::shown;
use rows::{Place, Row};
use survey::{Fingerprint, Survey, fingerprint, listed};

use crate::Auth;
use crate::audit::{self, Kind};
use crate::db::Tx;
use crate::factors::{Imported, Mode};
use crate::guests;
use crate::throttle;
use crate::users::{self, ImportedAccount, role};

/// Accounts per transaction: few enough not to delay sign-ins.
const BATCH: usize = 200;

const STOPPED: &str = "the import stopped; run it again to continue";

/// The file of an import, and its options.
#[derive(Clone, Debug)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// The system that wrote the file. None means Django; a file that looks like another system's is then refused.
    pub from: Option<System>,
    /// The parameters of Firebase's hashes, as its console shows them.
    pub hash_config: Option<SecretString>,
    /// Only report what an import would do.
    pub dry_run: bool,
    /// The model whose rows are the accounts, such as `auth.user`; required if several are possible.
    pub model: Option<String>,
    /// Import accounts although their second factors cannot be imported: their passwords alone will suffice.
    pub without_second_factors: bool,
    /// The UTC offset of times that name none.
    pub time_zone: UtcOffset,
}

impl Import {
    /// An import of this file with every option at its default.
    #[must_use]
    pub fn of(file: impl AsRef<Path>) -> Self {
        Self {
            file: file.as_ref().to_owned(),
            from: None,
            hash_config: None,
            dry_run: false,
            model: None,
            without_second_factors: false,
            time_zone: UtcOffset::UTC,
        }
    }
}

/// Reports on rows during an import.
#[derive(Debug)]
pub enum Report<'e> {
    /// An account was created or already existed.
    Known {
        /// The primary key in Django; empty if the row has none.
        key: &'e str,
        /// The account's id.
        id: Uuid,
    },
    /// An account is imported without some of its data.
    Changed {
        /// The row's line in the file; in an array also its number and key.
        place: &'e str,
        /// The data left out, and a remedy.
        note: &'e str,
    },
    /// A row is not imported.
    Refused {
        /// As in [`Report::Changed`].
        place: &'e str,
        /// The reason.
        reason: &'e str,
    },
    /// Rows of a model that is ignored, or second factors that are left out on request.
    LeftOut {
        /// The model or second factor.
        what: &'e str,
        /// Number of rows.
        rows: u64,
    },
    /// Progress through the file.
    Progress {
        /// Rows done so far.
        done: u64,
        /// Rows in total.
        of: u64,
    },
}

/// Number of rows by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Accounts created.
    pub imported: u64,
    /// Accounts that already existed and were left unchanged.
    pub existing: u64,
    /// Rows that could not be imported.
    pub refused: u64,
    /// Rows of other tables.
    pub others: u64,
    /// Created accounts that keep their second factor.
    pub with_second_factor: u64,
    /// Connections to other services that created accounts keep.
    pub connections: u64,
    /// Created accounts that have no password.
    pub without_password: u64,
    /// Whether the file has passwords.
    pub has_passwords: bool,
    /// Owners of verified addresses that match no account of the file. Their accounts are imported as unverified.
    pub strange_addresses: u64,
}

/// Imports the accounts of a file. If it cannot be read, is unclear or has second factors, nothing is imported; if the
/// database cannot be reached, batches committed before that stay.
pub async fn import(auth: &Auth, plan: &Import, mut watch: impl FnMut(Report<'_>)) -> anyhow::Result<Summary> {
    let source = Source::of(plan)?;
    let mut survey = Survey::of(&source)?;
    source.refuse(&survey)?;
    let model = survey.model_of_accounts(plan.model.as_deref())?;
    let are_asked_for = auth.settings().mfa.totp != Mode::Disabled;
    let second_factors = survey.second_factors(&model, are_asked_for);
    if !second_factors.is_empty() && !plan.without_second_factors {
        bail!(
            "the file has second factors that cannot be imported: {}. Their owners would sign in with the password alone. \
             Nothing was imported; add --without-second-factors if they may{}",
            listed(second_factors.iter().map(|(name, rows)| (name.as_str(), *rows))),
            if are_asked_for { "" } else { ", or set mfa.totp to \"optional\"" }
        );
    }
    let factors = std::mem::take(&mut survey.factors);
    let connections = std::mem::take(&mut survey.connections);
    let untaken: Vec<_> = connections.untaken().collect();
    let mut reading = Reading {
        connections,
        factors: if are_asked_for { factors } else { Factors::default() },
        survey: &survey,
        model: &model,
        seen: HashMap::new(),
        owners: survey.owners.clone(),
        zone: plan.time_zone,
        now: auth.now(),
    };
    let mut summary = Summary::default();
    let mut batch = Vec::with_capacity(BATCH);
    let mut foreseen = plan.dry_run.then(HashSet::new);
    let mut done = 0;
    for row in source.rows()? {
        done += 1;
        match reading.read(&row) {
            Ok(Some((account, brought, notes))) => {
                for note in &notes {
                    watch(Report::Changed { place: &place_of(&row), note });
                }
                batch.push((row, account, brought));
            }
            Ok(None) => summary.others += 1,
            Err(reason) => {
                summary.refused += 1;
                watch(Report::Refused { place: &place_of(&row), reason: &reason });
            }
        }
        if batch.len() == BATCH {
            write(auth, &mut batch, &mut foreseen, &mut summary, &mut watch).await.context(STOPPED)?;
            watch(Report::Progress { done, of: survey.rows });
        }
    }
    write(auth, &mut batch, &mut foreseen, &mut summary, &mut watch).await.context(STOPPED)?;
    watch(Report::Progress { done, of: survey.rows });
    let orphans = reading.factors.without_account();
    if orphans > 0 {
        watch(Report::LeftOut { what: "second factors of no account of the file", rows: orphans });
    }
    let orphans = reading.connections.without_account();
    if orphans > 0 {
        watch(Report::LeftOut { what: "connections of no account of the file", rows: orphans });
    }
    for (what, rows) in untaken {
        watch(Report::LeftOut { what: &what, rows });
    }
    let fields = second_factors.iter().filter(|(name, _)| name.contains(' ')).cloned();
    for (what, rows) in survey.left_out(&model, are_asked_for).into_iter().chain(fields) {
        watch(Report::LeftOut { what: &what, rows });
    }
    summary.strange_addresses = reading.owners.len() as u64;
    summary.has_passwords = survey.has_passwords(&model);
    Ok(summary)
}

fn place_of(row: &Row) -> String {
    let key = row.content.as_ref().map_or("", |content| content.key.as_str());
    match row.place.number {
        Some(_) if !key.is_empty() => format!("{}, key {}", row.place, shown(key)),
        _ => row.place.to_string(),
    }
}

struct Reading<'s> {
    survey: &'s Survey,
    model: &'s str,
    seen: HashMap<Fingerprint, Place>,
    owners: HashSet<Fingerprint>,
    /// The second factors that have found no account so far.
    factors: Factors,
    connections: Connections,
    zone: UtcOffset,
    now: time::OffsetDateTime,
}

/// What an account brings besides its own row.
struct Brought {
    factor: Option<Imported>,
    connections: Vec<connections::Imported>,
}

/// An account, what it brings, and notes on what is left out.
type Read = (ImportedAccount, Brought, Vec<String>);

impl Reading<'_> {
    fn read(&mut self, row: &Row) -> Result<Option<Read>, String> {
        let content = row.content.as_ref().map_err(Clone::clone)?;
        if content.model != self.model {
            return Ok(None);
        }
        let Some(rest) = self.survey.rest_of(content) else { return Ok(None) };
        if !content.may_be_account() {
            return Err("it has no field `email`".into());
        }
        let names = content.names();
        for name in &names {
            self.owners.remove(&fingerprint(name, ""));
        }
        let joined = content.joined(rest);
        let content = joined.as_ref().unwrap_or(content);
        let (mut account, mut notes) = ImportedAccount::read(content, self.zone, self.now)?;
        let is_verified = |name: &String| self.survey.verified.contains(&fingerprint(name, account.email.key()));
        account.email_verified |= names.iter().any(is_verified);
        if let Some(place) = self.seen.insert(fingerprint("", account.email.key()), row.place) {
            return Err(format!("its address is that of line {place}; addresses are compared in lower case"));
        }
        let factor = self.factors.take_of(&names);
        if factor.as_ref().is_some_and(|factor| factor.recovery_codes.is_empty()) {
            notes.push("its authenticator app is imported, and it has no recovery codes left".into());
        }
        let connections = self.connections.take_of(&names);
        Ok(Some((account, Brought { factor, connections }, notes)))
    }
}

/// A dry run passes the ids so far and creates nothing.
async fn write(
    auth: &Auth,
    batch: &mut Vec<(Row, ImportedAccount, Brought)>,
    foreseen: &mut Option<HashSet<Uuid>>,
    summary: &mut Summary,
    watch: &mut impl FnMut(Report<'_>),
) -> anyhow::Result<()> {
    let mut tx = auth.db().begin().await?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for (row, account, brought) in batch.drain(..) {
        let mut kept = brought.connections.len() as u64;
        let outcome = match foreseen {
            Some(ids) => foresee(auth, &mut tx, &account, ids).await?,
            None => make(auth, &mut tx, &account, &brought, &mut kept).await?,
        };
        outcomes.push((row, (account.password_hash.is_some(), brought.factor.is_some(), kept), outcome));
    }
    // Report accounts as created only once they are committed.
    if foreseen.is_none() {
        tx.commit().await?;
    }
    for (row, (has_password, has_factor, connections), outcome) in outcomes {
        let key = row.content.as_ref().map_or("", |content| content.key.as_str());
        match outcome {
            Placement::Made(id) => {
                summary.imported += 1;
                summary.without_password += u64::from(!has_password);
                summary.with_second_factor += u64::from(has_factor);
                summary.connections += connections;
                watch(Report::Known { key, id });
            }
            Placement::There(id) => {
                summary.existing += 1;
                watch(Report::Known { key, id });
            }
            Placement::IdTaken => {
                summary.refused += 1;
                let reason = "its primary key is the id of another account here";
                watch(Report::Refused { place: &place_of(&row), reason });
            }
        }
    }
    Ok(())
}

enum Placement {
    Made(Uuid),
    There(Uuid),
    IdTaken,
}

/// `kept` becomes the number of connections that no other account had.
async fn make(
    auth: &Auth,
    tx: &mut Tx,
    account: &ImportedAccount,
    brought: &Brought,
    kept: &mut u64,
) -> sqlx::Result<Placement> {
    let mut made = users::import(tx, account, auth.now()).await?;
    // An invitation that has expired holds nothing.
    if made.is_none() && guests::free(auth, tx, &account.email).await? {
        made = users::import(tx, account, auth.now()).await?;
    }
    if let Some(id) = made {
        throttle::forgive(tx, account.email.key()).await?;
        if let Some(factor) = &brought.factor {
            crate::factors::import::import(auth, tx, (id, account.email_verified), factor).await?;
        }
        *kept = 0;
        for connection in &brought.connections {
            let connection = connection.of(id, account.email_verified, auth.now());
            *kept += u64::from(crate::connections::import(tx, &connection).await?);
        }
        if account.role >= role::STAFF {
            let event = audit::Event::of_id(Kind::RoleChanged, id);
            auth.audit().write(tx, event.because(format!("0 to {} by an import", account.role))).await?;
        }
        return Ok(Placement::Made(id));
    }
    Ok(users::id_of_address(tx, &account.email).await?.map_or(Placement::IdTaken, Placement::There))
}

async fn foresee(
    auth: &Auth,
    tx: &mut Tx,
    account: &ImportedAccount,
    ids: &mut HashSet<Uuid>,
) -> sqlx::Result<Placement> {
    let expired = users::expired_guest(tx, &account.email, auth.now()).await?;
    if let Some(id) = users::id_of_address(tx, &account.email).await?.filter(|id| Some(*id) != expired) {
        return Ok(Placement::There(id));
    }
    let Some(id) = account.id else { return Ok(Placement::Made(Uuid::nil())) };
    let is_free = ids.insert(id) && !users::has_id(tx, id).await?;
    Ok(if is_free { Placement::Made(id) } else { Placement::IdTaken })
}
