use uuid::Uuid;

use super::instances::tell_of_change;
use super::store;
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::db::{self, Tx};
use crate::error::Result;

#[derive(Clone, Copy, Debug)]
pub(crate) enum EndedBy {
    Logout,
    LogoutAll,
    User,
    Admin,
    Replay,
    Lifetime,
    Deactivation,
    PasswordChange,
    PasswordReset,
    EmailChange,
    Limit,
    Invalidation,
    Deletion,
    Promotion,
    /// The account's second factor was removed.
    SecondFactor,
    /// A passkey was removed.
    Passkey,
}

impl EndedBy {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::LogoutAll => "logout_all",
            Self::User => "user",
            Self::Admin => "admin",
            Self::Replay => "replay",
            Self::Lifetime => "lifetime",
            Self::Deactivation => "deactivation",
            Self::PasswordChange => "password_change",
            Self::PasswordReset => "password_reset",
            Self::EmailChange => "email_change",
            Self::Limit => "limit",
            Self::Invalidation => "invalidation",
            Self::Deletion => "deletion",
            Self::Promotion => "promotion",
            Self::SecondFactor => "second_factor",
            Self::Passkey => "passkey",
        }
    }
}

impl From<EndedBy> for &'static str {
    fn from(by: EndedBy) -> Self {
        by.name()
    }
}

#[derive(Default)]
#[must_use = "the transaction is to be committed with `Ended::commit`, else this process goes on accepting access tokens"]
pub(crate) struct Ended {
    user: Uuid,
    sessions: Vec<Uuid>,
}

impl Ended {
    pub(super) fn of(user: Uuid, sessions: Vec<Uuid>) -> Self {
        Self { user, sessions }
    }

    pub(crate) fn contains(&self, session: Uuid) -> bool {
        self.sessions.contains(&session)
    }

    /// Also stops accepting the sessions' access tokens in this process, even if the client disconnects meanwhile.
    pub(crate) async fn commit(self, auth: &Auth, tx: Tx) -> Result<()> {
        let auth = auth.clone();
        Ok(db::whole(async move {
            let committed = tx.commit().await;
            if !self.sessions.is_empty() {
                // Even after an error: if the answer to the commit was lost, it may still have happened.
                tell_of_change(&auth, self.user);
            }
            committed
        })
        .await?)
    }
}

pub(crate) async fn end(auth: &Auth, session: Uuid, user: Uuid, by: EndedBy) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let ended = end_in(auth, &mut tx, session, user, by).await?;
    // Only if it was ended: the id may be another user's.
    let is_ended = ended.contains(session);
    ended.commit(auth, tx).await?;
    Ok(is_ended)
}

pub(crate) async fn end_in(auth: &Auth, tx: &mut Tx, session: Uuid, user: Uuid, by: EndedBy) -> Result<Ended> {
    if !store::end_in(tx, session, user, by.name(), auth.now()).await? {
        return Ok(Ended::default());
    }
    let event = match by {
        EndedBy::Replay => Event::of_id(Kind::Replayed, user),
        by => Event::of_id(Kind::SessionsEnded, user).because(by),
    };
    auth.audit().write(tx, event.session(session)).await?;
    Ok(Ended { user, sessions: vec![session] })
}
