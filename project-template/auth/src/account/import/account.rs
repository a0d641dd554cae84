use serde_json::Value;
use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::quoted::quoted;
use super::restrictions;
use super::rows::Content;
use crate::languages::Languages;
use crate::passwords;
use crate::users::{Email, ImportedAccount, NAME_LIMIT, role};

impl ImportedAccount {
    pub(super) fn read(row: &Content, zone: UtcOffset, now: OffsetDateTime) -> Result<(Self, Vec<String>), String> {
        let mut notes = row.left.notes.clone();
        let written = text(row, "email")?;
        if written.is_empty() {
            return Err("it has no e-mail address, which is what people sign in with here".into());
        }
        let email = Email::parse(&written).ok_or_else(|| format!("{} is not an e-mail address", quoted(&written)))?;
        let mut account = Self {
            id: row.key.parse().ok(),
            email,
            email_verified: flag(row, "email_verified")?.unwrap_or(false),
            password_hash: password_hash(&text(row, "password")?, &mut notes),
            first_name: name(row, "first_name")?,
            last_name: name(row, "last_name")?,
            role: role_of(row, &mut notes)?,
            is_active: flag(row, "is_active")?.unwrap_or(true),
            created_at: time(row, "date_joined", zone)?,
            last_login_at: time(row, "last_login", zone)?,
            language: language(row),
        };
        account.keep_out(row, now, &mut notes);
        Ok((account, notes))
    }
}

impl ImportedAccount {
    fn keep_out(&mut self, row: &Content, now: OffsetDateTime, notes: &mut Vec<String>) {
        if let Some(field) = restrictions::closed_by(&row.fields, now).filter(|_| self.is_active) {
            self.is_active = false;
            notes.push(format!(
                "the account was closed there ({}); it is deactivated here until an admin activates it",
                quoted(field)
            ));
        }
        if let Some(field) = restrictions::password_voided_by(&row.fields)
            && self.password_hash.take().is_some()
        {
            notes.push(format!(
                "the password was no longer valid there ({}); the account has no password until its owner resets it",
                quoted(field)
            ));
        }
    }
}

/// Django stores `!` and random letters for an account without a password.
fn password_hash(stored: &str, notes: &mut Vec<String>) -> Option<String> {
    if stored.is_empty() || stored.starts_with('!') {
        return None;
    }
    if let Some(comparable) = passwords::comparable(stored) {
        return Some(comparable);
    }
    // A value without a dollar sign may be a plaintext password, so it is not printed.
    let method = stored.split('$').find(|part| !part.is_empty()).filter(|part| part.len() < stored.len());
    let method = method.unwrap_or("unknown");
    notes.push(format!(
        "its password hash ({}) is not supported, malformed or too costly; the account has no password until its owner \
         resets it",
        quoted(method)
    ));
    None
}

/// A number with another meaning in Django must not grant privileges: above [`role::STAFF`], its two flags decide.
fn role_of(row: &Content, notes: &mut Vec<String>) -> Result<i64, String> {
    let stored = number(row, "role");
    if let (None, Some(written)) = (stored, value(row, "role")) {
        let written = written.as_str().map_or_else(|| quoted(&written.to_string()), quoted);
        notes.push(format!("its role {written} is not a number; is_superuser and is_staff decide"));
    }
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

/// Where another system says which language a person reads.
const LANGUAGES: [&str; 4] = ["language", "preferred_language", "locale", "lang"];

/// The tag of the language, if the row has one.
fn language(row: &Content) -> Option<String> {
    let mut written = LANGUAGES.into_iter().filter_map(|name| value(row, name)?.as_str());
    let tag = written.next()?.split(['.', '@']).next()?.replace('_', "-");
    Languages::is_tag(&tag).then_some(tag)
}

fn flag(row: &Content, name: &str) -> Result<Option<bool>, String> {
    let flag = match value(row, name) {
        None => return Ok(None),
        Some(Value::Bool(flag)) => Some(*flag),
        Some(Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "1.0" => Some(true),
            "false" | "f" | "0" | "0.0" => Some(false),
            _ => None,
        },
        Some(Value::Number(number)) => number.as_u64().filter(|number| *number <= 1).map(|number| number == 1),
        Some(_) => None,
    };
    flag.map(Some).ok_or_else(|| format!("its `{name}` is neither true nor false"))
}

fn number(row: &Content, name: &str) -> Option<i64> {
    match value(row, name)? {
        Value::String(text) => text.strip_suffix(".0").unwrap_or(text).parse().ok(),
        value => value.as_i64(),
    }
}

/// As Django or `PostgreSQL` writes it, in `zone` unless it names one.
fn time(row: &Content, name: &str, zone: UtcOffset) -> Result<Option<OffsetDateTime>, String> {
    if let Some(Value::Number(number)) = value(row, name) {
        let time = number.as_f64().and_then(since_1970);
        return time.map(Some).ok_or_else(|| format!("its `{name}`, {number}, is not a time"));
    }
    let written = text(row, name)?;
    if written.is_empty() {
        return Ok(None);
    }
    moment_in(&written, zone).map(Some).ok_or_else(|| format!("its `{name}`, {}, is not a time", quoted(&written)))
}

/// Seconds, or milliseconds where seconds would be thousands of years away.
fn since_1970(number: f64) -> Option<OffsetDateTime> {
    const LAST_SECOND: f64 = 1e11;
    let seconds = if number.abs() < LAST_SECOND { number } else { number / 1_000.0 };
    time::Duration::checked_seconds_f64(seconds)
        .and_then(|since| OffsetDateTime::UNIX_EPOCH.checked_add(since))
        .and_then(|time| time.replace_nanosecond(0).ok())
}

pub(super) fn moment(written: &str) -> Option<OffsetDateTime> {
    moment_in(written, UtcOffset::UTC)
}

/// None also for a time whose date in UTC is not representable or before year 1.
fn moment_in(written: &str, zone: UtcOffset) -> Option<OffsetDateTime> {
    let iso = written.replacen(' ', "T", 1);
    let time = OffsetDateTime::parse(&iso, &Iso8601::PARSING)
        .or_else(|_| PrimitiveDateTime::parse(&iso, &Iso8601::PARSING).map(|time| time.assume_offset(zone)));
    let time = time.ok()?.checked_to_offset(UtcOffset::UTC).filter(|time| time.year() > 0)?;
    time.replace_nanosecond(0).ok()
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
