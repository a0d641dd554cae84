use time::OffsetDateTime;
use uuid::Uuid;

use super::{Authentication, Holder, Session, binding, store};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::http::Client;
use crate::tokens::UserClaims;

/// The tokens of a session, ready to be issued.
pub struct Issued {
    pub(super) at: OffsetDateTime,
    /// The session's id.
    pub session: Uuid,
    /// The access token, valid on its own until it expires.
    pub access: String,
    /// When the access token expires.
    pub access_until: OffsetDateTime,
    /// The current refresh token.
    pub refresh: String,
    /// When the refresh token expires.
    pub refresh_until: OffsetDateTime,
    /// Whether the browser keeps the session when it is closed.
    pub remembered: bool,
}

pub(super) async fn begin(
    auth: &Auth,
    tx: &mut Tx,
    holder: Holder,
    claims: &UserClaims,
    client: &Client,
    (authentication, remembered): (&Authentication, bool),
) -> Result<Issued> {
    let now = auth.now();
    let settings = &auth.settings().sessions;
    let mut session = Session {
        id: Uuid::now_v7(),
        user_id: holder.id,
        generation: 0,
        superseded: String::new(),
        claims: serde_json::to_string(claims).map_err(anyhow::Error::new)?,
        created_at: now,
        refreshed_at: now,
        expires_at: now,
        ended_at: None,
        refreshable: true,
        ip: client.ip.filter(|_| settings.collect_device).map(|ip| ip.to_string()),
        user_agent: client.user_agent.clone().filter(|_| settings.collect_device),
        rotated_by: None,
        remembered,
        methods: authentication.methods.to_text(),
        proven_at: Some(authentication.at.unwrap_or(now)),
        refresh_due_at: 0,
    };
    session.expires_at = session.next_expiry(settings, now);
    store::insert(tx, &session).await?;
    Ok(issue(auth, &session, (holder, claims), client, now))
}

pub(super) fn issue(
    auth: &Auth,
    session: &Session,
    (holder, claims): (Holder, &UserClaims),
    client: &Client,
    now: OffsetDateTime,
) -> Issued {
    let end = session.end(&auth.settings().sessions);
    let refreshed = session.user_claims();
    let (from, until) = (session.refreshed_at, session.expires_at);
    let access = session.grant(holder, claims, binding::of_access(auth, session.id, client, now));
    let refresh = session.grant(holder, &refreshed, binding::of_refresh(auth, session.id, client, from));
    Issued {
        at: now,
        session: session.id,
        access: auth.tokens().access(&access, now, end),
        access_until: auth.tokens().access_until(now, end),
        refresh: auth.tokens().refresh(&refresh, session.generation, from, until),
        refresh_until: until,
        remembered: session.remembered,
    }
}
