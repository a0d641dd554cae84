//! Everything that depends on the operating system, so that no other file does.
//!
//! `unix` keeps every promise of ARCHITECTURE.md. `portable` is for all other systems, which means Windows: it uses the
//! standard library only, and says what it cannot promise. The feature `portable` selects it on Unix, for its tests.

#[cfg(any(not(unix), feature = "portable"))]
mod portable;
#[cfg(not(any(not(unix), feature = "portable")))]
mod unix;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{MAIN_SEPARATOR, MAIN_SEPARATOR_STR, Path};

#[cfg(any(not(unix), feature = "portable"))]
use portable as system;
#[cfg(not(any(not(unix), feature = "portable")))]
use unix as system;

pub(crate) use system::{
    Beneath, COMMON_TEMPORARY, Descendants, LONGEST, TEMPORARY, Terminal, canonical, create_private, create_stage,
    end_with, has_no_time_left, is_executable, kill, lead_group, lead_session, lift_limit, limit, limit_memory,
    link_target, link_to, lockable, make_executable, mode, remove_stage, set_mode, signal, watch_signals,
};

/// Far more than any template file, or a journal of them.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a file, up to a limit: somebody else may have made it arbitrarily large.
pub(crate) fn contents(file: File) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut contents)?;
    if contents.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024)));
    }
    Ok(contents)
}

/// A path inside a template or a project, with `/` on every system. None if it is not UTF-8.
pub(crate) fn slashed(path: &Path) -> Option<Cow<'_, str>> {
    let text = path.to_str()?;
    Some(if MAIN_SEPARATOR == '/' { text.into() } else { text.replace(MAIN_SEPARATOR_STR, "/").into() })
}

#[cfg(all(test, unix))]
mod tests;
