//! Surveys a file before the first account is created: which rows are the accounts, and which data would be lost.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use anyhow::{bail, ensure};
use ring::digest::{SHA256, digest};

use serde_json::{Map, Value};

use super::connections::{CONNECTIONS, Connections};
use super::factors::{AUTHENTICATORS, Factors};
use super::from::{Extent, Source, System, signs_of};
use super::quoted::{quoted, shown};
use super::restrictions::{is_second_factor, second_factors_of};
use super::rows::Content;

/// Rows inspected to detect the system that wrote the file.
const LOOKED_AT: u64 = 1_000;

/// allauth's table of addresses.
pub(super) const ADDRESSES: &str = "account.emailaddress";

#[derive(Default)]
pub(super) struct Survey {
    pub(super) rows: u64,
    /// Keys with addresses that allauth's table marks as verified.
    pub(super) verified: HashSet<Fingerprint>,
    pub(super) owners: HashSet<Fingerprint>,
    pub(super) looks_right: bool,
    pub(super) looks_like: Option<System>,
    /// Whether any row has a field for second factors, set or not.
    pub(super) tells_second_factors: bool,
    pub(super) has_firebase_hashes: bool,
    /// The partial rows by key, and the keys that have a complete row.
    parts: HashMap<Fingerprint, Map<String, Value>>,
    whole: HashSet<Fingerprint>,
    others: BTreeMap<String, u64>,
    pub(super) factors: Factors,
    pub(super) connections: Connections,
    system: Option<System>,
    models: BTreeMap<String, Model>,
}

#[derive(Default)]
struct Model {
    rows: u64,
    accounts: u64,
    passwords: u64,
    /// They have the fields of Django's user models, and none that only their history tables have.
    is_djangos: bool,
    second_factors: BTreeMap<String, u64>,
}

impl Survey {
    pub(super) fn of(source: &Source<'_>) -> anyhow::Result<Self> {
        let mut survey = Self { system: source.system(), ..Self::default() };
        for row in source.raw_rows()? {
            survey.rows += 1;
            if let Ok(content) = row.content {
                survey.judge(&content);
                survey.see(&source.translated(content));
            }
        }
        Ok(survey)
    }

    /// If the first rows look like another system's, all are searched for one of the requested system's.
    fn judge(&mut self, raw: &Content) {
        let is_early = self.rows <= LOOKED_AT;
        let is_settled = match self.system {
            Some(System::Django) => true,
            Some(_) => self.looks_right || (!is_early && self.looks_like.is_none()),
            None => !is_early || self.looks_like.is_some(),
        };
        if is_settled {
            return;
        }
        for system in signs_of(raw) {
            if system == self.system.unwrap_or(System::Django) {
                self.looks_right = true;
            } else if self.looks_like.is_none() {
                self.looks_like = Some(system);
            }
        }
    }

    fn see(&mut self, content: &Content) {
        self.has_firebase_hashes |=
            self.system == Some(System::Firebase) && content.fields.contains_key("passwordHash");
        for other in &content.left.others {
            *self.others.entry(other.clone()).or_default() += 1;
        }
        if self.system.is_some_and(System::joins) && content.model.is_empty() {
            let key = fingerprint(&content.key, "");
            match content.extent {
                Extent::Whole => _ = self.whole.insert(key),
                Extent::Half | Extent::Part => _ = self.parts.insert(key, part_of(content)),
            }
            if content.extent == Extent::Part {
                return;
            }
        }
        if let Some((key, email)) = content.verified_address() {
            self.verified.insert(fingerprint(&key, email.key()));
            self.owners.insert(fingerprint(&key, ""));
        }
        if content.model == AUTHENTICATORS {
            self.factors.see(content);
        }
        if content.model == CONNECTIONS {
            self.connections.see(content);
        }
        let model = self.models.entry(content.model.clone()).or_default();
        model.rows += 1;
        model.passwords += u64::from(content.fields.contains_key("password"));
        if content.may_be_account() {
            model.accounts += 1;
            model.is_djangos = content.fields.contains_key("last_login") && !content.fields.contains_key("history_id");
        }
        self.tells_second_factors |=
            is_second_factor(&content.model) || content.fields.keys().any(|name| is_second_factor(name));
        let named = content.left.second_factors.iter().map(|name| format!("the factor {}", quoted(name)));
        let fields = second_factors_of(&content.fields).map(|name| format!("the field {}", quoted(name)));
        for factor in fields.chain(named) {
            *model.second_factors.entry(factor).or_default() += 1;
        }
    }

    /// None if another row is the account.
    pub(super) fn rest_of(&self, content: &Content) -> Option<&Map<String, Value>> {
        static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        let key = fingerprint(&content.key, "");
        match content.extent {
            Extent::Whole => Some(self.parts.get(&key).unwrap_or(&NOTHING)),
            Extent::Half => Some(&*NOTHING).filter(|_| !self.whole.contains(&key)),
            Extent::Part => None,
        }
    }

    pub(super) fn model_of_accounts(&self, asked: Option<&str>) -> anyhow::Result<String> {
        if let Some(asked) = asked {
            let asked = asked.to_lowercase();
            let names = || listed_models(self.models.iter().map(|(name, model)| (name, model.rows)));
            ensure!(self.models.contains_key(&asked), "the file has no rows of `{asked}`; it has {}", names());
            return Ok(asked);
        }
        if self.system.is_some_and(|system| system != System::Django) {
            return Ok(String::new());
        }
        let candidates: Vec<_> = self.models.iter().filter(|(_, model)| model.accounts > 0).collect();
        let first = candidates.iter().find(|(_, model)| model.is_djangos).or(candidates.first());
        let Some((name, model)) = first else {
            bail!(
                "the file has no accounts among its {} rows; an account has the fields `email` and `password`{}",
                self.rows,
                if self.models.is_empty() { "" } else { ", unless the file is of one table only" }
            );
        };
        let names = || listed_models(candidates.iter().map(|(name, model)| (*name, model.accounts)));
        ensure!(
            candidates.len() == 1,
            "more than one model of the file has rows with an address and a password: {}. Nothing was imported; say which \
             one the accounts are, such as `--model {}`",
            names(),
            shown(name)
        );
        ensure!(
            name.is_empty() || model.is_djangos,
            "{} has addresses and passwords, but is no user model of Django's: those have the field `last_login`, and only \
             their history has `history_id`. Nothing was imported; if these are the accounts, add `--model {}`",
            names(),
            shown(name)
        );
        Ok((*name).clone())
    }

    /// Those that are not taken: none is, if this server asks for none.
    pub(super) fn second_factors(&self, accounts: &str, are_asked_for: bool) -> Vec<(String, u64)> {
        let is_taken = |name: &str| are_asked_for && name == AUTHENTICATORS;
        let rows = self.models.iter().filter(|(name, _)| is_second_factor(name) && !is_taken(name));
        let rows = rows.map(|(name, model)| (named(name), model.rows));
        let untaken = self.factors.untaken().filter(|_| are_asked_for).map(|(kind, rows)| (kind.to_owned(), rows));
        let rows = rows.chain(untaken);
        let fields = self.models.get(accounts).map(|model| &model.second_factors);
        let fields = fields.into_iter().flatten().map(|(factor, rows)| (factor.clone(), *rows));
        rows.chain(fields).collect()
    }

    pub(super) fn has_passwords(&self, accounts: &str) -> bool {
        self.models.get(accounts).is_some_and(|model| model.passwords > 0)
            || self.parts.values().any(|part| part.contains_key("password"))
    }

    pub(super) fn left_out(&self, accounts: &str, are_asked_for: bool) -> Vec<(String, u64)> {
        let is_read = |name: &str| {
            [accounts, ADDRESSES, CONNECTIONS].contains(&name) || (are_asked_for && name == AUTHENTICATORS)
        };
        let others = self.models.iter().filter(|(name, _)| !is_read(name));
        let counted = self.others.iter().map(|(name, rows)| (name, *rows));
        others.map(|(name, model)| (name, model.rows)).chain(counted).map(|(name, rows)| (named(name), rows)).collect()
    }
}

fn part_of(content: &Content) -> Map<String, Value> {
    let kept = content.fields.iter().filter(|(name, _)| matches!(name.as_str(), "password" | "email_verified"));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub(super) fn listed<'n>(counts: impl Iterator<Item = (&'n str, u64)>) -> String {
    let words = counts.map(|(name, rows)| format!("{name} ({rows} row{})", if rows == 1 { "" } else { "s" }));
    words.collect::<Vec<_>>().join(", ")
}

fn named(name: &str) -> String {
    if name.is_empty() { "rows without a model".into() } else { shown(name) }
}

fn listed_models<'m>(counts: impl Iterator<Item = (&'m String, u64)>) -> String {
    let counts: Vec<_> = counts.map(|(name, rows)| (named(name), rows)).collect();
    listed(counts.iter().map(|(name, rows)| (name.as_str(), *rows)))
}

/// Short, so that millions fit into memory.
pub(super) type Fingerprint = [u8; 16];

pub(super) fn fingerprint(key: &str, address: &str) -> Fingerprint {
    let mut first = Fingerprint::default();
    first.copy_from_slice(&digest(&SHA256, format!("{key}\n{address}").as_bytes()).as_ref()[..16]);
    first
}
