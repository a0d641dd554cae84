//! Taking back tokens of a user, all of a kind at once: what to do when they may be in wrong hands.

use uuid::Uuid;

use super::{EndedBy, end_all, store};
use crate::app::Auth;
use crate::db;
use crate::error::Result;
use crate::users;

/// Which tokens of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKinds {
    /// Access tokens: every client has to refresh. Handlers that take a [`DbUser`](super::DbUser) refuse them at once,
    /// those that take a [`CurrentUser`](super::CurrentUser) only with `tokens.session_check = "on"`; without it they
    /// accept them until they expire, as they do after the end of a session.
    Access,
    /// Refresh tokens: access tokens stay good until they expire, then everybody has to sign in again.
    Refresh,
    /// Both: every session ends.
    All,
}

/// Takes back every token of these kinds that was given out to a user until now. Says whether there is such an account.
///
/// # Errors
/// If the database cannot be reached.
pub async fn invalidate(auth: &Auth, user: Uuid, kinds: TokenKinds) -> Result<bool> {
    let found = match kinds {
        TokenKinds::Access => access(auth, user).await?,
        TokenKinds::Refresh => refresh(auth, user).await?,
        TokenKinds::All => all(auth, user).await?,
    };
    tracing::info!(%user, ?kinds, found, "tokens invalidated");
    Ok(found)
}

async fn access(auth: &Auth, user: Uuid) -> Result<bool> {
    let auth = auth.clone();
    Ok(db::whole(async move {
        let version = users::store::raise_access_version(auth.db(), user).await?;
        if let Some(version) = version {
            auth.liveness().accepted_from(user, version);
        }
        Ok(version.is_some())
    })
    .await?)
}

async fn refresh(auth: &Auth, user: Uuid) -> Result<bool> {
    let tokens = &auth.settings().tokens;
    let mut tx = auth.db().begin().await?;
    let found = users::store::hold(&mut tx, user).await?;
    let last_access_token = auth.now() + tokens.access_lifetime + tokens.leeway;
    store::end_refreshing(&mut tx, user, last_access_token).await?;
    tx.commit().await?;
    Ok(found)
}

async fn all(auth: &Auth, user: Uuid) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let found = users::store::hold(&mut tx, user).await?;
    end_all(auth, &mut tx, user, None, EndedBy::Invalidation).await?.commit(auth, tx).await?;
    Ok(found)
}
