//! Who a session is for: whoever its claims name. What they may do is asked anew at each refresh. Differs from the
//! built-in project: a session is held by an address, since there are no accounts.

use time::OffsetDateTime;
use uuid::Uuid;

use super::authentication::Method;
use super::issuing::begin;
use super::{Authentication, EndedBy, Issued, NotRotated, Session, end, store};
use crate::Auth;
use crate::db::{Db, Result as DbResult, Tx};
use crate::error::Result;
pub(super) use crate::error::shared::TokenNotValid as HolderRefused;
use crate::http::Client;
use crate::tokens::{AccessClaims, UserClaims};
use crate::users::{self, User};

/// The holder of a session.
#[derive(Clone, Copy)]
pub(super) struct Holder {
    pub(super) id: Uuid,
    /// Nothing counts how often all of somebody's access tokens were taken back.
    pub(super) access_version: i64,
}

impl Holder {
    fn of(id: Uuid) -> Self {
        Self { id, access_version: 0 }
    }

    /// Whether an access token is theirs.
    pub(super) fn accepts(self, claims: &AccessClaims) -> bool {
        claims.sub == self.id
    }
}

/// The holder of a session, if it lives.
pub(super) async fn of_live(db: &Db, session: Uuid, now: OffsetDateTime) -> DbResult<Option<Holder>> {
    let session = store::by_id(db, session).await?;
    let live = session.filter(|session| session.ended_at.is_none() && session.expires_at > now);
    Ok(live.map(|session| Holder::of(session.user_id)))
}

/// Begins a session: one that a browser forgets when it is closed, unless it is to be remembered.
pub(crate) async fn start(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    claims: &UserClaims,
    client: &Client,
    remembered: bool,
) -> Result<Issued> {
    let authentication = Authentication { methods: Method::Mail.into(), at: None };
    begin(auth, tx, Holder::of(user.id), claims, client, (&authentication, remembered)).await
}

/// The holder of a session that is to be refreshed, and what its tokens are to say. Who may not sign in any more loses it.
pub(super) async fn refreshing(auth: &Auth, session: &Session) -> Result<(Holder, UserClaims), NotRotated> {
    let claims = match users::of_claims(auth, session.user_id, &session.user_claims()) {
        Some(user) => users::claims(auth, &user).await?,
        None => None,
    };
    if let Some(claims) = claims {
        return Ok((Holder::of(session.user_id), claims));
    }
    end(auth, session.id, session.user_id, EndedBy::Deactivation).await?;
    Err(NotRotated::NotValid)
}

/// Ends a session of which somebody has a copy, unless the settings let it live.
pub(super) async fn end_replayed(auth: &Auth, session: &Session) -> Result<(), NotRotated> {
    if auth.settings().sessions.revocation {
        end(auth, session.id, session.user_id, EndedBy::Replay).await?;
    }
    Ok(())
}
