//! Staff reach accounts with a lower role than their own, superusers every account. No one may change their own
//! account, except for its sessions. The statement that begins an act checks this and locks the account until the
//! commit, so that a concurrent change of a role takes effect entirely before or after it. A new act is a file here, a
//! line in `ALL`, and words in `admin_user_page.html`; a dangerous one also has words in `admin_confirm_page.html`.

mod activate;
mod deactivate;
mod disconnect;
mod end_access;
mod end_session;
mod end_sessions;
mod remove_factor;
mod remove_passkey;
mod resend;
mod reset;
mod role;

use std::pin::Pin;

use uuid::Uuid;

use super::store;
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::error::refusals;
use crate::http::Fields;
use crate::portal::Posted;
use crate::users::{User, role::SUPERUSER};

const ALL: [&Act; 11] = [
    &resend::ACT,
    &reset::ACT,
    &end_session::ACT,
    &end_sessions::ACT,
    &end_access::ACT,
    &remove_factor::ACT,
    &remove_passkey::ACT,
    &disconnect::ACT,
    &role::ACT,
    &activate::ACT,
    &deactivate::ACT,
];

pub(super) struct Act {
    pub(super) name: &'static str,
    /// It needs a recent proof of who acts.
    pub(super) is_dangerous: bool,
    pub(super) fields: &'static [&'static str],
    perform: for<'a> fn(&'a Acting<'a>) -> Performed<'a>,
}

type Performed<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

refusals! {
    /// The account is of the same role or a higher one, or one's own.
    OutOfReach = FORBIDDEN, "permission_denied", "Your role does not reach this account.";
    /// The account was invited, and its owner has set no password yet.
    IsGuest = CONFLICT, "conflict", "This account was invited and not taken up. Invite its address again instead.";
}

impl Act {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|act| act.name == name)
    }

    pub(super) async fn perform(&self, auth: &Auth, posted: &Posted, user: &User) -> Result<()> {
        let acting = Acting { auth, admin: posted.visitor.user.id, fields: &posted.fields, user };
        (self.perform)(&acting).await
    }
}

/// Judged by these rows; the act itself checks again.
pub(super) fn reaches(admin: &User, user: &User) -> bool {
    admin.id != user.id && (admin.role >= SUPERUSER || admin.role > user.role)
}

struct Acting<'a> {
    auth: &'a Auth,
    admin: Uuid,
    fields: &'a Fields,
    user: &'a User,
}

impl Acting<'_> {
    /// For what a guest cannot have: their account is changed by another invitation, or by revoking it.
    fn require_member(&self) -> Result<()> {
        if self.user.is_guest() { Err(IsGuest.into()) } else { Ok(()) }
    }

    async fn hold(&self, tx: &mut Tx) -> Result<i64> {
        Ok(store::hold_within_reach(tx, self.admin, self.user.id).await?.ok_or(OutOfReach)?)
    }

    async fn reach(&self) -> Result<()> {
        let mut tx = self.auth.db().begin().await?;
        self.hold(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// As [`Acting::hold`], for what only superusers may: afterwards less than before opens the account.
    async fn hold_as_superuser(&self, tx: &mut Tx) -> Result<()> {
        self.hold(tx).await?;
        if store::may_give(tx, self.admin, SUPERUSER).await? { Ok(()) } else { Err(OutOfReach.into()) }
    }

    async fn reach_sessions(&self) -> Result<()> {
        if self.admin == self.user.id { Ok(()) } else { self.reach().await }
    }
}
