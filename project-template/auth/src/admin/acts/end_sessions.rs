use super::{Act, Acting};
use crate::error::Result;
use crate::sessions::{self, TokenKinds};

pub(super) const ACT: Act =
    Act { name: "end-sessions", is_dangerous: true, fields: &[], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    acting.reach_sessions().await?;
    sessions::invalidate(acting.auth, acting.user.id, TokenKinds::All).await.map(drop)
}
