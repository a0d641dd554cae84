use std::borrow::Cow;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{AuditRow, Kind, Reason};
use crate::email::Email;
use crate::request::Origin;

impl From<Reason> for Cow<'static, str> {
    fn from(reason: Reason) -> Self {
        reason.name().into()
    }
}

pub(crate) trait Account {
    fn id(&self) -> Uuid;
    fn address(&self) -> &str;
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(super) kind: Kind,
    user: Option<Uuid>,
    session: Option<Uuid>,
    email: Option<String>,
    detail: Option<Cow<'static, str>>,
    count: i64,
}

impl Event {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, user: None, session: None, email: None, detail: None, count: 1 }
    }

    pub(crate) fn of(kind: Kind, user: &impl Account) -> Self {
        Self { user: Some(user.id()), email: Some(masked(user.address())), ..Self::new(kind) }
    }

    pub(crate) fn of_id(kind: Kind, user: Uuid) -> Self {
        Self { user: Some(user), ..Self::new(kind) }
    }

    pub(crate) fn at(kind: Kind, email: &Email, user: Option<Uuid>) -> Self {
        Self { user, email: Some(masked(email.as_written())), ..Self::new(kind) }
    }

    pub(crate) fn session(self, session: Uuid) -> Self {
        Self { session: Some(session), ..self }
    }

    pub(crate) fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(reason.into()), ..self }
    }

    pub(crate) fn times(self, count: usize) -> Self {
        Self { count: i64::try_from(count).unwrap_or(i64::MAX), ..self }
    }

    pub(super) fn row(&self, origin: Origin, now: OffsetDateTime) -> AuditRow {
        AuditRow {
            id: Uuid::now_v7(),
            at: now,
            kind: self.kind.name().to_owned(),
            request_id: origin.request,
            user_id: self.user,
            session_id: self.session,
            actor_id: origin.actor,
            email: self.email.clone(),
            ip: origin.ip.map(|ip| ip.to_string()),
            detail: self.detail.as_deref().map(str::to_owned),
            count: self.count,
        }
    }

    pub(super) fn log(&self, row: &AuditRow) {
        row.log(self.kind.is_alarming());
    }
}

impl AuditRow {
    pub(super) fn log(&self, is_alarming: bool) {
        let row = self;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "audit",
                    request = row.request_id.map(tracing::field::display),
                    user = row.user_id.map(tracing::field::display),
                    session = row.session_id.map(tracing::field::display),
                    actor = row.actor_id.map(tracing::field::display),
                    email = row.email,
                    ip = row.ip,
                    detail = row.detail,
                    count = (row.count != 1).then_some(row.count),
                    "{}",
                    row.kind
                )
            };
        }
        if is_alarming { line!(warn) } else { line!(info) }
    }
}

/// Enough to recognize a known address, too little to learn an unknown one.
fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_the_first_letter_and_the_domain_are_kept() {
        assert_eq!(masked("ada.lovelace@example.com"), "a***@example.com");
        assert_eq!(masked("élodie@example.com"), "é***@example.com");
        assert_eq!(masked("x"), "x***@");
    }
}
