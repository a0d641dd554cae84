//! `flush-tokens`.

use std::process::ExitCode;

use super::with_auth;
use crate::app::Parts;
use crate::operations::{expired, flush};

/// Removes expired data, or counts it.
pub(super) async fn flush_tokens(parts: Box<Parts>, dry_run: bool) -> anyhow::Result<ExitCode> {
    let (verb, counts) = with_auth(parts, async |auth| {
        Ok(if dry_run { ("would remove", expired(auth).await?) } else { ("removed", flush(auth).await?) })
    })
    .await?;
    for (kind, count) in counts.kinds() {
        println!("{verb} {count} {kind}");
    }
    Ok(ExitCode::SUCCESS)
}
