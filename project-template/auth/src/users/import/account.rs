//! What a row of Django's says of an account, in the terms of this crate.

use serde_json::Value;
use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};
use uuid::Uuid;

use super::restrictions;
use super::rows::Content;
use crate::passwords;
use crate::users::{Email, NAME_LIMIT, role};

/// An account to be made as it was elsewhere.
pub(crate) struct Account {
    /// Django's primary key, where it is a UUID: what refers to it still fits.
    pub(crate) id: Option<Uuid>,
    pub(crate) email: Email,
    pub(crate) email_verified: bool,
    pub(crate) password_hash: Option<String>,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) role: i64,
    pub(crate) is_active: bool,
    pub(crate) created_at: Option<OffsetDateTime>,
    pub(crate) last_login_at: Option<OffsetDateTime>,
}

impl Account {
    /// The account, and what is left out of it; or why there can be none.
    pub(super) fn read(row: &Content, now: OffsetDateTime) -> Result<(Self, Vec<String>), String> {
        let mut notes = Vec::new();
        let written = text(row, "email")?;
        if written.is_empty() {
            return Err("it has no e-mail address, which is what people sign in with here".into());
        }
        let email =
            Email::parse(&written).ok_or_else(|| format!("`{}` is not an e-mail address", written.escape_debug()))?;
        let mut account = Self {
            id: row.key.parse().ok(),
            email,
            email_verified: flag(row, "email_verified")?.unwrap_or(false),
            password_hash: password_hash(&text(row, "password")?, &mut notes),
            first_name: name(row, "first_name")?,
            last_name: name(row, "last_name")?,
            role: role_of(row, &mut notes)?,
            is_active: flag(row, "is_active")?.unwrap_or(true),
            created_at: time(row, "date_joined")?,
            last_login_at: time(row, "last_login")?,
        };
        account.keep_out(row, now, &mut notes);
        Ok((account, notes))
    }
}

impl Account {
    /// Closes what was closed under a name that is not Django's.
    fn keep_out(&mut self, row: &Content, now: OffsetDateTime, notes: &mut Vec<String>) {
        if let Some(field) = restrictions::closed_by(&row.fields, now).filter(|_| self.is_active) {
            self.is_active = false;
            notes.push(format!("its `{field}` says that it is closed; it is deactivated until an admin activates it"));
        }
        if let Some(field) = restrictions::password_voided_by(&row.fields)
            && self.password_hash.take().is_some()
        {
            notes.push(format!(
                "its `{field}` says that its password is no longer good; the account has no password until its owner \
                 resets it"
            ));
        }
    }
}

/// Django writes `!` and random letters for an account that has no password.
fn password_hash(stored: &str, notes: &mut Vec<String>) -> Option<String> {
    if stored.is_empty() || stored.starts_with('!') {
        return None;
    }
    if passwords::is_comparable(stored) {
        return Some(stored.to_owned());
    }
    let method = stored.split('$').next().filter(|method| method.len() < stored.len()).unwrap_or("unknown");
    notes.push(format!(
        "its password hash (`{}`) is not supported, malformed or too costly; the account has no password until its \
         owner resets it",
        method.escape_debug()
    ));
    None
}

/// A role of the project's own is kept. From [`role::STAFF`] on roles are privileges here, and numbers that meant
/// something else in Django must not grant them: there the two flags decide.
fn role_of(row: &Content, notes: &mut Vec<String>) -> Result<i64, String> {
    let stored = number(row, "role")?;
    if let Some(own) = stored.filter(|role| *role < role::STAFF) {
        return Ok(own);
    }
    if flag(row, "is_superuser")?.unwrap_or(false) {
        return Ok(role::SUPERUSER);
    }
    if flag(row, "is_staff")?.unwrap_or(false) {
        return Ok(role::STAFF);
    }
    if let Some(stored) = stored {
        notes.push(format!(
            "its role {stored} is that of staff here, but neither is_staff nor is_superuser is set; it has role 0"
        ));
    }
    Ok(role::USER)
}

fn value<'r>(row: &'r Content, name: &str) -> Option<&'r Value> {
    row.fields.get(name).filter(|value| !value.is_null())
}

fn text(row: &Content, name: &str) -> Result<String, String> {
    match value(row, name) {
        None => Ok(String::new()),
        Some(Value::String(text)) if !text.contains('\0') => Ok(text.trim().to_owned()),
        Some(_) => Err(format!("its `{name}` is not a text")),
    }
}

fn name(row: &Content, name: &str) -> Result<String, String> {
    let text = text(row, name)?;
    if text.chars().count() > NAME_LIMIT {
        return Err(format!("its `{name}` has more than {NAME_LIMIT} characters"));
    }
    Ok(text)
}

fn flag(row: &Content, name: &str) -> Result<Option<bool>, String> {
    let flag = match value(row, name) {
        None => return Ok(None),
        Some(Value::Bool(flag)) => Some(*flag),
        Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Some(true),
            "false" | "f" | "0" => Some(false),
            _ => None,
        },
        Some(Value::Number(number)) => number.as_u64().filter(|number| *number <= 1).map(|number| number == 1),
        Some(_) => None,
    };
    flag.map(Some).ok_or_else(|| format!("its `{name}` is neither true nor false"))
}

fn number(row: &Content, name: &str) -> Result<Option<i64>, String> {
    let number = match value(row, name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
    };
    number.map(Some).ok_or_else(|| format!("its `{name}` is not a whole number"))
}

/// A time as Django or `PostgreSQL` writes it, in UTC where it names no zone; whole seconds, as everywhere here.
fn time(row: &Content, name: &str) -> Result<Option<OffsetDateTime>, String> {
    let written = text(row, name)?;
    if written.is_empty() {
        return Ok(None);
    }
    moment(&written).map(Some).ok_or_else(|| format!("its `{name}`, {written:?}, is not a time"))
}

/// None also for a time that UTC has no date for.
pub(super) fn moment(written: &str) -> Option<OffsetDateTime> {
    let iso = written.replacen(' ', "T", 1);
    let time = OffsetDateTime::parse(&iso, &Iso8601::PARSING)
        .or_else(|_| PrimitiveDateTime::parse(&iso, &Iso8601::PARSING).map(PrimitiveDateTime::assume_utc));
    let time = time.ok()?.checked_to_offset(UtcOffset::UTC)?;
    time.replace_nanosecond(0).ok()
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
