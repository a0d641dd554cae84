use super::{Act, Acting};
use crate::codes::ReturnTo;
use crate::error::Result;
use crate::password_reset;

pub(super) const ACT: Act =
    Act { name: "reset", is_dangerous: false, fields: &[], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    acting.require_member()?;
    acting.reach().await?;
    password_reset::request(acting.auth, &acting.user.email, &ReturnTo::default()).await
}
