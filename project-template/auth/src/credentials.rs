//! Passkeys and second factors that may be an attacker's, who signed up with another person's address: those that were added
//! by somebody who had not shown that they read the account's mail. They are not proven, like such a password
//! (`User::may_be_shared`), and share its fate: each of these functions belongs beside what does the same to the password.

use uuid::Uuid;

use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::factors;
use crate::passkeys;
use crate::users::{self, User};

/// Where an unproven password is removed or replaced. Returns how many there were.
pub(crate) async fn discard_unproven(auth: &Auth, tx: &mut Tx, user: &User) -> Result<u64> {
    let factor = factors::discard_unproven(auth, tx, user).await?;
    Ok(passkeys::discard_unproven(auth, tx, user).await? + u64::from(factor))
}

/// Before a sign-in of a user who has just shown that they read the account's mail, and shares it with nobody else's ways in.
pub(crate) async fn discard_for_reader(auth: &Auth, user: &User) -> Result<()> {
    if factors::has_unproven(auth, user.id).await? {
        let mut tx = auth.db().begin().await?;
        users::hold(&mut tx, user.id).await?;
        discard_unproven(auth, &mut tx, user).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Where it turns out that whoever added them reads the account's mail.
pub(crate) async fn trust(tx: &mut Tx, user: Uuid) -> Result<()> {
    passkeys::set_proven(tx, user, true).await?;
    Ok(factors::trust(tx, user).await?)
}

/// Where an account that no second factor guards gets another address, and it is not known whether its reader is the user.
pub(crate) async fn doubt(tx: &mut Tx, user: Uuid) -> Result<()> {
    passkeys::set_proven(tx, user, false).await
}
