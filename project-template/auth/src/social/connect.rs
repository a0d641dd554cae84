//! Connections as their owners keep them.

use uuid::Uuid;

use super::provider::Identity;
use crate::Auth;
use crate::connections::{self, Arrival, Connection, Making};
use crate::error::Result;
use crate::passkeys::{self, DisconnectNotAllowed};
use crate::sessions::{self, DbUser};

/// Connects the account of a signed-in user. An address is neither needed nor taken over.
///
/// # Errors
/// 409 `social_account_in_use`; 401 if the session has ended.
pub(super) async fn connect(auth: &Auth, user: &DbUser, provider: &str, identity: Identity) -> Result<Connection> {
    let arrival = Arrival { provider: provider.to_owned(), uid: identity.uid };
    let mut tx = auth.db().begin().await?;
    user.hold(auth, &mut tx).await?;
    let is_proven = sessions::reads_mail(auth, &mut tx, user).await?;
    let making = Making { is_proven, is_sign_in: false, notifies: true };
    let connection = arrival.connect(auth, &mut tx, user, making).await?;
    tx.commit().await?;
    Ok(connection)
}

/// False if the account has no such connection.
///
/// # Errors
/// 400 `disconnect_not_allowed` if it is the only way in; 401 if the session has ended.
pub(crate) async fn disconnect(auth: &Auth, user: &DbUser, id: Uuid) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    user.hold(auth, &mut tx).await?;
    let all = connections::all_of_user_in(&mut tx, user.id).await?;
    let Some(connection) = all.iter().find(|connection| connection.id == id) else { return Ok(false) };
    if !passkeys::has_other_way(auth, &mut tx, user.id, id).await? {
        return Err(DisconnectNotAllowed.into());
    }
    connections::remove(auth, &mut tx, user, connection).await?;
    tx.commit().await?;
    Ok(true)
}
