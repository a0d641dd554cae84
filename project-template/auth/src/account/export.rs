//! Everything stored about a user, for export (GDPR, articles 15 and 20).

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::Auth;
use crate::audit::{AuditRow, Event, Filter, Kind};
use crate::connections::{self, Connection};
use crate::error::Result;
use crate::factors::{self, Overview};
use crate::passkeys::{self, Passkey};
use crate::sessions::{self, Session};
use crate::users::User;

/// Events per query.
const PAGE: u32 = 500;

pub(super) async fn export(auth: &Auth, user: &User, session: Uuid) -> Result<Value> {
    let mut tx = auth.db().begin().await?;
    auth.audit().write(&mut tx, Event::of(Kind::Exported, user).session(session)).await?;
    tx.commit().await?;
    let passkeys = passkeys::all_of_user(auth, user.id).await?;
    let connections = connections::all_of_user(auth, user.id).await?;
    let sessions = sessions::all_of_user(auth, user.id).await?;
    let mut events = Vec::new();
    let (filter, mut before) = (Filter { user: Some(user.id), ..Filter::default() }, Uuid::max());
    loop {
        let page = auth.audit().page(&filter, before, PAGE).await?;
        let Some(last) = page.last().filter(|_| !page.is_empty()) else { break };
        before = last.id;
        events.extend(page.into_iter().map(of_event));
    }
    Ok(json!({
        "account": of_account(user),
        "second_factor": factors::overview(auth, user.id).await?.as_ref().map(of_factor),
        "passkeys": passkeys.iter().map(of_passkey).collect::<Vec<_>>(),
        "connections": connections.iter().map(of_connection).collect::<Vec<_>>(),
        "sessions": sessions.iter().map(of_session).collect::<Vec<_>>(),
        "events": events,
    }))
}

fn of_account(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email.as_written(),
        "email_verified": user.email_verified,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "language": user.language,
        "role": user.role,
        "is_active": user.is_active,
        // The hash is useless to its owner, but useful to a thief of the export.
        "has_password": user.password_hash.is_some(),
        "created": at(user.created_at),
        "last_login": user.last_login_at.map(at),
    })
}

fn of_factor(factor: &Overview) -> Value {
    json!({
        "type": "totp",
        "created": at(factor.created_at),
        "last_used": factor.last_used_at.map(at),
        "recovery_codes_left": factor.recovery_codes_left,
    })
}

fn of_passkey(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "name": passkey.name,
        "created": at(passkey.created_at),
        "last_used": passkey.used_at.map(at),
        "can_be_synced": passkey.can_be_synced,
        "synced": passkey.is_synced,
        "model": passkey.model,
        "transports": passkey.transports(),
    })
}

fn of_connection(connection: &Connection) -> Value {
    json!({
        "id": connection.id,
        "provider": connection.provider,
        "uid": connection.uid,
        "created": at(connection.created_at),
        "last_used": connection.last_login_at.map(at),
    })
}

fn of_session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "created": at(session.created_at),
        "last_used": at(session.refreshed_at),
        "expires": at(session.expires_at),
        "ended": session.ended_at.map(at),
        "ip": session.ip,
        "user_agent": session.user_agent,
        "remembered": session.remembered,
    })
}

fn of_event(event: AuditRow) -> Value {
    json!({
        "at": at(event.at),
        "kind": event.kind,
        "session": event.session_id,
        "email": event.email,
        // If staff acted, the IP address is theirs.
        "ip": event.ip.filter(|_| event.actor_id.is_none()),
        "detail": event.detail,
        "count": event.count,
    })
}

fn at(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}
