//! The acts of staff, and the accounts they reach.
//!
//! Staff reach accounts with a lower role than their own, superusers reach every account. No one may change their own
//! account, except for its sessions. The statement that begins an act checks this and locks the account until the act
//! is committed, so that a concurrent change of a role takes effect entirely before or entirely after it.

use axum::http::StatusCode;
use uuid::Uuid;

use super::gate::Posted;
use super::store;
use crate::Auth;
use crate::account;
use crate::audit::{Event, Kind};
use crate::db::Tx;
use crate::email_verification::{self, Mode, Wish};
use crate::error::refusals;
use crate::error::{Error, Result};
use crate::http::ReturnTo;
use crate::password_reset;
use crate::sessions::{self, EndedBy, TokenKinds};
use crate::users::{self, User, role};

/// An act on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Resend,
    Reset,
    EndSession,
    EndSessions,
    EndAccess,
    Role,
    Activate,
    Deactivate,
}

const ALL: [Act; 8] = [
    Act::Resend,
    Act::Reset,
    Act::EndSession,
    Act::EndSessions,
    Act::EndAccess,
    Act::Role,
    Act::Activate,
    Act::Deactivate,
];

refusals! {
    /// The account is of the same role or a higher one, or one's own.
    OutOfReach = FORBIDDEN, "permission_denied", "Your role does not reach this account.";
}

impl Act {
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|act| act.name() == name)
    }

    /// The name in paths.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Reset => "reset",
            Self::EndSession => "end-session",
            Self::EndSessions => "end-sessions",
            Self::EndAccess => "end-access",
            Self::Role => "role",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
        }
    }

    /// Whether the act requires the password again.
    pub(super) fn is_dangerous(self) -> bool {
        matches!(self, Self::EndSessions | Self::Role | Self::Activate | Self::Deactivate)
    }

    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::EndSession => &["session"],
            Self::Role => &["role"],
            _ => &[],
        }
    }
}

/// Whether an admin may change an account, judged by these rows. The act itself checks again.
pub(super) fn reaches(admin: &User, user: &User) -> bool {
    admin.id != user.id && (admin.role >= role::SUPERUSER || admin.role > user.role)
}

pub(super) async fn perform(auth: &Auth, act: Act, posted: &Posted, user: &User) -> Result<()> {
    let admin = posted.admin.user.id;
    match act {
        Act::Resend => {
            if auth.settings().email_verification.mode == Mode::None {
                return Err(Error::not_found());
            }
            reach(auth, admin, user.id).await?;
            email_verification::resend(auth, &user.email, Wish::default()).await.map(drop)
        }
        Act::Reset => {
            reach(auth, admin, user.id).await?;
            password_reset::request(auth, &user.email, &ReturnTo::default()).await
        }
        Act::EndSession => {
            reach_sessions(auth, admin, user.id).await?;
            let session = posted.fields.typed("session").and_then(|id| id.parse().ok());
            let ended = match session {
                Some(session) => sessions::end(auth, session, user.id, EndedBy::Admin).await?,
                None => false,
            };
            if ended { Ok(()) } else { Err(over()) }
        }
        Act::EndSessions => {
            reach_sessions(auth, admin, user.id).await?;
            sessions::invalidate(auth, user.id, TokenKinds::All).await.map(drop)
        }
        Act::EndAccess => {
            reach_sessions(auth, admin, user.id).await?;
            sessions::invalidate(auth, user.id, TokenKinds::Access).await.map(drop)
        }
        Act::Role => give_role(auth, admin, user, posted.fields.typed("role").unwrap_or_default()).await,
        Act::Activate => set_active(auth, admin, user, true).await,
        Act::Deactivate => set_active(auth, admin, user, false).await,
    }
}

async fn set_active(auth: &Auth, admin: Uuid, user: &User, active: bool) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    if !active {
        users::hold_superusers(&mut tx).await?;
    }
    hold(&mut tx, admin, user.id).await?;
    let (_, ended) = account::set_active_in(auth, &mut tx, user.id, active).await?;
    ended.commit(auth, tx).await
}

async fn give_role(auth: &Auth, admin: Uuid, user: &User, level: &str) -> Result<()> {
    let level = level.parse().ok().filter(|level| (role::USER..=role::SUPERUSER).contains(level));
    let level: i64 = level.ok_or_else(|| Error::field("role", "There is no such role."))?;
    let mut tx = auth.db().begin().await?;
    users::hold_superusers(&mut tx).await?;
    let before = hold(&mut tx, admin, user.id).await?;
    if !store::may_give(&mut tx, admin, level).await? {
        let detail = "Nobody can give a role above their own.";
        return Err(Error::refused(StatusCode::FORBIDDEN, detail, "permission_denied"));
    }
    if level < role::SUPERUSER {
        users::protect_last_superuser(&mut tx, user.id).await?;
    }
    users::set_role(&mut tx, user.id, level, auth.now()).await?;
    let change = format!("{before} to {level}");
    auth.audit().write(&mut tx, Event::of(Kind::RoleChanged, user).saying(change)).await?;
    let is_promotion = level >= role::STAFF && level > before;
    let ended = if is_promotion { account::secure_promoted(auth, &mut tx, user.id).await? } else { None };
    // Access tokens carry the old role; a refresh issues one with the new role.
    match sessions::take_back_access(auth, &mut tx, user.id).await? {
        Some(taken_back) => taken_back.and(ended).commit(auth, tx).await,
        None => Err(Error::not_found()),
    }
}

/// Checks that an account is within reach, and locks it until the transaction ends. Returns its role.
async fn hold(tx: &mut Tx, admin: Uuid, user: Uuid) -> Result<i64> {
    Ok(store::hold_within_reach(tx, admin, user).await?.ok_or(OutOfReach)?)
}

async fn reach(auth: &Auth, admin: Uuid, user: Uuid) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    hold(&mut tx, admin, user).await?;
    Ok(tx.commit().await?)
}

/// An admin's own sessions are always within reach.
async fn reach_sessions(auth: &Auth, admin: Uuid, user: Uuid) -> Result<()> {
    if admin == user { Ok(()) } else { reach(auth, admin, user).await }
}

fn over() -> Error {
    Error::refused(StatusCode::CONFLICT, "The session had already ended.", "conflict")
}
