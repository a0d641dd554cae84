use axum::http::StatusCode;

use super::{Act, Acting};
use crate::error::{Error, Result};
use crate::passkeys;

pub(super) const ACT: Act = Act {
    name: "remove-passkey",
    is_dangerous: true,
    fields: &["passkey"],
    perform: |acting| Box::pin(perform(acting)),
};

async fn perform(acting: &Acting<'_>) -> Result<()> {
    let passkey = acting.fields.typed("passkey").and_then(|id| id.parse().ok());
    let mut tx = acting.auth.db().begin().await?;
    acting.hold_as_superuser(&mut tx).await?;
    let ended = match passkey {
        Some(passkey) => passkeys::remove_in(acting.auth, &mut tx, acting.user, passkey).await?,
        None => None,
    };
    ended.ok_or_else(gone)?.commit(acting.auth, tx).await
}

fn gone() -> Error {
    Error::refused(StatusCode::CONFLICT, "The account has no such passkey.", "conflict")
}
