//! What a confirmation does.
//!
//! A link belongs to one sign-up, so it makes that one's password the account's. A code, or a link that was asked for
//! again, only shows that mail reaches somebody. Several people may have signed up with an address, each with a password
//! of their own, and the mail's reader need not be the first: where it is not certain whose password the reader means, no
//! password is believed, and the reader is led to set one. Nor is it where somebody signs in with a mailed code and nobody
//! could sign in before: they may never have signed up, and the password be that of whoever waits for them to come.
//!
//! Where addresses are confirmed by choice or not at all, a password may be known to a stranger who signed up with the
//! address and is in already. The first proof of it tells its owner, or takes that password away. So it is with accounts that
//! were imported, or signed in to, before confirming came first: they are more than sign-ups, and none takes their place.

use super::sign_up::{Further, Held};
use super::{AGAIN, FIRST, FURTHER, FirstProof, Mode, SILENT, discard};
use crate::Auth;
use crate::audit::{self, Event, Kind};
use crate::codes::{self, Link, Redeemable, Standing};
use crate::db::Tx;
use crate::error::Result;
use crate::http::ReturnTo;
use crate::passwords::reset_link;
use crate::sessions::{self, Ended, EndedBy};
use crate::throttle;
use crate::users::{self, Email, User};

/// A link that confirms an address.
pub(super) type Confirmation = Link<Held>;

/// An account whose address is confirmed.
pub(super) struct Confirmed {
    pub(super) user: User,
    /// The path of a link to set a password, where the one it had is not believed.
    pub(super) set_password: Option<String>,
}

/// Looks up a link. That confirms nothing.
pub(super) async fn open(auth: &Auth, key: &str) -> Result<Standing<Held>> {
    codes::find(auth, &[FIRST, FURTHER, AGAIN], key).await
}

/// Confirms by link. None if it is used, or the account has changed since it was sent.
pub(super) async fn by_link(auth: &Auth, link: Confirmation) -> Result<Option<Confirmed>> {
    let mut tx = auth.db().begin().await?;
    if !link.consume(auth, &mut tx).await? {
        return Ok(None);
    }
    let Some(user) = users::store::set_verified(&mut tx, link.subject, link.version, auth.now()).await? else {
        return Ok(None);
    };
    let proof = match (link.purpose.as_str(), link.data.further) {
        (FIRST, _) => Proof::First,
        (_, Some(further)) => Proof::Further(further),
        _ => Proof::Mailbox,
    };
    // It was sent while the account was no more than a sign-up.
    if matches!(proof, Proof::Further(_)) && !user.is_as_signed_up() {
        return Ok(None);
    }
    believe(auth, tx, user, proof, &link.data.wish.next).await
}

/// Confirms by code. None if it is used, or the account has changed since.
pub(super) async fn by_code(auth: &Auth, user: &User, code: &Redeemable) -> Result<Option<User>> {
    let confirmed = redeemed(auth, user, code, Proof::Mailbox).await?;
    Ok(confirmed.map(|confirmed| confirmed.user))
}

/// As [`by_code`], by one that was asked for to sign in.
pub(crate) async fn by_login_code(auth: &Auth, user: &User, code: &Redeemable) -> Result<Option<User>> {
    let confirmed = redeemed(auth, user, code, unasked(auth)).await?;
    Ok(confirmed.map(|confirmed| confirmed.user))
}

/// Confirms by a link that was asked for to set a password, in the transaction that has set it. None if the account has
/// changed since.
pub(crate) async fn by_reset(auth: &Auth, tx: &mut Tx, user: &User) -> Result<Option<User>> {
    let now = auth.now();
    let Some(user) = users::store::set_verified(tx, user.id, user.auth_version, now).await? else { return Ok(None) };
    match settle(auth, tx, &user, unasked(auth)).await?.0 {
        Verdict::Keep => Ok(Some(user)),
        // The password is the reader's already; the names may be those of somebody else.
        Verdict::Take(_) | Verdict::Drop => {
            let password = user.password_hash.as_deref();
            Ok(users::store::set_sign_up(tx, &user, password, kept_names(&user)).await?)
        }
    }
}

/// What mail shows that was read by somebody who did not ask to have the address confirmed.
fn unasked(auth: &Auth) -> Proof {
    let is_first = auth.settings().email_verification.mode == Mode::Mandatory;
    if is_first { Proof::Reader } else { Proof::Mailbox }
}

/// The names of an account whose password is not believed. Those of a sign-up go with it; an account that was imported or
/// used has them for longer.
fn kept_names(user: &User) -> (&str, &str) {
    if user.may_have_been_used() { (&user.first_name, &user.last_name) } else { ("", "") }
}

async fn redeemed(auth: &Auth, user: &User, code: &Redeemable, proof: Proof) -> Result<Option<Confirmed>> {
    let mut tx = auth.db().begin().await?;
    if !codes::redeem(&mut tx, code).await? {
        return Ok(None);
    }
    let Some(user) = users::store::set_verified(&mut tx, user.id, user.auth_version, auth.now()).await? else {
        return Ok(None);
    };
    believe(auth, tx, user, proof, &ReturnTo::default()).await
}

/// What was shown.
enum Proof {
    /// That the reader means the first sign-up.
    First,
    /// That they mean this one.
    Further(Further),
    /// That they read the mail.
    Mailbox,
    /// That they read the mail, and not that they know of a sign-up.
    Reader,
}

/// Whose password is believed.
enum Verdict {
    Keep,
    Take(Further),
    Drop,
}

fn verdict(proof: Proof, further: u64, silent: u64) -> Verdict {
    match proof {
        // Whoever got no mail of their own may take another's for it.
        _ if silent > 0 => Verdict::Drop,
        Proof::Mailbox if further > 0 => Verdict::Drop,
        Proof::Reader => Verdict::Drop,
        Proof::First | Proof::Mailbox => Verdict::Keep,
        Proof::Further(further) => Verdict::Take(further),
    }
}

/// Ends what waited for the confirmation of an account that now has it. Says whose password is believed, and whether there
/// were several.
async fn settle(auth: &Auth, tx: &mut Tx, user: &User, proof: Proof) -> Result<(Verdict, bool)> {
    let now = auth.now();
    let further = codes::count_live(tx, FURTHER, user.id, now).await?;
    let silent = codes::count_live(tx, SILENT, user.id, now).await?;
    for purpose in [FIRST, FURTHER, SILENT, AGAIN] {
        codes::forget(tx, purpose, user.id).await?;
    }
    if let Some(email) = Email::parse(&user.email) {
        discard(tx, &email).await?;
    }
    // At the sign-up it would have told whether the address had an account. Who signed in has it for longer.
    if user.last_login_at.is_none() {
        throttle::forgive(tx, &user.address_key()).await?;
    }
    audit::record(auth, tx, Event::of(Kind::EmailVerified, user)).await?;
    // The link of a further sign-up is used by now.
    let contested = further + silent > 0 || matches!(proof, Proof::Further(_));
    Ok((verdict(proof, further, silent), contested))
}

/// Makes of an account with a confirmed address what the proof says. Whoever has to set a password first is led to `next` after
/// that.
async fn believe(auth: &Auth, mut tx: Tx, user: User, proof: Proof, next: &ReturnTo) -> Result<Option<Confirmed>> {
    let settings = &auth.settings().email_verification;
    // Whether nobody can have been in before.
    let is_first = settings.mode == Mode::Mandatory && !user.may_have_been_used();
    let had_password = user.password_hash.is_some();
    let (verdict, contested) = settle(auth, &mut tx, &user, proof).await?;
    let verdict = match verdict {
        Verdict::Keep if !is_first && user.may_be_shared() && settings.first_proof == FirstProof::Reset => {
            Verdict::Drop
        }
        verdict => verdict,
    };
    let changed = match &verdict {
        Verdict::Keep => {
            if is_first {
                users::store::trust_password(&mut tx, user.id).await?;
            }
            None
        }
        Verdict::Take(other) => {
            let names = (other.first_name.as_str(), other.last_name.as_str());
            Some(users::store::set_sign_up(&mut tx, &user, Some(&other.password_hash), names).await?)
        }
        Verdict::Drop => Some(users::store::set_sign_up(&mut tx, &user, None, kept_names(&user)).await?),
    };
    let (user, ended) = match changed {
        None => (user, Ended::default()),
        Some(Some(changed)) => {
            let ended = sessions::end_all(auth, &mut tx, user.id, None, EndedBy::PasswordChange).await?;
            (changed, ended)
        }
        Some(None) => return Ok(None),
    };
    let is_void = had_password && matches!(verdict, Verdict::Drop);
    // Whoever pressed the button of another's mail is told at once, and so is who shares the account.
    let is_doubtful = if is_first { contested } else { user.may_be_shared() };
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
