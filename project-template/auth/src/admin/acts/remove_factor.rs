use axum::http::StatusCode;

use super::super::store;
use super::{Act, Acting, OutOfReach};
use crate::account;
use crate::error::{Error, Result};
use crate::users::role;

pub(super) const ACT: Act =
    Act { name: "remove-factor", is_dangerous: true, fields: &[], perform: |acting| Box::pin(perform(acting)) };

/// Only superusers may: afterwards the password alone opens the account.
async fn perform(acting: &Acting<'_>) -> Result<()> {
    let mut tx = acting.auth.db().begin().await?;
    acting.hold(&mut tx).await?;
    if !store::may_give(&mut tx, acting.admin, role::SUPERUSER).await? {
        return Err(OutOfReach.into());
    }
    let (removed, ended) = account::remove_second_factor_in(acting.auth, &mut tx, acting.user).await?;
    if !removed {
        let detail = "The account has no second factor.";
        return Err(Error::refused(StatusCode::CONFLICT, detail, "conflict"));
    }
    ended.commit(acting.auth, tx).await
}
