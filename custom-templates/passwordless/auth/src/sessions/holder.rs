//! Differs from the built-in project: a session is held by an address, since there are no accounts; what its holder may
//! do is asked anew at each refresh.

use uuid::Uuid;

use super::authentication::Method;
use super::issuing::begin;
use super::{Authentication, EndedBy, Issued, NotRotated, Session, end, store};
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::Result;
use crate::http::Client;
use crate::tokens::{AccessClaims, UserClaims};
use crate::users::{self, User};

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

    pub(super) fn accepts(self, claims: &AccessClaims) -> bool {
        claims.sub == self.id && claims.access_version >= self.access_version
    }
}

pub(super) async fn of_live(auth: &Auth, session: Uuid, now: time::OffsetDateTime) -> db::Result<Option<Holder>> {
    let session = store::by_id(auth.db(), session).await?;
    let live = session.filter(|session| session.is_live(now));
    Ok(live.map(|session| Holder::of(session.user_id)))
}

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

/// Who may not sign in any more loses the session.
pub(super) async fn refreshing(
    auth: &Auth,
    session: &Session,
    claims: &UserClaims,
) -> Result<(Holder, UserClaims), NotRotated> {
    let claims = match users::of_claims(auth, session.user_id, claims) {
        Some(user) => users::claims(auth, &user).await?,
        None => None,
    };
    if let Some(claims) = claims {
        return Ok((Holder::of(session.user_id), claims));
    }
    end(auth, session.id, session.user_id, EndedBy::Deactivation).await?;
    Err(NotRotated::NotValid)
}

pub(super) async fn end_replayed(auth: &Auth, session: &Session) -> Result<(), NotRotated> {
    if auth.settings().sessions.renewal.revocation {
        end(auth, session.id, session.user_id, EndedBy::Replay).await?;
    }
    Ok(())
}
