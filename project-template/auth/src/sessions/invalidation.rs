use uuid::Uuid;

use super::instances::tell_of_change;
use super::{Ended, EndedBy, end_all, store};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::{self, Tx};
use crate::error::Result;
use crate::users;

/// The kinds of tokens to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKinds {
    /// Access tokens: every client has to refresh. `DbUser` rejects them at once, `CurrentUser` only with
    /// `tokens.session_check = "on"`; else it accepts them until they expire.
    Access,
    /// Refresh tokens: access tokens stay valid until they expire, then the user has to sign in again.
    Refresh,
    /// Both: every session ends.
    All,
}

/// Revokes every token of these kinds that was issued to a user so far. Returns whether the account exists.
pub async fn invalidate(auth: &Auth, user: Uuid, kinds: TokenKinds) -> Result<bool> {
    let found = match kinds {
        TokenKinds::Access => access(auth, user).await?,
        TokenKinds::Refresh => refresh(auth, user).await?,
        TokenKinds::All => all(auth, user).await?,
    };
    Ok(found)
}

async fn access(auth: &Auth, user: Uuid) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let Some(taken_back) = take_back_access(auth, &mut tx, user).await? else { return Ok(false) };
    taken_back.commit(auth, tx).await?;
    Ok(true)
}

#[must_use = "the transaction is to be committed with `TakenBack::commit`, else this process goes on accepting them"]
pub(crate) struct TakenBack {
    user: Uuid,
}

impl TakenBack {
    /// Covers the sessions that the same transaction ends: one report to other instances is enough for both.
    pub(crate) fn and(self, ended: Option<Ended>) -> Self {
        drop(ended);
        self
    }

    pub(crate) async fn commit(self, auth: &Auth, tx: Tx) -> Result<()> {
        let auth = auth.clone();
        Ok(db::whole(async move {
            let committed = tx.commit().await;
            tell_of_change(&auth, self.user);
            committed
        })
        .await?)
    }
}

pub(crate) async fn take_back_access(auth: &Auth, tx: &mut Tx, user: Uuid) -> Result<Option<TakenBack>> {
    if !users::revoke_access_tokens(tx, user).await? {
        return Ok(None);
    }
    tell(auth, tx, user, TokenKinds::Access).await?;
    Ok(Some(TakenBack { user }))
}

async fn refresh(auth: &Auth, user: Uuid) -> Result<bool> {
    let tokens = &auth.settings().tokens;
    let mut tx = auth.db().begin().await?;
    let found = users::hold(&mut tx, user).await?;
    let last_access_token = auth.now() + tokens.access_lifetime + tokens.leeway;
    store::end_refreshing(&mut tx, user, last_access_token).await?;
    if found {
        tell(auth, &mut tx, user, TokenKinds::Refresh).await?;
    }
    tx.commit().await?;
    Ok(found)
}

async fn all(auth: &Auth, user: Uuid) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let found = users::hold(&mut tx, user).await?;
    let ended = end_all(auth, &mut tx, user, None, EndedBy::Invalidation).await?;
    if found {
        tell(auth, &mut tx, user, TokenKinds::All).await?;
    }
    ended.commit(auth, tx).await?;
    Ok(found)
}

async fn tell(auth: &Auth, tx: &mut Tx, user: Uuid, kinds: TokenKinds) -> sqlx::Result<()> {
    let reason = match kinds {
        TokenKinds::Access => Reason::Access,
        TokenKinds::Refresh => Reason::Refresh,
        TokenKinds::All => Reason::All,
    };
    auth.audit().write(tx, Event::of_id(Kind::TokensInvalidated, user).because(reason)).await
}
