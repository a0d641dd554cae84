use std::process::ExitCode;

use super::{output, with_auth, with_auth_of_dry_run};
use crate::app::Parts;
use crate::operations::{expired, flush};

pub(super) async fn flush_tokens(parts: Box<Parts>, dry_run: bool) -> anyhow::Result<ExitCode> {
    let (verb, counts) = if dry_run {
        ("would remove", with_auth_of_dry_run(parts, async |auth| Ok(expired(auth).await?)).await?)
    } else {
        ("removed", with_auth(parts, async |auth| Ok(flush(auth).await?)).await?)
    };
    for (kind, count) in counts.kinds() {
        output::line(format_args!("{verb} {count} {kind}"));
    }
    Ok(ExitCode::SUCCESS)
}
