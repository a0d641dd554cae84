use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::Redeemable;
use crate::connections::{Arrival, Making};
use crate::db;
use crate::email_verification::{self, Wish};
use crate::error::Result;
use crate::guests;
use crate::hooks;
use crate::http::Client;
use crate::login::{self, Terms};
use crate::sessions::{Entry, Proof, SignIn};
use crate::users::{self, NewUser};

pub(crate) enum SignUp {
    Done(SignIn),
    Taken,
    CodeUsed,
}

/// What the sign-up uses up or makes beside the account.
pub(crate) enum With<'a> {
    Nothing,
    Code(&'a Redeemable),
    Arrival(&'a Arrival),
}

/// The account and its session begin both or neither, so that a refused client can try again.
pub(crate) async fn sign_up(
    auth: &Auth,
    new: &NewUser,
    (client, proof): (&Client, Proof),
    wish: &Wish,
    beside: With<'_>,
) -> Result<SignUp> {
    // Check first, so that hooks never see another user's address. The insert below still catches a race.
    let found = users::by_address(auth.db(), &new.email).await?;
    if guests::unless_expired(auth, found).await?.is_some() {
        return Ok(SignUp::Taken);
    }
    let user = new.to_be(auth.now());
    let refused = |reason: Reason| {
        auth.audit().note(Event::at(Kind::SignUpRefused, &new.email, None).because(reason));
    };
    let terms = Terms { proof, forgotten: wish.forgotten };
    let entry = login::admit(auth, &user, client, terms, refused).await?;
    let mut tx = auth.db().begin().await?;
    let is_ours = match &beside {
        With::Nothing | With::Arrival(_) => true,
        With::Code(code) => code.redeem(&mut tx).await?,
    };
    if !is_ours {
        return Ok(SignUp::CodeUsed);
    }
    let user = match users::add(&mut tx, new, auth.now()).await {
        Ok(user) => user,
        Err(error) if db::is_taken(&error) => return Ok(SignUp::Taken),
        Err(error) => return Err(error.into()),
    };
    auth.audit().write(&mut tx, Event::of(Kind::SignUp, &user)).await?;
    if let With::Arrival(arrival) = beside {
        let making = Making { is_proven: user.email_verified, is_sign_in: true, notifies: false };
        arrival.connect(auth, &mut tx, &user, making).await?;
    }
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
