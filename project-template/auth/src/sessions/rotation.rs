//! Rotation of refresh tokens (RFC 9700, section 4.14.2): of concurrent uses one wins, and a replay ends the session.

use time::OffsetDateTime;
use uuid::Uuid;

use super::issuing::issue;
use super::session::TokenStanding;
use super::{EndedBy, Issued, Session, batches, end, holder, store};
use crate::Auth;
use crate::db;
use crate::error::Error;
use crate::sessions::checkpoints::Checkpoints;
use crate::sessions::reload::Presenter;
use crate::throttle::Action;
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
        let Some((session, holder)) = batches::with_holder(auth, token.session).await? else {
            return Err(gone(auth, token, now));
        };
        let (is_current, due_at) = judge(auth, token, presenter, &session, now).await?;
        let (holder, claims) = holder::refreshing(auth, &session, &holder).await?;
        if !is_current {
            if count(auth, &session, due_at).await? {
                return Ok(issue(auth, &session, (holder, &claims), client, now));
            }
            continue;
        }
        let was_due_at = session.refresh_due_at;
        let mut next = Session {
            generation: session.generation + 1,
            superseded: Checkpoints::parse(&session.superseded)
                .push(session.generation, now, settings.retry_window)
                .to_text(),
            claims: serde_json::to_string(&claims).map_err(anyhow::Error::new)?,
            refreshed_at: now,
            rotated_by: Some(presenter.mark(auth, session.id, now)),
            refresh_due_at: due_at,
            ..session
        };
        next.expires_at = next.next_expiry(settings, now);
        let client_to_store = Some(client).filter(|_| settings.collect_device);
        if batches::advance(auth, &next, was_due_at, client_to_store).await? {
            return Ok(issue(auth, &next, (holder, &claims), client, now));
        }
    }
}

/// Counts a use that changes nothing else in the row. False if another one was counted since the row was read.
pub(super) async fn count(auth: &Auth, session: &Session, due_at: i64) -> db::Result<bool> {
    let was_due_at = session.refresh_due_at;
    Ok(due_at == was_due_at || store::set_due_at(auth.db(), session.id, was_due_at, due_at).await?)
}

/// The row of an expired session is removed at some point; its tokens still tell when it began.
pub(super) fn gone(auth: &Auth, token: &RefreshClaims, now: OffsetDateTime) -> NotRotated {
    let began = OffsetDateTime::from_unix_timestamp(token.session_iat).ok();
    let end = began.and_then(|began| auth.settings().sessions.end_of(began));
    if end.is_some_and(|end| end <= now) { NotRotated::Outlived } else { NotRotated::NotValid }
}

/// Returns whether the token is the session's current one (if not, it was superseded a moment ago), and the session's next
/// `refresh_due_at`.
pub(super) async fn judge(
    auth: &Auth,
    token: &RefreshClaims,
    presenter: Presenter<'_>,
    session: &Session,
    now: OffsetDateTime,
) -> Result<(bool, i64), NotRotated> {
    if session.user_id != token.sub {
        return Err(NotRotated::NotValid);
    }
    let due_at = auth.throttle().admit(Action::Refresh, session.refresh_due_at)?;
    match session.standing(token.generation, now, &auth.settings().sessions) {
        TokenStanding::Over => Err(NotRotated::NotValid),
        TokenStanding::Outlived => {
            end(auth, session.id, session.user_id, EndedBy::Lifetime).await?;
            Err(NotRotated::Outlived)
        }
        _ if token.is_expired(now) => Err(NotRotated::NotValid),
        TokenStanding::Replayed if presenter.reloads(auth, session, token.generation, now) => Ok((false, due_at)),
        TokenStanding::Replayed => {
            presenter.explain(auth, session, token.generation, now);
            holder::end_replayed(auth, session).await?;
            Err(NotRotated::Replayed)
        }
        TokenStanding::Current => Ok((true, due_at)),
        TokenStanding::Superseded => Ok((false, due_at)),
    }
}

pub(super) async fn is_live(auth: &Auth, session: Uuid, generation: i64, now: OffsetDateTime) -> db::Result<bool> {
    let session = store::by_id(auth.db(), session).await?;
    Ok(session.is_some_and(|session| {
        let standing = session.standing(generation, now, &auth.settings().sessions);
        matches!(standing, TokenStanding::Current | TokenStanding::Superseded)
    }))
}
