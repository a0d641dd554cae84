//! An account.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Email, role};
use crate::audit;

/// Characters of a first or a last name.
pub(crate) const NAME_LIMIT: usize = 150;

crate::row! {
    /// An account as it is stored.
    #[derive(Clone)]
    pub struct User {
        /// UUIDv7: sorts by the time of registration.
        pub id: Uuid,
        /// The address as its owner wrote it.
        pub email: String,
        /// Whether the owner has shown that mail to the address reaches them.
        pub email_verified: bool,
        /// A PHC string; none while the account has no password.
        pub password_hash: Option<String>,
        /// Whether the password was set by somebody who had shown that they read the account's mail.
        pub password_proven: bool,
        /// Whether a sign-up made it, not an import.
        pub signed_up: bool,
        /// May be empty.
        pub first_name: String,
        /// May be empty.
        pub last_name: String,
        /// See [`super::role`].
        pub role: i64,
        /// Deactivated accounts cannot sign in and are told nothing about it.
        pub is_active: bool,
        /// Rises whenever a way in is taken away.
        pub auth_version: i64,
        /// Rises whenever every access token that was given out is taken back.
        pub access_version: i64,
        /// When the account was made.
        pub created_at: OffsetDateTime,
        /// When it last signed in.
        pub last_login_at: Option<OffsetDateTime>,
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

impl User {
    /// Whether the password may be that of a stranger who signed up with the address of somebody else.
    #[must_use]
    pub fn may_be_shared(&self) -> bool {
        self.password_hash.is_some() && !self.password_proven
    }

    /// Whether this is nothing more than a sign-up that nobody has confirmed. Only then may another sign-up with the address
    /// bring its password, or a change of address remove it: an account that was imported, used or given a role is somebody's.
    #[must_use]
    pub fn is_unconfirmed_sign_up(&self) -> bool {
        !self.email_verified && self.is_active && self.is_as_signed_up()
    }

    /// Whether nothing has become of the account since the sign-up that made it, but that its address may be confirmed.
    pub(crate) fn is_as_signed_up(&self) -> bool {
        !self.may_have_been_used() && self.role == role::USER && self.auth_version == 0
    }

    /// Whether somebody may have signed in to it, here or where it was imported from.
    pub(crate) fn may_have_been_used(&self) -> bool {
        !self.signed_up || self.last_login_at.is_some()
    }

    /// The address as it is compared: the name under which others know the account.
    #[must_use]
    pub fn address_key(&self) -> String {
        Email::parse(&self.email).map_or_else(|| self.email.to_lowercase(), |email| email.key().to_owned())
    }

    /// What a password of this account must not resemble: each value with the words for it.
    #[must_use]
    pub fn attributes(&self) -> [(&'static str, &str); 3] {
        attributes(&self.email, &self.first_name, &self.last_name)
    }
}

/// As [`User::attributes`], for an account that does not exist yet.
pub(crate) fn attributes<'v>(email: &'v str, first: &'v str, last: &'v str) -> [(&'static str, &'v str); 3] {
    [("email address", email), ("first name", first), ("last name", last)]
}

/// An account to be made.
pub struct NewUser {
    /// UUIDv7.
    pub id: Uuid,
    /// Its address.
    pub email: Email,
    /// A PHC string, if it has a password.
    pub password_hash: Option<String>,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// See [`super::role`].
    pub role: i64,
    /// Whether the address is known to be its owner's.
    pub email_verified: bool,
}

impl NewUser {
    /// The account as it is going to be.
    pub(crate) fn to_be(&self, now: OffsetDateTime) -> User {
        User {
            id: self.id,
            email: self.email.as_written().to_owned(),
            email_verified: self.email_verified,
            password_hash: self.password_hash.clone(),
            password_proven: self.email_verified,
            signed_up: true,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            role: self.role,
            is_active: true,
            auth_version: 0,
            access_version: 0,
            created_at: now,
            last_login_at: None,
        }
    }
}

impl audit::Account for User {
    fn id(&self) -> Uuid {
        self.id
    }

    fn address(&self) -> &str {
        &self.email
    }
}

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
