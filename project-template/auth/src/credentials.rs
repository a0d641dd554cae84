//! What may be an attacker's, who signed up with another person's address: passkeys, second factors and connections that were
//! added by somebody who had not shown that they read the account's mail. They are not proven, like such a password
//! (`User::may_be_shared`), and share its fate: each of these functions belongs beside what does the same to the password.

use uuid::Uuid;

use crate::Auth;
use crate::codes;
use crate::connections;
use crate::db::Tx;
use crate::error::Result;
use crate::factors;
use crate::passkeys;
use crate::sessions::{self, Ended, EndedBy};
use crate::users::{self, User};

/// Where an unproven password is removed or replaced. Returns how many there were.
pub(crate) async fn discard_unproven(auth: &Auth, tx: &mut Tx, user: &User) -> Result<u64> {
    let factor = factors::discard_unproven(auth, tx, user).await?;
    let connections = connections::discard_unproven(auth, tx, user).await?;
    Ok(passkeys::discard_unproven(auth, tx, user).await? + connections + u64::from(factor))
}

/// What [`secure`] has removed.
pub(crate) struct Secured {
    /// The account, if its password was removed.
    pub(crate) voided: Option<User>,
    pub(crate) ended: Ended,
}

/// As [`discard_unproven`], with the password, and all sessions. The caller must commit `tx` through `ended`, and lead the
/// owner to another password. None if there was no such thing.
pub(crate) async fn secure(auth: &Auth, tx: &mut Tx, user: &User, cause: EndedBy) -> Result<Option<Secured>> {
    let voided = users::void_unproven_password(tx, user.id, auth.now()).await?;
    let removed = discard_unproven(auth, tx, user).await?;
    if voided.is_none() && removed == 0 {
        return Ok(None);
    }
    codes::forget_all(tx, user.id).await?;
    let ended = sessions::end_all(auth, tx, user.id, None, cause).await?;
    Ok(Some(Secured { voided, ended }))
}

/// Before a sign-in of a user who has just shown that they read the account's mail, and shares it with nobody else's ways in.
pub(crate) async fn discard_for_reader(auth: &Auth, user: &User) -> Result<()> {
    if factors::has_unproven(auth, user.id).await? || connections::has_unproven(auth, user.id).await? {
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
    connections::set_proven(tx, user, true).await?;
    Ok(factors::trust(tx, user).await?)
}

/// Where an account that no second factor guards gets another address, and it is not known whether its reader is the user.
pub(crate) async fn doubt(tx: &mut Tx, user: Uuid) -> Result<()> {
    connections::set_proven(tx, user, false).await?;
    passkeys::set_proven(tx, user, false).await
}
