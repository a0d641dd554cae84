//! Accounts at other services, connected to accounts here: rows and rules. The room `social` signs in with them.
//!
//! A connection may be an attacker's, like a password: who signed up with another person's address can connect an
//! account of their own, and wait. So it records whether it was made by a user who had proven that they read the
//! account's mail.

mod store;

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::{self, Tx};
use crate::error::{Result, refusals};
use crate::notices;
use crate::users::User;

/// In characters, of a provider's id.
const ID_LIMIT: usize = 32;
/// Paths of `social/` that are not a provider's.
const RESERVED: [&str; 2] = ["accounts", "providers"];

/// How long a code is remembered that was used; RFC 6749, section 4.1.2, has codes live for ten minutes at most.
const CODE_MEMORY: Duration = Duration::from_mins(15);

refusals! {
    /// The account at the provider is connected to another account here.
    SocialAccountInUse = CONFLICT, "social_account_in_use", "This account is connected to another user.";
}

crate::row! {
    /// A connection as it is stored.
    #[derive(Clone)]
    pub(crate) struct Connection {
        /// Names it to its owner; it grants nothing.
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        /// The provider's id in the settings.
        pub(crate) provider: String,
        /// The user's id there.
        pub(crate) uid: String,
        /// Whether it was made by a user who had proven that they read the account's mail.
        pub(crate) proven: bool,
        pub(crate) created_at: OffsetDateTime,
        pub(crate) last_login_at: Option<OffsetDateTime>,
    }
}

/// A user of a provider, who has just signed in there.
pub(crate) struct Arrival {
    pub(crate) provider: String,
    pub(crate) uid: String,
}

/// What is recorded with a new connection.
#[derive(Clone, Copy)]
pub(crate) struct Making {
    pub(crate) is_proven: bool,
    pub(crate) is_sign_in: bool,
    /// Whether the owner of the account is notified.
    pub(crate) notifies: bool,
}

impl Arrival {
    pub(crate) async fn connection(&self, auth: &Auth) -> Result<Option<Connection>> {
        Ok(store::find(auth.db(), &self.provider, &self.uid).await?)
    }

    /// Connects an account, in a transaction that holds it. Returns the connection that there is, or the new one.
    ///
    /// # Errors
    /// 409 `social_account_in_use`.
    pub(crate) async fn connect(&self, auth: &Auth, tx: &mut Tx, user: &User, making: Making) -> Result<Connection> {
        let now = auth.now();
        let new = Connection {
            id: Uuid::now_v7(),
            user_id: user.id,
            provider: self.provider.clone(),
            uid: self.uid.clone(),
            proven: making.is_proven,
            created_at: now,
            last_login_at: making.is_sign_in.then_some(now),
        };
        if !store::insert(tx, &new).await? {
            let existing = store::find_in(tx, &self.provider, &self.uid).await?;
            return existing.filter(|found| found.user_id == user.id).ok_or_else(|| SocialAccountInUse.into());
        }
        if making.notifies {
            notices::provider_connected(auth, tx, user, title(auth, &self.provider)).await?;
        }
        let event = Event::of(Kind::ProviderConnected, user).because(self.provider.clone());
        auth.audit().write(tx, event).await?;
        Ok(new)
    }
}

/// Whether a code is the caller's to pass on to its provider: of any number of requests with it, that is one. A provider that
/// is shown a code twice takes back what it gave for it.
pub(crate) async fn claim_code(auth: &Auth, hash: &[u8]) -> Result<bool> {
    Ok(store::claim_code(auth.db(), hash, auth.now() + CODE_MEMORY).await?)
}

/// Undoes [`claim_code`], for a code that came to nothing.
pub(crate) async fn release_code(auth: &Auth, hash: &[u8]) -> Result<()> {
    Ok(store::release_code(auth.db(), hash).await?)
}

/// Records a sign-in, in the transaction that begins the session. False if the connection is gone.
pub(crate) async fn record_use(auth: &Auth, tx: &mut Tx, connection: &Connection) -> db::Result<bool> {
    store::record_use(tx, connection.id, connection.user_id, auth.now()).await
}

/// The connections of an account, oldest first.
pub(crate) async fn all_of_user(auth: &Auth, user: Uuid) -> Result<Vec<Connection>> {
    Ok(store::of_user(auth.db(), user).await?)
}

/// As [`all_of_user`], in a transaction that holds the account.
pub(crate) async fn all_of_user_in(tx: &mut Tx, user: Uuid) -> db::Result<Vec<Connection>> {
    store::of_user_in(tx, user).await
}

/// In a transaction that holds the account. False if it has no such connection.
pub(crate) async fn remove(auth: &Auth, tx: &mut Tx, user: &User, connection: &Connection) -> Result<bool> {
    if !store::remove(tx, connection.id, user.id).await? {
        return Ok(false);
    }
    notices::provider_disconnected(auth, tx, user, title(auth, &connection.provider)).await?;
    let event = Event::of(Kind::ProviderDisconnected, user).because(connection.provider.clone());
    auth.audit().write(tx, event).await?;
    Ok(true)
}

/// What the settings call it; they may have lost it since.
pub(crate) fn title(auth: &Auth, provider: &str) -> String {
    auth.settings().social.provider(provider).map_or_else(|| provider.to_owned(), |provider| provider.name.clone())
}

/// Whether there are connections that [`discard_unproven`] would remove.
pub(crate) async fn has_unproven(auth: &Auth, user: Uuid) -> sqlx::Result<bool> {
    store::has_unproven(auth.db(), user).await
}

/// Removes the connections of an account that an attacker may have made: those from before it was known whose the
/// address is, or while the attacker may have known the password. Call it where such a password is removed or replaced.
/// Returns how many.
pub(crate) async fn discard_unproven(auth: &Auth, tx: &mut Tx, user: &User) -> Result<u64> {
    let removed = store::remove_unproven(tx, user.id).await?;
    if removed > 0 {
        let event = Event::of(Kind::ProviderDisconnected, user).because(Reason::NotVerified);
        auth.audit().write(tx, event.times(usize::try_from(removed).unwrap_or(usize::MAX))).await?;
    }
    Ok(removed)
}

/// Records whether whoever made the account's connections reads its mail.
pub(crate) async fn set_proven(tx: &mut Tx, user: Uuid, proven: bool) -> Result<()> {
    Ok(store::set_proven(tx, user, proven).await?)
}

/// Whether this can name a provider: it is in the paths of that.
pub(crate) fn is_provider_id(id: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=ID_LIMIT).contains(&id.len()) && id.bytes().all(is_of_id) && !RESERVED.contains(&id)
}

/// Takes a connection over from elsewhere. False if the account at the provider is connected already.
pub(crate) async fn import(tx: &mut Tx, connection: &Connection) -> db::Result<bool> {
    store::insert(tx, connection).await
}

/// Removes used codes that no provider takes any more, at most `limit`. Returns how many.
pub(crate) async fn remove_expired(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    store::EXPIRING_CODES.remove(auth.db(), auth.now(), limit).await
}

/// How many [`remove_expired`] would remove, without a limit.
pub(crate) async fn count_expired(auth: &Auth) -> sqlx::Result<u64> {
    store::EXPIRING_CODES.count(auth.db(), auth.now()).await
}
