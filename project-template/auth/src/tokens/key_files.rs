//! Where keys come from: a directory of them, a file, or the value itself in the settings.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::{
    jws::Algorithm,
    key_set::KeySet,
    keys::{self, SigningKey},
    pem::Pkcs8,
};
use crate::settings::Problem;

/// Extension of a file with a private key in PEM.
pub(crate) const PEM: &str = "pem";
/// Extension of a file with an HS256 secret in base64url.
pub(crate) const SECRET: &str = "secret";

/// Characters of the shortest secret, 32 bytes, in base64url.
const SECRET_TEXT: usize = 43;

/// Begins the comment line that says from when on a key signs, as an RFC 3339 time.
const SIGNS_FROM: &str = "signs-from:";

/// What was found, and what is not as it should be without being wrong.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The keys.
    pub(crate) keys: KeySet,
    /// Sentences for the log, each with its fix.
    pub(crate) warnings: Vec<String>,
}

impl KeySet {
    /// The keys that `entries` name, newest first.
    ///
    /// An entry is a directory (its `*.pem` and `*.secret` files, the greatest file name first), a file, or a value:
    /// PKCS#8 DER or an HS256 secret of at least 32 bytes, in base64url.
    ///
    /// # Errors
    /// Every problem as a sentence that names the entry and the fix; never the value of one.
    pub(crate) fn load(entries: &[SecretString], algorithm: Algorithm) -> Result<Loaded, Vec<Problem>> {
        let mut loading = Loading::default();
        for (index, entry) in entries.iter().enumerate() {
            loading.entry(index + 1, entry.expose_secret().trim());
        }
        let Loading { keys, warnings, problems } = loading;
        if !problems.is_empty() {
            return Err(problems);
        }
        match KeySet::new(keys, algorithm) {
            Ok(keys) => Ok(Loaded { keys, warnings }),
            Err(problem) => Err(vec![problem]),
        }
    }
}

/// The text of a key file with the time from which the key signs.
///
/// # Errors
/// When the year of `when` has more than four digits.
pub(crate) fn with_signs_from(key: &str, when: OffsetDateTime) -> Result<Zeroizing<String>, time::error::Format> {
    let when = when.format(&Rfc3339)?;
    Ok(Zeroizing::new(format!("{SIGNS_FROM} {when}\n{key}")))
}

#[derive(Default)]
struct Loading {
    keys: Vec<SigningKey>,
    warnings: Vec<String>,
    problems: Vec<Problem>,
}

impl Loading {
    fn entry(&mut self, position: usize, entry: &str) {
        let path = Path::new(entry);
        if path.is_dir() {
            self.directory(path);
        } else if path.is_file() {
            self.file(path);
        } else if may_be_key(entry) && looks_like_path(entry) {
            self.problem(format_args!(
                "has value {position}, which is not a file that exists; a key itself is given in base64url, on one line and \
                 without the marks of PEM, as `cargo run -- keys rotate --print` does"
            ));
        } else if looks_like_path(entry) {
            self.problem(format_args!(
                "names `{entry}`, which does not exist; make a key with `cargo run -- keys rotate` or correct the path"
            ));
        } else {
            self.add(format_args!("has value {position}, which"), from_value(entry));
        }
    }

    fn directory(&mut self, directory: &Path) {
        let name = directory.display();
        match key_files(directory) {
            Ok(files) if files.is_empty() => self.problem(format_args!(
                "names `{name}`, which holds no *.{PEM} and no *.{SECRET} file; make a key with `cargo run -- keys rotate`"
            )),
            Ok(files) => files.iter().for_each(|file| self.file(file)),
            Err(error) => self.problem(format_args!("names `{name}`, which cannot be listed: {error}")),
        }
    }

    fn file(&mut self, file: &Path) {
        let name = format!("names `{}`, which", file.display());
        let is_pem = file.extension().is_some_and(|it| it == PEM);
        match fs::read_to_string(file).map(Zeroizing::new) {
            Ok(text) => {
                self.warn_if_readable_by_others(file);
                self.add(&name, from_file(&text, is_pem));
            }
            Err(error) => self.problem(format_args!("{name} cannot be read: {error}")),
        }
    }

    fn add(&mut self, name: impl Display, key: Result<SigningKey, String>) {
        match key {
            Ok(key) => self.keys.push(key),
            Err(problem) => self.problem(format_args!("{name} {problem}")),
        }
    }

    fn problem(&mut self, words: impl Display) {
        self.problems.push(Problem::new("tokens.keys", words));
    }

    #[cfg(unix)]
    fn warn_if_readable_by_others(&mut self, file: &Path) {
        use std::os::unix::fs::PermissionsExt as _;
        let others = 0o077;
        let mode = fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode());
        if mode & others != 0 {
            let name = file.display();
            self.warnings
                .push(format!("tokens.keys: `{name}` is open to other users; close it with `chmod 600 {name}`"));
        }
    }

    #[cfg(not(unix))]
    fn warn_if_readable_by_others(&mut self, _file: &Path) {}
}

/// The key files of a directory, the newest first.
pub(crate) fn key_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let extension = path.extension();
        if extension.is_some_and(|it| it == PEM || it == SECRET) && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable_by(|a, b| b.file_name().cmp(&a.file_name()));
    Ok(files)
}

/// Whether an entry names a directory, or one that is still to be made. What may be a key is neither: it would be there for
/// everybody to see. An absolute path may look like one; unlike most of plain base64 it does not end in `=`.
pub(crate) fn may_be_directory(entry: &str) -> bool {
    let path = Path::new(entry);
    let is_path = || !may_be_key(entry) || (path.is_absolute() && !entry.ends_with('='));
    path.is_dir() || (!entry.is_empty() && !path.exists() && path.extension().is_none() && is_path())
}

/// Whether an entry may be a key in a form that is not read, such as PEM or plain base64: then no message repeats it.
fn may_be_key(entry: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/-_=".contains(&byte);
    entry.contains("-----BEGIN") || (entry.len() >= SECRET_TEXT && entry.bytes().all(is_base64))
}

/// A mistyped path must not become a secret. No base64url text has these characters.
fn looks_like_path(entry: &str) -> bool {
    entry.is_empty() || entry.contains(['/', '\\', '.', '~', ' '])
}

fn from_value(value: &str) -> Result<SigningKey, String> {
    let bytes = decode(value)?;
    // No random secret looks like PKCS#8: that takes ten given bytes in given places.
    if Pkcs8::parse(&bytes).is_ok() { SigningKey::from_pkcs8(&bytes) } else { SigningKey::from_secret(&bytes) }
}

fn from_file(text: &str, is_pem: bool) -> Result<SigningKey, String> {
    let signs_from = signs_from(text)?;
    let key = if is_pem || text.contains("-----BEGIN ") {
        SigningKey::from_pem(text)?
    } else {
        let is_comment = |line: &&str| line.starts_with(SIGNS_FROM) || line.starts_with('#');
        let value = text.lines().map(str::trim).find(|line| !line.is_empty() && !is_comment(line));
        SigningKey::from_secret(&decode(value.unwrap_or_default())?)?
    };
    Ok(key.signing_from(signs_from))
}

fn signs_from(text: &str) -> Result<Option<OffsetDateTime>, String> {
    let Some(when) = text.lines().find_map(|line| line.trim().strip_prefix(SIGNS_FROM)) else {
        return Ok(None);
    };
    let when = when.trim();
    OffsetDateTime::parse(when, &Rfc3339)
        .map(Some)
        .map_err(|_| format!("has `{SIGNS_FROM} {when}`, which is not like 2026-01-31T08:00:00Z"))
}

fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    if text.len() < SECRET_TEXT {
        return Err(
            "is not a file or directory that exists, and is too short for a key; make one with `cargo run -- keys rotate`"
                .into(),
        );
    }
    if keys::has_placeholder(text.as_bytes()) {
        return Err("is a placeholder; put a new one with `cargo run -- keys rotate`".into());
    }
    URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map(Zeroizing::new)
        .map_err(|_| "is neither PEM nor base64url".into())
}

#[cfg(test)]
#[path = "key_files_tests.rs"]
mod tests;
