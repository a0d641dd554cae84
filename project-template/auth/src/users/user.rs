use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Type};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Email, role};
use crate::audit;
use crate::languages::Languages;
use crate::mail::Recipient;

/// In characters.
pub(crate) const NAME_LIMIT: usize = 150;

crate::row! {
    /// An account as it is stored.
    #[derive(Clone)]
    pub struct User {
        /// UUIDv7: sorts by the time of registration.
        pub id: Uuid,
        /// The address. Other rooms count guesses and requests under its key.
        pub email: Email,
        /// Whether the owner has proven that they receive mail at the address.
        pub email_verified: bool,
        /// A PHC string; none while the account has no password.
        pub password_hash: Option<String>,
        /// Whether the password was set by a user who had proven that they read the account's mail.
        pub password_proven: bool,
        /// Whether it was created by a sign-up, not by an import.
        pub signed_up: bool,
        /// May be empty.
        pub first_name: String,
        /// May be empty.
        pub last_name: String,
        /// See [`super::role`].
        pub role: i64,
        /// Deactivated accounts cannot sign in, and the response does not reveal why.
        pub is_active: bool,
        /// Incremented whenever a way to sign in is revoked.
        pub auth_version: i64,
        /// Incremented whenever all issued access tokens are revoked.
        pub access_version: i64,
        /// When the account was created.
        pub created_at: OffsetDateTime,
        /// When it last signed in.
        pub last_login_at: Option<OffsetDateTime>,
        /// Until when an invited account waits for its owner to set a password; none for every other account.
        pub guest_until: Option<OffsetDateTime>,
        /// The tag of the language of its mails; that of the request if none.
        pub language: Option<String>,
    }
}

impl<D: Database> Type<D> for Email
where
    String: Type<D>,
{
    fn type_info() -> D::TypeInfo {
        String::type_info()
    }

    fn compatible(kind: &D::TypeInfo) -> bool {
        String::compatible(kind)
    }
}

impl<'r, D: Database> Decode<'r, D> for Email
where
    String: Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, BoxDynError> {
        String::decode(value).map(Self::stored)
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

impl User {
    /// Whether the password may belong to an attacker who signed up with someone else's address.
    #[must_use]
    pub fn may_be_shared(&self) -> bool {
        self.password_hash.is_some() && !self.password_proven
    }

    /// Whether the account was made by an invitation, and its owner has set no password yet. It has no way in but the
    /// link of its mail, and its role is in the invitation.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.guest_until.is_some()
    }

    /// Whether the invitation has expired, so that the address is free. A deactivated guest keeps it.
    pub(crate) fn was_guest(&self, now: OffsetDateTime) -> bool {
        self.is_active && self.guest_until.is_some_and(|until| until <= now)
    }

    /// Whether this is only an unconfirmed sign-up: another sign-up may replace its password, a change of address
    /// remove it. An account that was imported, used or given a role belongs to a user.
    #[must_use]
    pub fn is_unconfirmed_sign_up(&self) -> bool {
        !self.email_verified && self.is_active && !self.is_guest() && self.is_as_signed_up()
    }

    pub(crate) fn is_as_signed_up(&self) -> bool {
        !self.may_have_been_used() && self.role == role::USER && self.auth_version == 0
    }

    pub(crate) fn may_have_been_used(&self) -> bool {
        !self.signed_up || self.last_login_at.is_some()
    }

    /// The values that a password of this account must not resemble, each with its label.
    #[must_use]
    pub fn attributes(&self) -> [(&'static str, &str); 3] {
        attributes(self.email.as_written(), &self.first_name, &self.last_name)
    }
}

pub(crate) fn attributes<'v>(email: &'v str, first: &'v str, last: &'v str) -> [(&'static str, &'v str); 3] {
    [("email address", email), ("first name", first), ("last name", last)]
}

pub(crate) struct NewUser {
    pub(crate) id: Uuid,
    pub(crate) email: Email,
    pub(crate) password_hash: Option<String>,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) role: i64,
    pub(crate) email_verified: bool,
    pub(crate) language: Option<String>,
}

/// Databases store no null characters.
pub(crate) fn cut_name(name: &str) -> String {
    name.chars().filter(|letter| *letter != '\0').take(NAME_LIMIT).collect()
}

impl NewUser {
    /// The address must be known to be the user's: it counts as verified.
    pub(crate) fn without_password(email: Email, first_name: String, last_name: String) -> Self {
        Self {
            id: Uuid::now_v7(),
            email,
            password_hash: None,
            first_name,
            last_name,
            role: role::USER,
            email_verified: true,
            language: Languages::chosen().map(str::to_owned),
        }
    }

    pub(crate) fn to_be(&self, now: OffsetDateTime) -> User {
        User {
            id: self.id,
            email: self.email.clone(),
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
            guest_until: None,
            language: self.language.clone(),
        }
    }
}

impl<'u> From<&'u User> for Recipient<'u> {
    fn from(user: &'u User) -> Self {
        Self::new(&user.email, user.language.as_deref())
    }
}

impl audit::Account for User {
    fn id(&self) -> Uuid {
        self.id
    }

    fn address(&self) -> &str {
        self.email.as_written()
    }
}

pub(crate) struct ImportedAccount {
    /// Django's primary key, if it is a UUID, so that references to it stay valid.
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
    pub(crate) language: Option<String>,
}
