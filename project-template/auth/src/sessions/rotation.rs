//! Rotation of refresh tokens (RFC 9700, section 4.14.2): of concurrent uses one wins, and a replay ends the session.

use time::OffsetDateTime;
use uuid::Uuid;

use super::issuing::issue;
use super::session::TokenStanding;
use super::{EndedBy, Issued, Session, binding, end, holder, store};
use crate::Auth;
use crate::db;
use crate::error::Error;
use crate::sessions::checkpoints::Checkpoints;
use crate::sessions::reload::Presenter;
use crate::tokens::RefreshClaims;

#[derive(Debug)]
pub(crate) enum NotRotated {
    NotValid,
    Replayed,
    Outlived,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for NotRotated {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The row is updated only if no other request has advanced it since it was read. The loser of a race starts over and
/// finds a superseded token: a retry within the window, or else a replay.
pub(crate) async fn rotate(auth: &Auth, token: &RefreshClaims, presenter: Presenter<'_>) -> Result<Issued, NotRotated> {
    let (settings, client) = (&auth.settings().sessions, presenter.client);
    loop {
        let now = auth.now();
        let (session, is_current) = judge(auth, token, presenter, now).await?;
        let (holder, claims) = holder::refreshing(auth, &session).await?;
        if !is_current {
            return Ok(issue(auth, &session, (holder, &claims), client, now));
        }
        let mut next = Session {
            generation: session.generation + 1,
            superseded: Checkpoints::parse(&session.superseded)
                .push(session.generation, now, settings.retry_window)
                .to_text(),
            claims: serde_json::to_string(&claims).map_err(anyhow::Error::new)?,
            refreshed_at: now,
            rotated_by: Some(presenter.mark(auth, session.id, now)),
            ..session
        };
        next.expires_at = next.next_expiry(settings, now);
        if store::advance(auth.db(), &next, Some(client).filter(|_| settings.collect_device)).await? {
            return Ok(issue(auth, &next, (holder, &claims), client, now));
        }
    }
}

/// Returns whether the token is the session's current one; if not, it was superseded a moment ago.
pub(super) async fn judge(
    auth: &Auth,
    token: &RefreshClaims,
    presenter: Presenter<'_>,
    now: OffsetDateTime,
) -> Result<(Session, bool), NotRotated> {
    // Checked first: an old token presented from elsewhere must not end the session.
    if !binding::holds(auth, token, presenter.client) {
        return Err(NotRotated::NotValid);
    }
    let settings = &auth.settings().sessions;
    let session = store::by_id(auth.db(), token.session).await?.filter(|session| session.user_id == token.sub);
    let Some(session) = session else {
        // The row of an expired session is removed at some point; its tokens still tell when it began.
        let began = OffsetDateTime::from_unix_timestamp(token.session_iat).ok();
        let is_over = began.and_then(|began| settings.end_of(began)).is_some_and(|end| end <= now);
        return Err(if is_over { NotRotated::Outlived } else { NotRotated::NotValid });
    };
    match session.standing(token.generation, now, settings) {
        TokenStanding::Over => Err(NotRotated::NotValid),
        TokenStanding::Outlived => {
            end(auth, session.id, session.user_id, EndedBy::Lifetime).await?;
            Err(NotRotated::Outlived)
        }
        _ if token.is_expired(now) => Err(NotRotated::NotValid),
        TokenStanding::Replayed if presenter.reloads(auth, &session, token.generation, now) => Ok((session, false)),
        TokenStanding::Replayed => {
            presenter.explain(auth, &session, token.generation, now);
            holder::end_replayed(auth, &session).await?;
            Err(NotRotated::Replayed)
        }
        TokenStanding::Current => Ok((session, true)),
        TokenStanding::Superseded => Ok((session, false)),
    }
}

pub(super) async fn is_live(auth: &Auth, session: Uuid, generation: i64, now: OffsetDateTime) -> db::Result<bool> {
    let session = store::by_id(auth.db(), session).await?;
    Ok(session.is_some_and(|session| {
        let standing = session.standing(generation, now, &auth.settings().sessions);
        matches!(standing, TokenStanding::Current | TokenStanding::Superseded)
    }))
}
