//! What using a refresh token does (security.md 50 to 53 in the project's words: one winner, replays end the session).

use time::OffsetDateTime;
use uuid::Uuid;

use super::session::Standing;
use super::{EndedBy, Issued, Session, binding, capped, end, end_all, end_in, issue, store, user_claims};
use crate::app::Auth;
use crate::audit;
use crate::email_verification;
use crate::error::{Error, Result};
use crate::http::Client;
use crate::sessions::checkpoints::Checkpoints;
use crate::tokens::RefreshClaims;
use crate::users::{self, User};

/// Why a refresh token was not exchanged.
#[derive(Debug)]
pub(crate) enum NotRotated {
    /// It is not, or no longer, worth anything.
    NotValid,
    /// It was exchanged before, and its session is over for that.
    Replayed,
    /// The session reached its absolute lifetime and is over.
    Outlived,
    /// Something else went wrong.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for NotRotated {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Exchanges a refresh token for the next one.
///
/// The row is read, judged and moved on by a statement that holds only if nobody else moved it. Whoever loses judges
/// again, and then finds a token that was superseded: by the window's rule a retry or a replay.
pub(crate) async fn rotate(auth: &Auth, token: &RefreshClaims, client: &Client) -> Result<Issued, NotRotated> {
    let settings = &auth.settings().sessions;
    // Asked first: whoever shows an old token from elsewhere cannot end the session with it.
    if !binding::holds(auth, token, client) {
        return Err(NotRotated::NotValid);
    }
    loop {
        let now = auth.now();
        let session = store::by_id(auth.db(), token.session).await?.filter(|session| session.user_id == token.sub);
        let Some(session) = session else { return Err(NotRotated::NotValid) };
        let standing = session.standing(token.generation, now, settings);
        match standing {
            Standing::Over => return Err(NotRotated::NotValid),
            Standing::Outlived => {
                end(auth, session.id, session.user_id, EndedBy::Lifetime).await?;
                return Err(NotRotated::Outlived);
            }
            _ if token.is_expired(now) => return Err(NotRotated::NotValid),
            Standing::Replayed => {
                end_replayed(auth, &session).await?;
                return Err(NotRotated::Replayed);
            }
            Standing::Current | Standing::Superseded => {}
        }
        let user = active_user(auth, &session).await?;
        let claims = user_claims(auth, &user).await?;
        if standing == Standing::Superseded {
            return Ok(issue(auth, &session, (&user, &claims), client, now));
        }
        let mut next = Session {
            generation: session.generation + 1,
            superseded: Checkpoints::parse(&session.superseded)
                .push(session.generation, now, settings.retry_window)
                .to_text(),
            claims: serde_json::to_string(&claims).map_err(anyhow::Error::new)?,
            refreshed_at: now,
            expires_at: now + settings.refresh_lifetime,
            ..session
        };
        next.expires_at = capped(&next, settings);
        if store::advance(auth.db(), &next, Some(client).filter(|_| settings.collect_device)).await? {
            return Ok(issue(auth, &next, (&user, &claims), client, now));
        }
    }
}

/// Ends a session of which somebody has a copy, and tells its owner where they wish it: once, whoever comes first.
async fn end_replayed(auth: &Auth, session: &Session) -> Result<(), NotRotated> {
    let owner = audit::notices::owner_to_tell(auth, session.user_id).await?;
    let mut tx = auth.db().begin().await?;
    let ended = end_in(auth, &mut tx, session.id, session.user_id, EndedBy::Replay).await?;
    if let Some(owner) = owner.filter(|_| ended.contains(session.id)) {
        audit::notices::replayed(auth, &mut tx, &owner).await?;
    }
    Ok(ended.commit(auth, tx).await?)
}

/// The account of a session; one that may not sign in any more loses its sessions.
async fn active_user(auth: &Auth, session: &Session) -> Result<User, NotRotated> {
    match users::store::by_id(auth.db(), session.user_id).await? {
        Some(user) if user.is_active => {
            email_verification::require(auth, &user)?;
            Ok(user)
        }
        Some(user) => {
            let mut tx = auth.db().begin().await?;
            users::store::hold(&mut tx, user.id).await?;
            end_all(auth, &mut tx, user.id, None, EndedBy::Deactivation).await?.commit(auth, tx).await?;
            Err(NotRotated::NotValid)
        }
        None => Err(NotRotated::NotValid),
    }
}

/// Whether the refresh token of a generation could be exchanged now.
pub(super) async fn is_live(auth: &Auth, session: Uuid, generation: i64, now: OffsetDateTime) -> sqlx::Result<bool> {
    let session = store::by_id(auth.db(), session).await?;
    Ok(session.is_some_and(|session| {
        let standing = session.standing(generation, now, &auth.settings().sessions);
        matches!(standing, Standing::Current | Standing::Superseded)
    }))
}
