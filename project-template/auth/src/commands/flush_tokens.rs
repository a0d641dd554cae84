//! `flush-tokens`.

use std::process::ExitCode;

use crate::app::Auth;
use crate::operations::{expired, flush};
use crate::parts::Parts;

/// Removes what has expired, or counts it.
pub(super) async fn flush_tokens(parts: Box<Parts>, dry_run: bool) -> anyhow::Result<ExitCode> {
    let auth = Auth::of(parts, ()).await?;
    let (verb, counts) =
        if dry_run { ("would remove", expired(&auth).await?) } else { ("removed", flush(&auth).await?) };
    for (kind, count) in counts.kinds() {
        println!("{verb} {count} {kind}");
    }
    auth.db().close().await;
    Ok(ExitCode::SUCCESS)
}
