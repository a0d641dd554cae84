use axum::http::StatusCode;
use uuid::Uuid;

use super::{Act, Acting};
use crate::connections;
use crate::error::{Error, Result};
use crate::sessions::{self, EndedBy};

pub(super) const ACT: Act = Act {
    name: "disconnect",
    is_dangerous: true,
    fields: &["connection"],
    perform: |acting| Box::pin(perform(acting)),
};

async fn perform(acting: &Acting<'_>) -> Result<()> {
    let (auth, user) = (acting.auth, acting.user);
    let id: Option<Uuid> = acting.fields.typed("connection").and_then(|id| id.parse().ok());
    let mut tx = auth.db().begin().await?;
    acting.hold_as_superuser(&mut tx).await?;
    let all = connections::all_of_user_in(&mut tx, user.id).await?;
    let connection = all.iter().find(|connection| Some(connection.id) == id).ok_or_else(gone)?;
    connections::remove(auth, &mut tx, user, connection).await?;
    sessions::end_all(auth, &mut tx, user.id, None, EndedBy::Admin).await?.commit(auth, tx).await
}

fn gone() -> Error {
    Error::refused(StatusCode::CONFLICT, "The account has no such connection.", "conflict")
}
