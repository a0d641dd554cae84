//! How sessions end.

use uuid::Uuid;

use super::instances::tell_of_change;
use super::store;
use crate::Auth;
use crate::audit::{self, Event, Kind};
use crate::db::{self, Tx};
use crate::error::Result;

/// Why a session was ended.
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
    /// The account got a role that reaches others.
    Promotion,
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
        }
    }
}

impl From<EndedBy> for &'static str {
    fn from(by: EndedBy) -> Self {
        by.name()
    }
}

/// The sessions that a transaction ends, until it is committed.
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

    /// Commits the transaction; from then on no access token of the sessions is accepted here. A client that hangs up
    /// during the commit cannot have the one without the other.
    pub(crate) async fn commit(self, auth: &Auth, tx: Tx) -> Result<()> {
        let auth = auth.clone();
        Ok(db::whole(async move {
            let committed = tx.commit().await;
            if !self.sessions.is_empty() {
                // One whose answer was lost may have taken place.
                tell_of_change(&auth, self.user);
            }
            committed
        })
        .await?)
    }
}

/// Ends one session of a user; says whether it lived until now.
pub(crate) async fn end(auth: &Auth, session: Uuid, user: Uuid, by: EndedBy) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let ended = end_in(auth, &mut tx, session, user, by).await?;
    // Only what was ended: the id may be somebody else's.
    let is_ended = ended.contains(session);
    ended.commit(auth, tx).await?;
    Ok(is_ended)
}

/// As [`end`], within a transaction.
pub(crate) async fn end_in(auth: &Auth, tx: &mut Tx, session: Uuid, user: Uuid, by: EndedBy) -> Result<Ended> {
    if !store::end_in(tx, session, user, by.name(), auth.now()).await? {
        return Ok(Ended::default());
    }
    let event = match by {
        EndedBy::Replay => Event::of_id(Kind::Replayed, user),
        by => Event::of_id(Kind::SessionsEnded, user).because(by),
    };
    audit::record(auth, tx, event.session(session)).await?;
    Ok(Ended { user, sessions: vec![session] })
}
