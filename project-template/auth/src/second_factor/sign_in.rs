//! Signing in with a second factor: the other half of a sign-in that was answered with a challenge.

use super::{Answer, Proven};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::Result;
use crate::factors::{self, Challenge, ChallengeNotValid, Presented};
use crate::http::Client;
use crate::login::{self, Terms};
use crate::sessions::{self, Entry, Issued, Proof, SigningIn};

/// Begins the session of a user who answers a challenge with a code. The challenge and the code are used up in the
/// transaction that begins it, and the account is looked at again.
///
/// # Errors
/// 400 if the challenge is void or the code wrong; 429 after too many wrong ones; 401 `email_not_verified`; 403
/// `too_many_devices`.
pub(crate) async fn sign_in(
    auth: &Auth,
    client: &Client,
    challenge: &str,
    presented: Presented,
    proof: Proof,
) -> Result<Issued> {
    let challenge = factors::find(auth, challenge).await?.ok_or(ChallengeNotValid)?;
    let proven = Proven::Code(factors::answer(auth, &challenge, presented).await?);
    conclude(auth, client, &challenge, proven, proof).await
}

/// As [`sign_in`], with a passkey.
pub(super) async fn sign_in_with_passkey(
    auth: &Auth,
    client: &Client,
    challenge: &str,
    answer: Answer,
) -> Result<Issued> {
    let challenge = factors::find(auth, challenge).await?.ok_or(ChallengeNotValid)?;
    let proven = Proven::by_passkey(auth, &challenge, answer).await?;
    conclude(auth, client, &challenge, proven, Proof::SecondPasskey).await
}

async fn conclude(auth: &Auth, client: &Client, challenge: &Challenge, proven: Proven, proof: Proof) -> Result<Issued> {
    match begin(auth, client, challenge, &proven, proof).await {
        Ok(Some(issued)) => Ok(issued),
        Ok(None) => Err(proven.right().was_used(auth).await?),
        Err(error) => {
            proven.right().keep(auth).await?;
            Err(error)
        }
    }
}

/// None if another request used the code, or the passkey's answer, first.
async fn begin(
    auth: &Auth,
    client: &Client,
    challenge: &Challenge,
    proven: &Proven,
    proof: Proof,
) -> Result<Option<Issued>> {
    let (user, held) = (&challenge.user, &challenge.held);
    let refused = |reason: Reason| auth.audit().note(Event::of(Kind::SignInFailed, user).because(reason));
    let signing_in = SigningIn { client, proof, remembered: held.remembered };
    let shown = (held, &proven.methods());
    let Entry::Open(admitted) = sessions::admit_with_factor(auth, user, &signing_in, shown, refused).await? else {
        return Err(anyhow::anyhow!("a sign-in was challenged twice").into());
    };
    let terms = Terms { proof, forgotten: !held.remembered };
    let mut tx = auth.db().begin().await?;
    let Some((issued, evicted)) = login::begin(auth, &mut tx, user, &admitted, client, terms).await? else {
        refused(Reason::Changed);
        return Err(ChallengeNotValid.into());
    };
    if !challenge.take(auth, &mut tx).await? {
        return Err(ChallengeNotValid.into());
    }
    if !proven.spend(auth, &mut tx).await? {
        return Ok(None);
    }
    evicted.commit(auth, tx).await?;
    Ok(Some(issued))
}
