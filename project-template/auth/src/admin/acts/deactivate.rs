use super::{Act, Acting};
use crate::account;
use crate::error::Result;
use crate::users;

pub(super) const ACT: Act =
    Act { name: "deactivate", is_dangerous: true, fields: &[], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    let mut tx = acting.auth.db().begin().await?;
    users::hold_superusers(&mut tx).await?;
    acting.hold(&mut tx).await?;
    let (_, ended) = account::set_active_in(acting.auth, &mut tx, acting.user.id, false).await?;
    ended.commit(acting.auth, tx).await
}
