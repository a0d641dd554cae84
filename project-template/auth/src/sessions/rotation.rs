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
use crate::throttle::Action;
use crate::tokens::RefreshClaims;
use crate::users::User;

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
        let Judged { session, holder, is_current, due_at } = judge(auth, token, presenter, now).await?;
        let (holder, claims) = holder::refreshing(auth, &holder).await?;
        if !is_current {
            if store::set_due_at(auth.db(), session.id, session.refresh_due_at, due_at).await? {
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
        if store::advance(auth.db(), &next, was_due_at, Some(client).filter(|_| settings.collect_device)).await? {
            return Ok(issue(auth, &next, (holder, &claims), client, now));
        }
    }
}

struct Judged {
    session: Session,
    holder: User,
    /// If not, the token was superseded a moment ago.
    is_current: bool,
    /// To be stored as `refresh_due_at`.
    due_at: i64,
}

async fn judge(
    auth: &Auth,
    token: &RefreshClaims,
    presenter: Presenter<'_>,
    now: OffsetDateTime,
) -> Result<Judged, NotRotated> {
    // Checked first: an old token presented from elsewhere must not end the session.
    if !binding::holds(auth, token, presenter.client) {
        return Err(NotRotated::NotValid);
    }
    let settings = &auth.settings().sessions;
    let held = store::with_holder(auth.db(), token.session).await?.filter(|(session, _)| session.user_id == token.sub);
    let Some((session, holder)) = held else {
        // The row of an expired session is removed at some point; its tokens still tell when it began.
        let began = OffsetDateTime::from_unix_timestamp(token.session_iat).ok();
        let is_over = began.and_then(|began| settings.end_of(began)).is_some_and(|end| end <= now);
        return Err(if is_over { NotRotated::Outlived } else { NotRotated::NotValid });
    };
    let due_at = auth.throttle().admit(Action::Refresh, session.refresh_due_at)?;
    let is_current = match session.standing(token.generation, now, settings) {
        TokenStanding::Over => return Err(NotRotated::NotValid),
        TokenStanding::Outlived => {
            end(auth, session.id, session.user_id, EndedBy::Lifetime).await?;
            return Err(NotRotated::Outlived);
        }
        _ if token.is_expired(now) => return Err(NotRotated::NotValid),
        TokenStanding::Replayed if presenter.reloads(auth, &session, token.generation, now) => false,
        TokenStanding::Replayed => {
            presenter.explain(auth, &session, token.generation, now);
            holder::end_replayed(auth, &session, &holder).await?;
            return Err(NotRotated::Replayed);
        }
        TokenStanding::Current => true,
        TokenStanding::Superseded => false,
    };
    Ok(Judged { session, holder, is_current, due_at })
}

pub(super) async fn is_live(auth: &Auth, session: Uuid, generation: i64, now: OffsetDateTime) -> db::Result<bool> {
    let session = store::by_id(auth.db(), session).await?;
    Ok(session.is_some_and(|session| {
        let standing = session.standing(generation, now, &auth.settings().sessions);
        matches!(standing, TokenStanding::Current | TokenStanding::Superseded)
    }))
}
