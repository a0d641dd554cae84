//! Making an account and signing it in at once.

use crate::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::codes::{self, Redeemable};
use crate::db;
use crate::email_verification::{self, Wish};
use crate::error::Result;
use crate::hooks;
use crate::http::Client;
use crate::login::{self, Terms};
use crate::sessions::{Entry, Proof, SignIn};
use crate::users::{self, NewUser};

/// What became of a sign-up.
pub(crate) enum SignUp {
    /// The account is made.
    Done(SignIn),
    /// The address has an account.
    Taken,
    /// The code was used at the same time.
    CodeUsed,
}

/// Makes an account and begins its session, both or neither: whoever is refused can try again. Whoever has to meet a challenge
/// has the account, and no session. A code that was shown for
/// it is used up with it.
///
/// # Errors
/// What a hook refuses with. If the database cannot be reached.
pub(crate) async fn sign_up(
    auth: &Auth,
    new: &NewUser,
    (client, proof): (&Client, Proof),
    wish: &Wish,
    code: Option<&Redeemable>,
) -> Result<SignUp> {
    // Else hooks would be asked about an address that is somebody else's. Who takes it meanwhile is found below.
    if users::store::by_email(auth.db(), &new.email).await?.is_some() {
        return Ok(SignUp::Taken);
    }
    let user = new.to_be(auth.now());
    let refused = |reason: Reason| {
        audit::note(auth, Event::at(Kind::SignUpRefused, &new.email, None).because(reason));
    };
    let terms = Terms { proof, forgotten: wish.forgotten };
    let entry = login::admit(auth, &user, client, terms, refused).await?;
    let mut tx = auth.db().begin().await?;
    if let Some(code) = code
        && !codes::redeem(&mut tx, code).await?
    {
        return Ok(SignUp::CodeUsed);
    }
    let user = match users::add(&mut tx, new, auth.now()).await {
        Ok(user) => user,
        Err(error) if db::is_taken(&error) => return Ok(SignUp::Taken),
        Err(error) => return Err(error.into()),
    };
    audit::record(auth, &mut tx, Event::of(Kind::SignUp, &user)).await?;
    email_verification::begin(auth, &mut tx, &user, wish).await?;
    hooks::registered(auth, &mut tx, &user);
    let admitted = match entry {
        Entry::Open(admitted) => admitted,
        Entry::Challenge(challenge) => {
            tx.commit().await?;
            return Ok(SignUp::Done(SignIn::Challenge(challenge)));
        }
    };
    let Some((issued, evicted)) = login::begin(auth, &mut tx, &user, &admitted, client, terms).await? else {
        return Err(anyhow::anyhow!("an account that was just made has changed").into());
    };
    evicted.commit(auth, tx).await?;
    Ok(SignUp::Done(SignIn::Session(issued)))
}
