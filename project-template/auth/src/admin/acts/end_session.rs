use axum::http::StatusCode;

use super::{Act, Acting};
use crate::error::{Error, Result};
use crate::sessions::{self, EndedBy};

pub(super) const ACT: Act =
    Act { name: "end-session", is_dangerous: false, fields: &["session"], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    acting.reach_sessions().await?;
    let session = acting.fields.typed("session").and_then(|id| id.parse().ok());
    let ended = match session {
        Some(session) => sessions::end(acting.auth, session, acting.user.id, EndedBy::Admin).await?,
        None => false,
    };
    if ended { Ok(()) } else { Err(over()) }
}

fn over() -> Error {
    Error::refused(StatusCode::CONFLICT, "The session had already ended.", "conflict")
}
