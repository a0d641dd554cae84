use axum::http::StatusCode;

use super::{Act, Acting};
use crate::account;
use crate::error::{Error, Result};

pub(super) const ACT: Act =
    Act { name: "remove-factor", is_dangerous: true, fields: &[], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    let mut tx = acting.auth.db().begin().await?;
    acting.hold_as_superuser(&mut tx).await?;
    let (removed, ended) = account::remove_second_factor_in(acting.auth, &mut tx, acting.user).await?;
    if !removed {
        let detail = "The account has no second factor.";
        return Err(Error::refused(StatusCode::CONFLICT, detail, "conflict"));
    }
    ended.commit(acting.auth, tx).await
}
