//! Second factors in the dump of a project with allauth, which django-jwt-allauth is: authenticator apps and recovery
//! codes. Others are not taken, and an account that has one does not sign in without it by mistake.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::account::moment;
use super::rows::Content;
use super::survey::{Fingerprint, fingerprint};
use crate::factors::Imported;
use crate::factors::import::{of_seed, recovery_code};

/// allauth's table of second factors.
pub(super) const AUTHENTICATORS: &str = "mfa.authenticator";

/// The second factors of a file, by the account that they belong to.
#[derive(Default)]
pub(super) struct Factors {
    found: HashMap<Fingerprint, Factor>,
    /// Rows that cannot be taken, by their kind.
    untaken: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Factor {
    app: Option<Imported>,
    recovery_codes: Vec<secrecy::SecretString>,
}

impl Factors {
    /// Reads a row of allauth's table.
    pub(super) fn see(&mut self, content: &Content) {
        let owner = fingerprint(&content.owner(), "");
        if let Err(kind) = self.take(owner, &content.fields) {
            *self.untaken.entry(format!("{AUTHENTICATORS} with {kind}")).or_default() += 1;
        }
    }

    fn take(&mut self, owner: Fingerprint, fields: &Map<String, Value>) -> Result<(), String> {
        let data = fields.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        let time = |name| fields.get(name).and_then(Value::as_str).and_then(moment);
        match fields.get("type").and_then(Value::as_str).unwrap_or_default() {
            "totp" => {
                let secret = data.get("secret").and_then(Value::as_str).unwrap_or_default();
                let mut app = Imported::of(secret).ok_or("a secret that is not Base32 (is it encrypted?)")?;
                (app.created_at, app.last_used_at) = (time("created_at"), time("last_used_at"));
                self.found.entry(owner).or_default().app = Some(app);
            }
            "recovery_codes" => {
                let used = data.get("used_mask").and_then(Value::as_u64).unwrap_or_default();
                let codes = match (data.get("seed").and_then(Value::as_str), data.get("migrated_codes")) {
                    (_, Some(Value::Array(codes))) => {
                        codes.iter().filter_map(Value::as_str).filter_map(recovery_code).collect()
                    }
                    (Some(seed), _) => of_seed(seed, used),
                    _ => return Err("recovery codes that cannot be read".into()),
                };
                self.found.entry(owner).or_default().recovery_codes = codes;
            }
            other => return Err(format!("the type `{}`", other.escape_debug())),
        }
        Ok(())
    }

    /// The second factor of the account that other rows call one of these names.
    pub(super) fn take_of(&mut self, names: &[String]) -> Option<Imported> {
        let found = names.iter().find_map(|name| self.found.remove(&fingerprint(name, "")))?;
        let mut app = found.app?;
        app.recovery_codes = found.recovery_codes;
        Some(app)
    }

    /// Kinds of rows that cannot be taken, with their number.
    pub(super) fn untaken(&self) -> impl Iterator<Item = (&str, u64)> {
        self.untaken.iter().map(|(kind, rows)| (kind.as_str(), *rows))
    }

    /// How many belong to no account of the file.
    pub(super) fn without_account(&self) -> u64 {
        self.found.values().filter(|factor| factor.app.is_some()).count() as u64
    }
}
