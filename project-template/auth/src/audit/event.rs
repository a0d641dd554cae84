use std::borrow::Cow;

use time::OffsetDateTime;
use uuid::Uuid;

use super::AuditRow;
use crate::email::Email;
use crate::request::Origin;
use crate::words::words;

words! {
    Kind {
        SignUp = "sign_up",
        SignUpRefused = "sign_up_refused",
        SignIn = "sign_in",
        SignInFailed = "sign_in_failed",
        SignInChallenged = "sign_in_challenged",
        LockedOut = "locked_out",
        CodeSent = "code_sent",
        CodeWrong = "code_wrong",
        /// At the re-authentication of a signed-in user.
        PasswordWrong = "password_wrong",
        PasswordChanged = "password_changed",
        PasswordResetAsked = "password_reset_asked",
        PasswordReset = "password_reset",
        EmailVerified = "email_verified",
        EmailChangeAsked = "email_change_asked",
        EmailChanged = "email_changed",
        /// The detail is the cause, `count` the number of sessions.
        SessionsEnded = "sessions_ended",
        Replayed = "replayed",
        /// A token was presented that is bound to another device or address.
        ShownElsewhere = "shown_elsewhere",
        PasskeyAdded = "passkey_added",
        PasskeyRemoved = "passkey_removed",
        /// The counter of a passkey did not go up: somebody may have a copy.
        PasskeyCopied = "passkey_copied",
        TokensInvalidated = "tokens_invalidated",
        Deactivated = "deactivated",
        Activated = "activated",
        RoleChanged = "role_changed",
        Deleted = "deleted",
        Exported = "exported",
        Reauthenticated = "reauthenticated",
        SecondFactorAdded = "second_factor_added",
        SecondFactorRemoved = "second_factor_removed",
        RecoveryCodeUsed = "recovery_code_used",
        RecoveryCodesRenewed = "recovery_codes_renewed",
        Flushed = "flushed",
    }
}

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    pub(crate) fn is_failure(self) -> bool {
        self.is_alarming()
            || matches!(self, Self::SignUpRefused | Self::SignInFailed | Self::CodeWrong | Self::PasswordWrong)
    }

    fn is_alarming(self) -> bool {
        matches!(self, Self::Replayed | Self::ShownElsewhere | Self::LockedOut | Self::PasskeyCopied)
    }
}

words! {
    Reason {
        UnknownAddress = "unknown_address",
        WrongPassword = "wrong_password",
        Inactive = "inactive",
        NotStaff = "not_staff",
        NotVerified = "not_verified",
        Vetoed = "vetoed",
        /// The account was changed at the same time.
        Changed = "changed",
        TooManyDevices = "too_many_devices",
        AddressTaken = "address_taken",
        /// The address is not confirmed yet.
        Again = "again",
        Verification = "verification",
        Login = "login",
        PasswordChange = "password_change",
        EmailChange = "email_change",
        Deletion = "deletion",
        Passkey = "passkey",
        Device = "device",
        Address = "address",
        Access = "access",
        Refresh = "refresh",
        All = "all",
        /// A code of the second factor.
        SecondFactor = "second_factor",
        RecoveryCode = "recovery_code",
        /// A second factor that must be set up first.
        Setup = "setup",
        Reauthentication = "reauthentication",
        Admin = "admin",
        Command = "command",
    }
}

impl From<Reason> for &'static str {
    fn from(reason: Reason) -> Self {
        reason.name()
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

    pub(crate) fn because(self, reason: impl Into<&'static str>) -> Self {
        Self { detail: Some(Cow::Borrowed(reason.into())), ..self }
    }

    pub(crate) fn saying(self, what: String) -> Self {
        Self { detail: Some(Cow::Owned(what)), ..self }
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
