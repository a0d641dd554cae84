//! Confirms addresses, and decides whose password to trust.
//!
//! A link belongs to one sign-up and makes that sign-up's password the account's. A code, or a link requested again,
//! only proves that mail reaches a reader, while several people may have signed up with the address. If it is uncertain
//! which sign-up the reader means, no password is trusted, and the reader sets one. The same applies to a sign-in with
//! a mailed code if no user could sign in before: the password may be that of an attacker who waits for the reader.
//!
//! If confirmation is not mandatory, an attacker who signed up with the address may be signed in already: the first
//! proof notifies its owner or removes that password. The same applies to accounts imported or used before confirmation
//! became mandatory; no sign-up replaces them.
//!
//! Passkeys and second factors are trusted only if the browser that confirms is the one that signed up: an attacker's would
//! otherwise keep the owner out even after a reset. Otherwise they go on, as not proven, and so does the password: what is
//! added with it later is not proven either.

use super::browser::Browser;
use super::sign_up::{Further, Held};
use super::{AGAIN, FIRST, FURTHER, FirstProof, Mode, SILENT, discard};
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::codes::{self, Link, LinkStanding, Redeemable, ReturnTo};
use crate::credentials;
use crate::db::Tx;
use crate::error::Result;
use crate::factors;
use crate::passwords::reset_link;
use crate::sessions::{self, Ended, EndedBy};
use crate::throttle;
use crate::users::{self, User};

pub(super) type Confirmation = Link<Held>;

pub(super) struct Confirmed {
    pub(super) user: User,
    /// Set if the account's own password is not trusted.
    pub(super) set_password: Option<String>,
}

/// Looks up a link, without confirming anything.
pub(super) async fn open(auth: &Auth, key: &str) -> Result<LinkStanding<Held>> {
    auth.codes().find(&[FIRST, FURTHER, AGAIN], key).await
}

/// None if the link was used, or the account has changed since it was sent.
pub(super) async fn by_link(auth: &Auth, link: Confirmation, browser: Option<Browser>) -> Result<Option<Confirmed>> {
    let mut tx = auth.db().begin().await?;
    if !link.consume(auth, &mut tx).await? {
        return Ok(None);
    }
    let Some(user) = users::verify_address(&mut tx, link.subject, link.version, auth.now()).await? else {
        return Ok(None);
    };
    let proof = match (link.purpose.as_str(), link.data.further) {
        (FIRST, _) => Proof::First,
        (_, Some(further)) => Proof::Further(further),
        _ => Proof::Mailbox,
    };
    // The link was sent while the account was only a sign-up.
    if matches!(proof, Proof::Further(_)) && !user.is_as_signed_up() {
        return Ok(None);
    }
    let signed_up = match link.purpose.as_str() {
        FIRST | FURTHER => link.data.wish.browser,
        _ => signed_up_in(auth, &mut tx, &user).await?,
    };
    let is_same = browser.is_some() && browser == signed_up;
    believe(auth, tx, user, (proof, is_same), &link.data.wish.next).await
}

pub(super) async fn by_code(
    auth: &Auth,
    user: &User,
    code: &Redeemable,
    browser: Option<Browser>,
) -> Result<Option<User>> {
    let confirmed = redeemed(auth, user, code, (Proof::Mailbox, browser)).await?;
    Ok(confirmed.map(|confirmed| confirmed.user))
}

pub(crate) async fn by_login_code(auth: &Auth, user: &User, code: &Redeemable) -> Result<Option<User>> {
    let confirmed = redeemed(auth, user, code, (unasked(auth), None)).await?;
    Ok(confirmed.map(|confirmed| confirmed.user))
}

/// In the transaction that has set the password. None if the account has changed since the link was requested.
pub(crate) async fn by_reset(auth: &Auth, tx: &mut Tx, user: &User) -> Result<Option<User>> {
    let now = auth.now();
    let Some(user) = users::verify_address(tx, user.id, user.auth_version, now).await? else { return Ok(None) };
    match settle(auth, tx, &user, unasked(auth)).await?.0 {
        Verdict::Keep => Ok(Some(user)),
        // The password is already the reader's; the names may be another person's.
        Verdict::Take(_) | Verdict::Drop => {
            let password = user.password_hash.as_deref();
            Ok(user.replace_sign_up(tx, (password, true), kept_names(&user)).await?)
        }
    }
}

/// By the word of a provider that the user has signed in to. Everything of an earlier sign-up is removed: its password, its
/// names, its links, its passkeys and its second factor. None if the account has been changed, confirmed or used since.
pub(crate) async fn by_provider(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    names: (&str, &str),
) -> Result<Option<(User, Ended)>> {
    let now = auth.now();
    let Some(user) = users::verify_address(tx, user.id, user.auth_version, now).await? else { return Ok(None) };
    if !user.is_as_signed_up() {
        return Ok(None);
    }
    settle(auth, tx, &user, Proof::Reader).await?;
    let Some(user) = user.replace_sign_up(tx, (None, true), names).await? else { return Ok(None) };
    let ended = discard_earlier(auth, tx, &user).await?;
    Ok(Some((user, ended)))
}

/// Removes what an earlier holder of the password may have left.
async fn discard_earlier(auth: &Auth, tx: &mut Tx, user: &User) -> Result<Ended> {
    credentials::discard_unproven(auth, tx, user).await?;
    sessions::end_all(auth, tx, user.id, None, EndedBy::PasswordChange).await
}

/// The proof that mail gives if its reader did not ask to confirm the address.
fn unasked(auth: &Auth) -> Proof {
    let is_first = auth.settings().email_verification.mode == Mode::Mandatory;
    if is_first { Proof::Reader } else { Proof::Mailbox }
}

/// A sign-up's names are dropped with its password; an imported or used account had its names before.
fn kept_names(user: &User) -> (&str, &str) {
    if user.may_have_been_used() { (&user.first_name, &user.last_name) } else { ("", "") }
}

async fn redeemed(
    auth: &Auth,
    user: &User,
    code: &Redeemable,
    (proof, browser): (Proof, Option<Browser>),
) -> Result<Option<Confirmed>> {
    let mut tx = auth.db().begin().await?;
    if !code.redeem(&mut tx).await? {
        return Ok(None);
    }
    let Some(user) = users::verify_address(&mut tx, user.id, user.auth_version, auth.now()).await? else {
        return Ok(None);
    };
    let is_same = browser.is_some() && browser == signed_up_in(auth, &mut tx, &user).await?;
    believe(auth, tx, user, (proof, is_same), &ReturnTo::default()).await
}

/// The browser of the first sign-up, while its link is live.
async fn signed_up_in(auth: &Auth, tx: &mut Tx, user: &User) -> Result<Option<Browser>> {
    let links = auth.codes().carried::<Held>(tx, FIRST, user.id).await?;
    Ok(links.into_iter().find_map(|held| held.wish.browser))
}

enum Proof {
    /// The reader means the first sign-up.
    First,
    Further(Further),
    Mailbox,
    /// The reader receives the mail, but may not know of any sign-up.
    Reader,
}

enum Verdict {
    Keep,
    Take(Further),
    Drop,
}

fn verdict(proof: Proof, further: u64, silent: u64) -> Verdict {
    match proof {
        // A user without a mail of their own may take another's for theirs.
        _ if silent > 0 => Verdict::Drop,
        Proof::Mailbox if further > 0 => Verdict::Drop,
        Proof::Reader => Verdict::Drop,
        Proof::First | Proof::Mailbox => Verdict::Keep,
        Proof::Further(further) => Verdict::Take(further),
    }
}

/// Discards everything that waited for confirmation. Returns whose password is trusted, and whether sign-ups compete.
async fn settle(auth: &Auth, tx: &mut Tx, user: &User, proof: Proof) -> Result<(Verdict, bool)> {
    let further = auth.codes().count_live(tx, FURTHER, user.id).await?;
    let silent = auth.codes().count_live(tx, SILENT, user.id).await?;
    for purpose in [FIRST, FURTHER, SILENT, AGAIN] {
        codes::forget(tx, purpose, user.id).await?;
    }
    discard(tx, &user.email).await?;
    // Failures are forgiven here: at the sign-up, that would have revealed whether the address had an account. An owner
    // who has signed in has had the account for longer.
    if user.last_login_at.is_none() {
        throttle::forgive(tx, user.email.key()).await?;
    }
    auth.audit().write(tx, Event::of(Kind::EmailVerified, user)).await?;
    // The link of a further sign-up is used by now, and not counted.
    let contested = further + silent > 0 || matches!(proof, Proof::Further(_));
    Ok((verdict(proof, further, silent), contested))
}

/// Applies the proof; `is_same` says that the browser which shows it signed up. A user who has to set a password first is
/// led to `next` after that.
async fn believe(
    auth: &Auth,
    mut tx: Tx,
    user: User,
    (proof, is_same): (Proof, bool),
    next: &ReturnTo,
) -> Result<Option<Confirmed>> {
    let settings = &auth.settings().email_verification;
    let is_first = settings.mode == Mode::Mandatory && !user.may_have_been_used();
    let had_password = user.password_hash.is_some();
    let (verdict, contested) = settle(auth, &mut tx, &user, proof).await?;
    let verdict = match verdict {
        Verdict::Keep if !is_first && !is_same && user.may_be_shared() && settings.first_proof == FirstProof::Reset => {
            Verdict::Drop
        }
        verdict => verdict,
    };
    let changed = match &verdict {
        Verdict::Keep => {
            // A reader may take another's sign-up for theirs. The password then opens the account all the same, until a reset;
            // but a second factor, also one that is set up with it later, would outlive that.
            if is_same {
                users::trust_password(&mut tx, user.id).await?;
                credentials::trust(&mut tx, user.id).await?;
            } else {
                factors::void_pending(&mut tx, user.id).await?;
            }
            None
        }
        Verdict::Take(other) => {
            let names = (other.first_name.as_str(), other.last_name.as_str());
            let password = (Some(other.password_hash.as_str()), is_same);
            Some(user.replace_sign_up(&mut tx, password, names).await?)
        }
        Verdict::Drop => Some(user.replace_sign_up(&mut tx, (None, true), kept_names(&user)).await?),
    };
    let (user, ended) = match changed {
        None => (user, Ended::default()),
        Some(Some(changed)) => {
            let ended = discard_earlier(auth, &mut tx, &changed).await?;
            (changed, ended)
        }
        Some(None) => return Ok(None),
    };
    let is_void = had_password && matches!(verdict, Verdict::Drop);
    // Mail the owner at once if the reader may have confirmed another's sign-up, or may share the account.
    let is_doubtful = if is_first { contested } else { user.may_be_shared() && !is_same };
    let offered = if is_void || is_doubtful {
        Some(reset_link::offer_own(auth, &mut tx, &user, user.password_hash.is_none(), next).await?)
    } else {
        None
    };
    ended.commit(auth, tx).await?;
    Ok(Some(Confirmed { user, set_password: offered.filter(|_| is_void) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn further() -> Further {
        Further { password_hash: String::new(), first_name: String::new(), last_name: String::new() }
    }

    #[test]
    fn a_link_believes_its_own_sign_up_unless_somebody_may_have_taken_it_for_another() {
        assert!(matches!(verdict(Proof::First, 0, 0), Verdict::Keep));
        assert!(matches!(verdict(Proof::First, 3, 0), Verdict::Keep));
        assert!(matches!(verdict(Proof::Further(further()), 3, 0), Verdict::Take(_)));
        assert!(matches!(verdict(Proof::First, 0, 1), Verdict::Drop));
        assert!(matches!(verdict(Proof::Further(further()), 1, 1), Verdict::Drop));
    }

    #[test]
    fn a_code_believes_the_only_sign_up_and_none_of_several() {
        assert!(matches!(verdict(Proof::Mailbox, 0, 0), Verdict::Keep));
        assert!(matches!(verdict(Proof::Mailbox, 1, 0), Verdict::Drop));
        assert!(matches!(verdict(Proof::Mailbox, 0, 1), Verdict::Drop));
        assert!(matches!(verdict(Proof::Reader, 0, 0), Verdict::Drop), "who signs in need not have signed up");
    }
}
