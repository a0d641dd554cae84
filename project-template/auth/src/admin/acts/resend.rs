use super::{Act, Acting};
use crate::email_verification::{self, Mode, Wish};
use crate::error::{Error, Result};

pub(super) const ACT: Act =
    Act { name: "resend", is_dangerous: false, fields: &[], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    if acting.auth.settings().email_verification.mode == Mode::None {
        return Err(Error::not_found());
    }
    acting.require_member()?;
    acting.reach().await?;
    email_verification::resend(acting.auth, &acting.user.email, Wish::default()).await.map(drop)
}
