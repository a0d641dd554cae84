//! Connections to other services in the dump of a project with allauth, which django-jwt-allauth is.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::account::moment;
use super::rows::Content;
use super::survey::{Fingerprint, fingerprint};
use crate::connections::{Connection, is_provider_id};

/// allauth's table of connections.
pub(super) const CONNECTIONS: &str = "socialaccount.socialaccount";
/// In bytes, of a user's id at a provider.
const UID_BYTES: usize = 255;

/// The connections of a file, by the account that they belong to.
#[derive(Default)]
pub(super) struct Connections {
    found: HashMap<Fingerprint, Vec<Imported>>,
    /// Rows that cannot be taken, by their kind.
    untaken: BTreeMap<String, u64>,
}

/// A connection as another system has it.
pub(super) struct Imported {
    provider: String,
    uid: String,
    created_at: Option<OffsetDateTime>,
    last_login_at: Option<OffsetDateTime>,
}

impl Connections {
    /// Reads a row of allauth's table.
    pub(super) fn see(&mut self, content: &Content) {
        match read(&content.fields) {
            Ok(connection) => {
                self.found.entry(fingerprint(&content.owner(), "")).or_default().push(connection);
            }
            Err(kind) => *self.untaken.entry(format!("{CONNECTIONS} with {kind}")).or_default() += 1,
        }
    }

    /// The connections of the account that other rows call one of these names.
    pub(super) fn take_of(&mut self, names: &[String]) -> Vec<Imported> {
        names.iter().filter_map(|name| self.found.remove(&fingerprint(name, ""))).flatten().collect()
    }

    /// Kinds of rows that cannot be taken, with their number.
    pub(super) fn untaken(&self) -> impl Iterator<Item = (String, u64)> {
        self.untaken.iter().map(|(kind, rows)| (kind.clone(), *rows))
    }

    /// How many belong to no account of the file.
    pub(super) fn without_account(&self) -> u64 {
        self.found.values().map(|connections| connections.len() as u64).sum()
    }
}

fn read(fields: &Map<String, Value>) -> Result<Imported, String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let (provider, uid) = (text("provider"), text("uid"));
    // allauth has the id of Microsoft's directory, and a token an id that is another one for each application.
    if provider == "microsoft" {
        return Err("the provider microsoft, whose ids there are not those of its tokens".into());
    }
    if !is_provider_id(provider) {
        return Err("a provider that cannot be one here".into());
    }
    if uid.is_empty() || uid.len() > UID_BYTES || uid.contains('\0') {
        return Err("no id of the user".into());
    }
    let time = |name| fields.get(name).and_then(Value::as_str).and_then(moment);
    Ok(Imported {
        provider: provider.to_owned(),
        uid: uid.to_owned(),
        created_at: time("date_joined"),
        last_login_at: time("last_login"),
    })
}

impl Imported {
    pub(super) fn of(&self, user: Uuid, is_proven: bool, now: OffsetDateTime) -> Connection {
        Connection {
            id: Uuid::now_v7(),
            user_id: user,
            provider: self.provider.clone(),
            uid: self.uid.clone(),
            proven: is_proven,
            created_at: self.created_at.unwrap_or(now),
            last_login_at: self.last_login_at,
        }
    }
}
