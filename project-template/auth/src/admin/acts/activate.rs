use super::{Act, Acting};
use crate::account;
use crate::error::Result;

pub(super) const ACT: Act =
    Act { name: "activate", is_dangerous: true, fields: &[], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    let mut tx = acting.auth.db().begin().await?;
    acting.hold(&mut tx).await?;
    let (_, ended) = account::set_active_in(acting.auth, &mut tx, acting.user.id, true).await?;
    ended.commit(acting.auth, tx).await
}
