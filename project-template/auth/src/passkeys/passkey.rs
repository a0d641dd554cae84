//! Passkeys as their owners keep them: adding, naming and removing them.

use time::OffsetDateTime;
use uuid::Uuid;

use super::challenge::{Challenge, ChallengeNotValid};
use super::store;
use super::verification::{Registered, Stored};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::connections;
use crate::db::{self, Tx};
use crate::error::{Error, Result, refusals};
use crate::http::Client;
use crate::languages::say;
use crate::notices;
use crate::sessions::{self, DbUser, Ended, EndedBy};
use crate::users::{self, User};

/// In characters.
pub(crate) const NAME_LIMIT: usize = 100;
/// The most passkeys of an account: the options of a registration list all of them.
pub(super) const MAX_PER_USER: usize = 25;
/// The most ways to reach an authenticator that are stored of one passkey, and the longest name of one.
const TRANSPORTS: usize = 8;
const TRANSPORT_BYTES: usize = 32;

refusals! {
    /// An account has this passkey already, perhaps another one.
    PasskeyInUse = CONFLICT, "passkey_in_use", "This passkey is already in use.";
    /// The account has 25 passkeys. Remove one first.
    TooManyPasskeys = CONFLICT, "too_many_passkeys", "This account has as many passkeys as it can have. Remove one first.";
    /// The account has no password, nobody signs in with mailed codes here, and this is its last passkey or connection.
    DisconnectNotAllowed =
        BAD_REQUEST, "disconnect_not_allowed", "This is the only way to sign in to this account.";
}

crate::row! {
    /// A passkey as it is stored.
    pub(crate) struct Passkey {
        /// Names it to its owner; it grants nothing.
        pub(crate) id: Uuid,
        pub(super) user_id: Uuid,
        /// The authenticator's own id for it.
        pub(super) credential_id: Vec<u8>,
        /// As the authenticator wrote it (`COSE_Key`).
        pub(super) public_key: Vec<u8>,
        /// Signatures so far; 0 if the authenticator does not count.
        pub(super) counter: i64,
        /// Whether it can be copied to other devices of its owner.
        pub(crate) can_be_synced: bool,
        /// Whether it is, at its last use.
        pub(crate) is_synced: bool,
        /// The model of the authenticator (AAGUID), or zeros.
        pub(crate) model: Uuid,
        /// How a browser reaches the authenticator: words separated by spaces.
        pub(super) transports: String,
        pub(crate) name: String,
        /// Whether it was added by a user who had shown that they read the account's mail.
        pub(super) proven: bool,
        pub(crate) created_at: OffsetDateTime,
        pub(crate) used_at: Option<OffsetDateTime>,
    }
}

impl Passkey {
    pub(super) fn stored(&self) -> Stored<'_> {
        Stored {
            public_key: &self.public_key,
            // It was written from such a number.
            counter: u32::try_from(self.counter).unwrap_or(u32::MAX),
            can_be_synced: self.can_be_synced,
        }
    }

    pub(crate) fn transports(&self) -> Vec<&str> {
        self.transports.split_whitespace().collect()
    }
}

/// The passkeys of an account, oldest first.
pub(crate) async fn all_of_user(auth: &Auth, user: Uuid) -> Result<Vec<Passkey>> {
    Ok(store::of_user(auth.db(), user).await?)
}

/// Begins the registration of a passkey. Returns its challenge, and the passkeys that the account has.
///
/// # Errors
/// 409 `too_many_passkeys`; 401 if the session has ended.
pub(super) async fn begin(auth: &Auth, user: &DbUser) -> Result<(Challenge, Vec<Passkey>)> {
    let mut tx = auth.db().begin().await?;
    user.hold(auth, &mut tx).await?;
    let others = store::of_user_in(&mut tx, user.id).await?;
    if others.len() >= MAX_PER_USER {
        return Err(TooManyPasskeys.into());
    }
    let challenge = Challenge::for_registration(auth, &mut tx, user.id).await?;
    tx.commit().await?;
    Ok((challenge, others))
}

/// Adds a verified passkey to an account, and notifies its owner. By default its name is that of the device.
///
/// # Errors
/// 400 `challenge_not_valid` if another request used the challenge first; 409 `passkey_in_use` or `too_many_passkeys`;
/// 401 if the session has ended.
pub(super) async fn add(
    auth: &Auth,
    user: &DbUser,
    challenge: &Challenge,
    registered: Registered,
    (name, transports): (Option<String>, &[String]),
    client: &Client,
) -> Result<Passkey> {
    let device = sessions::known_device_name(client.user_agent.as_deref());
    let mut passkey = Passkey {
        id: Uuid::now_v7(),
        user_id: user.id,
        credential_id: registered.id,
        public_key: registered.public_key,
        counter: registered.counter.into(),
        can_be_synced: registered.can_be_synced,
        is_synced: registered.is_synced,
        model: Uuid::from_bytes(registered.model),
        transports: words(transports),
        name: name.unwrap_or_else(|| say(device.clone())),
        proven: false,
        created_at: auth.now(),
        used_at: None,
    };
    let mut tx = auth.db().begin().await?;
    user.hold(auth, &mut tx).await?;
    if !challenge.take(auth, &mut tx).await? {
        return Err(ChallengeNotValid.into());
    }
    if store::of_user_in(&mut tx, user.id).await?.len() >= MAX_PER_USER {
        return Err(TooManyPasskeys.into());
    }
    passkey.proven = sessions::reads_mail(auth, &mut tx, user).await?;
    store::insert(&mut tx, &passkey)
        .await
        .map_err(|error| if db::is_taken(&error) { Error::from(PasskeyInUse) } else { error.into() })?;
    notices::passkey_added(auth, &mut tx, user, device).await?;
    auth.audit().write(&mut tx, Event::of(Kind::PasskeyAdded, &**user).session(user.session)).await?;
    tx.commit().await?;
    Ok(passkey)
}

/// The names of transports that browsers use, and those to come; unknown ones are kept for the options of a sign-in.
fn words(transports: &[String]) -> String {
    let is_word = |word: &&str| {
        let is_of_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=TRANSPORT_BYTES).contains(&word.len()) && word.bytes().all(is_of_word)
    };
    let mut words: Vec<&str> = transports.iter().map(String::as_str).filter(is_word).collect();
    words.sort_unstable();
    words.dedup();
    words.truncate(TRANSPORTS);
    words.join(" ")
}

/// None if the account has no such passkey.
pub(crate) async fn rename(auth: &Auth, user: &DbUser, id: Uuid, name: &str) -> Result<Option<Passkey>> {
    Ok(store::rename(auth.db(), id, user.id, name).await?)
}

/// Removes a passkey, ends the user's other sessions, which may have begun with it, and notifies the owner. False if the
/// account has no such passkey.
///
/// # Errors
/// 400 `disconnect_not_allowed` if it is the only way in; 401 if the session has ended.
pub(crate) async fn remove(auth: &Auth, user: &DbUser, id: Uuid) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    user.hold(auth, &mut tx).await?;
    let all = store::of_user_in(&mut tx, user.id).await?;
    let Some(passkey) = all.iter().find(|passkey| passkey.id == id) else { return Ok(false) };
    if !has_other_way(auth, &mut tx, user.id, id).await? {
        return Err(DisconnectNotAllowed.into());
    }
    let ended = discard(auth, &mut tx, user, passkey, Some(user.session)).await?;
    ended.commit(auth, tx).await?;
    Ok(true)
}

/// As [`remove`], for somebody who has lost it, by staff: all sessions end, and it may be the only way in. Call it in a
/// transaction that holds the account, and commit that through the returned `Ended`. None if the account has no such
/// passkey.
pub(crate) async fn remove_in(auth: &Auth, tx: &mut Tx, user: &User, id: Uuid) -> Result<Option<Ended>> {
    let all = store::of_user_in(tx, user.id).await?;
    let Some(passkey) = all.iter().find(|passkey| passkey.id == id) else { return Ok(None) };
    discard(auth, tx, user, passkey, None).await.map(Some)
}

async fn discard(auth: &Auth, tx: &mut Tx, user: &User, passkey: &Passkey, kept: Option<Uuid>) -> Result<Ended> {
    store::remove(tx, passkey.id, user.id).await?;
    notices::passkey_removed(auth, tx, user, passkey.created_at).await?;
    let event = Event::of(Kind::PasskeyRemoved, user);
    auth.audit().write(tx, kept.into_iter().fold(event, Event::session)).await?;
    sessions::end_all(auth, tx, user.id, kept, EndedBy::Passkey).await
}

/// Whether an account can be signed in to without the passkey or the connection with this id. Call it in a transaction that
/// holds the account.
pub(crate) async fn has_other_way(auth: &Auth, tx: &mut Tx, user: Uuid, than: Uuid) -> db::Result<bool> {
    let settings = auth.settings();
    if settings.login_codes.enabled || users::has_password(tx, user).await? {
        return Ok(true);
    }
    let passkeys = if settings.passkeys.enabled { store::of_user_in(tx, user).await? } else { Vec::new() };
    let connections = connections::all_of_user_in(tx, user).await?;
    let usable = connections.iter().filter(|connection| settings.social.provider(&connection.provider).is_some());
    let ways = passkeys.iter().map(|passkey| passkey.id).chain(usable.map(|connection| connection.id));
    Ok(ways.into_iter().any(|way| way != than))
}

/// Removes the passkeys of an account that an attacker may have added: those from before it was known whose the address
/// is, or while the attacker may have known the password. The owner is notified:
/// they may have been theirs. Call it where such a password is removed or replaced. Returns how many.
pub(crate) async fn discard_unproven(auth: &Auth, tx: &mut Tx, user: &User) -> Result<u64> {
    let removed = store::remove_unproven(tx, user.id).await?;
    for created_at in &removed {
        notices::passkey_removed(auth, tx, user, *created_at).await?;
    }
    if !removed.is_empty() {
        let event = Event::of(Kind::PasskeyRemoved, user).because(Reason::NotVerified);
        auth.audit().write(tx, event.times(removed.len())).await?;
    }
    Ok(removed.len() as u64)
}

/// Removes all passkeys of an account whose owner has lost them, in a transaction that holds the account, and notifies the
/// owner. False if it has none.
pub(crate) async fn remove_all(auth: &Auth, tx: &mut Tx, user: &User) -> Result<bool> {
    let all = store::of_user_in(tx, user.id).await?;
    for passkey in &all {
        store::remove(tx, passkey.id, user.id).await?;
        notices::passkey_removed(auth, tx, user, passkey.created_at).await?;
        auth.audit().write(tx, Event::of(Kind::PasskeyRemoved, user)).await?;
    }
    Ok(!all.is_empty())
}

/// Records whether whoever added the account's passkeys reads its mail.
pub(crate) async fn set_proven(tx: &mut Tx, user: Uuid, proven: bool) -> Result<()> {
    Ok(store::set_proven(tx, user, proven).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transports_are_kept_as_words_each_once_and_not_many() {
        let of = |texts: &[&str]| words(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["internal", "hybrid", "internal", "smart-card"]), "hybrid internal smart-card");
        assert_eq!(of(&["", "a b", "USB", "\u{e9}", "x'--", &"a".repeat(33)]), "");
        assert_eq!(of(&["i", "h", "g", "f", "e", "d", "c", "b", "a"]), "a b c d e f g h");
    }
}
