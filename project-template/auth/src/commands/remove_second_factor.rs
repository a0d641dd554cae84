//! `remove-second-factor`.

use std::process::ExitCode;

use anyhow::{Context, bail};

use super::{output, with_auth};
use crate::account;
use crate::app::Parts;
use crate::error::Error;
use crate::languages::Language;
use crate::users::{self, Email};

/// Removes the second factor of an account whose owner has lost it, and ends its sessions: for the last superuser, whom
/// nobody can help on the admin pages.
pub(super) async fn remove(parts: Box<Parts>, address: &str) -> anyhow::Result<ExitCode> {
    let email = Email::parse(address).with_context(|| format!("`{address}` is not an e-mail address"))?;
    with_auth(parts, async |auth| {
        let user = users::by_address(auth.db(), &email).await?;
        let user = user.with_context(|| format!("no account has the address {address}"))?;
        match account::remove_second_factor(auth, &user).await {
            Ok(true) => {}
            Ok(false) => bail!("the account {address} has no second factor"),
            Err(Error::Internal(error) | Error::Unavailable(error)) => return Err(error),
            Err(error) => bail!(error.message_in(Language::english())),
        }
        output::line(format_args!("removed the second factor of {address}, and ended its sessions"));
        Ok(())
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
