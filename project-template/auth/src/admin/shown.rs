use std::collections::BTreeMap;

use minijinja::Value;
use minijinja::context;
use uuid::Uuid;

use super::store::Listed;
use crate::audit::{AuditRow, Kind};
use crate::sessions::{self, Session};
use crate::templates::Variable;
use crate::users::{User, role};

pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Never fails: malformed parts become empty. PostgreSQL's texts cannot hold a null character, so it is removed.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.replace('\0', ""))).collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(known, value)| *known != name && !value.is_empty());
        let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = others.chain([(name, value)]);
        format!("?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }
}

fn shown_role(level: i64) -> Option<i64> {
    (level != role::USER).then_some(level)
}

fn name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

pub(super) fn users(users: &[Listed]) -> Value {
    let shown = |user: &Listed| {
        context! {
            id => user.id.to_string(),
            email => &user.email,
            name => name(&user.first_name, &user.last_name),
            role => shown_role(user.role),
            active => user.is_active,
            verified => user.email_verified,
            joined => user.created_at.to_value(),
            last_login => user.last_login_at.to_value(),
        }
    };
    users.iter().map(shown).collect()
}

pub(super) fn user(user: &User) -> Value {
    context! {
        id => user.id.to_string(),
        email => user.email.as_written(),
        name => name(&user.first_name, &user.last_name),
        role => shown_role(user.role),
        level => user.role,
        active => user.is_active,
        verified => user.email_verified,
        joined => user.created_at.to_value(),
        last_login => user.last_login_at.to_value(),
        has_password => user.password_hash.is_some(),
        may_be_shared => user.may_be_shared(),
        invited => user.is_guest(),
    }
}

/// None above the admin's own.
pub(super) fn roles(admin: &User, user: &User) -> Value {
    let mut levels = vec![role::USER, role::STAFF, role::SUPERUSER, user.role];
    levels.retain(|level| *level <= admin.role);
    levels.sort_unstable();
    levels.dedup();
    levels.into_iter().collect()
}

pub(super) fn sessions(sessions: Vec<Session>, mine: Uuid) -> Value {
    let shown = |session: Session| {
        context! {
            id => session.id.to_string(),
            current => session.id == mine,
            ip => session.ip,
            began => session.created_at.to_value(),
            used => session.refreshed_at.to_value(),
            device => sessions::device_name(session.user_agent),
        }
    };
    sessions.into_iter().map(shown).collect()
}

pub(super) fn events(events: Vec<AuditRow>) -> Value {
    let shown = |event: AuditRow| {
        let kind = Kind::named(&event.kind);
        context! {
            at => event.at.to_value(),
            kind => event.kind,
            tone => kind.filter(|kind| kind.is_failure()).map(|_| "bad"),
            detail => event.detail,
            count => event.count,
            user => event.user_id.map(|id| id.to_string()),
            email => event.email,
            actor => event.actor_id.map(|id| id.to_string()),
            ip => event.ip,
            request => event.request_id.map(|id| id.to_string()),
        }
    };
    events.into_iter().map(shown).collect()
}

pub(super) fn kinds() -> Value {
    Kind::ALL.iter().map(|kind| kind.name()).collect()
}

pub(super) fn counts(kinds: impl IntoIterator<Item = (&'static str, u64)>) -> Value {
    kinds.into_iter().map(|(kind, count)| context! { kind, count }).collect()
}

pub(super) fn fields<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> Value {
    fields.map(|(name, value)| context! { name, value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_whatever_it_is_and_goes_on_with_another_value() {
        let query = Query::parse(Some("q=a%2Bb&role=&after=x&%ff=%ff&&="));
        assert_eq!((query.get("q"), query.get("role"), query.get("none")), ("a+b", "", ""));
        assert!(query.with("after", "y&z").contains("q=a%2Bb"));
        assert!(query.with("after", "y&z").contains("after=y%26z"));
        assert!(!query.with("after", "y").contains("after=x"));
        assert_eq!(Query::parse(None).with("after", "1"), "?after=1");
    }
}
