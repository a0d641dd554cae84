//! Sources of keys: a directory, a file, or the key itself in the settings.

use std::{
    collections::HashMap,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use auth_tokens::{Algorithm, KeySet, SigningKey, Signs};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::key_file::{PEM, SECRET, SECRET_TEXT, from_value, how_to_make, parse, read};
use crate::settings::Problem;

#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) keys: KeySet,
    /// Sentences for the log, each with its fix.
    pub(crate) warnings: Vec<String>,
    /// Keys that only verify, although the owner may expect them to sign.
    idle: Vec<Problem>,
}

impl Loaded {
    /// `entries` are newest first: directories (their `*.pem` and `*.secret` files, the greatest number first), files,
    /// or values: PKCS#8 DER or an HS256 secret of at least 32 bytes, in base64url. No problem quotes a value.
    pub(crate) fn of(entries: &[SecretString], algorithm: Algorithm) -> Result<Self, Vec<Problem>> {
        let mut loading = Loading::of(algorithm);
        for (index, entry) in entries.iter().enumerate() {
            loading.entry(index + 1, entry.expose_secret().trim());
        }
        let Loading { keys, warnings, idle, problems, fix, .. } = loading;
        if !problems.is_empty() {
            return Err(problems);
        }
        match KeySet::new(keys) {
            Some(keys) => Ok(Self { keys, warnings, idle }),
            None => Err(vec![Problem::new("tokens.keys", format_args!("names no key; {fix}"))]),
        }
    }

    /// Why the keys cannot sign with `algorithm`: the newest that may sign is of another one. With it, the keys that may
    /// have been meant to sign.
    pub(crate) fn mismatch(&self, algorithm: Algorithm) -> Vec<Problem> {
        let newest = self.keys.newest().algorithm();
        if newest == algorithm {
            return Vec::new();
        }
        let fix = how_to_make(algorithm);
        let words = format_args!(
            "is {algorithm}, and the newest of tokens.keys that signs is for {newest}; {fix}, or set it to {newest}"
        );
        [Problem::new("tokens.algorithm", words)].into_iter().chain(self.idle.iter().cloned()).collect()
    }

    /// The keys and everything to log about them, for a server that signs with `algorithm`.
    ///
    /// # Errors
    /// [`Loaded::mismatch`].
    pub(crate) fn signing_with(mut self, algorithm: Algorithm) -> Result<Self, Vec<Problem>> {
        let problems = self.mismatch(algorithm);
        if !problems.is_empty() {
            return Err(problems);
        }
        self.warnings.extend(self.idle.drain(..).map(|idle| idle.to_string()));
        Ok(self)
    }
}

struct Loading {
    keys: Vec<SigningKey>,
    /// The name of each key in messages, by its `kid`.
    names: HashMap<String, String>,
    warnings: Vec<String>,
    idle: Vec<Problem>,
    problems: Vec<Problem>,
    algorithm: Algorithm,
    fix: &'static str,
}

impl Loading {
    fn of(algorithm: Algorithm) -> Self {
        Self {
            keys: Vec::new(),
            names: HashMap::new(),
            warnings: Vec::new(),
            idle: Vec::new(),
            problems: Vec::new(),
            algorithm,
            fix: how_to_make(algorithm),
        }
    }

    fn entry(&mut self, position: usize, entry: &str) {
        let path = Path::new(entry);
        if path.is_dir() {
            self.directory(path);
        } else if path.is_file() {
            if let Some((key, when)) = self.file(path) {
                self.keep(&format!("`{entry}`"), key.signing(when.map_or(Signs::AtOnce, Signs::From)));
            }
        } else if may_be_key(entry) && looks_like_path(entry) {
            let fix = if self.algorithm == Algorithm::Rs256 {
                self.fix
            } else {
                "make a key with `cargo run -- keys rotate --print`"
            };
            self.problem(format_args!(
                "entry {position} is no file that exists, and no key in the form that is read (base64url, on one line, without \
                 the marks of PEM); {fix}, or correct the path"
            ));
        } else if looks_like_path(entry) {
            let fix = self.fix;
            self.problem(format_args!("names `{entry}`, which does not exist; {fix}, or correct the path"));
        } else {
            match from_value(entry) {
                Ok(key) => self.keep(&format!("entry {position}"), key),
                Err(problem) => {
                    let fix = self.fix;
                    self.problem(format_args!("entry {position} {problem}; {fix}"));
                }
            }
        }
    }

    /// The number in a file's name says how new its key is, and a time in the file says when it signs. The oldest
    /// numbered key needs no time. Any other key that lacks either only verifies: verifiers elsewhere may not have it
    /// yet, or it may be a copy of an old one.
    fn directory(&mut self, directory: &Path) {
        let name = directory.display();
        let files = match key_files(directory) {
            Ok(files) if files.is_empty() => {
                let fix = self.fix;
                return self
                    .problem(format_args!("names `{name}`, which holds no *.{PEM} and no *.{SECRET} file; {fix}"));
            }
            Ok(files) => files,
            Err(error) => return self.problem(format_args!("names `{name}`, which cannot be listed: {error}")),
        };
        let oldest = files.iter().rposition(|file| number(file).is_some());
        for (position, file) in files.iter().enumerate() {
            let Some((key, when)) = self.file(file) else { continue };
            let is_numbered = number(file).is_some();
            let signs = match when {
                Some(when) if is_numbered => Signs::From(when),
                None if oldest == Some(position) => Signs::AtOnce,
                _ => Signs::Never,
            };
            if signs == Signs::Never && files.len() > 1 {
                self.note_idle(file, is_numbered);
            }
            self.keep(&format!("`{}`", file.display()), key.signing(signs));
        }
    }

    fn note_idle(&mut self, file: &Path, is_numbered: bool) {
        let name = file.display();
        let why = if is_numbered { "says no time from which it signs" } else { "has a name that is no number" };
        self.idle.push(Problem::new(
            "tokens.keys",
            format_args!(
                "names `{name}`, which {why}, so it only verifies; have it sign with `cargo run -- keys rotate --from {name}`, \
                 or move it away"
            ),
        ));
    }

    fn file(&mut self, file: &Path) -> Option<(SigningKey, Option<OffsetDateTime>)> {
        let name = file.display();
        let key = match read(file) {
            Ok(text) => {
                self.warn_if_readable_by_others(file);
                parse(&text, file.extension().is_some_and(|it| it == PEM))
            }
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        key.map_err(|problem| self.problem(format_args!("names `{name}`, which {problem}"))).ok()
    }

    /// Two files with one key are a mistake: the owner would take one of them for another key.
    fn keep(&mut self, name: &str, key: SigningKey) {
        match self.names.get(key.kid()) {
            Some(other) => self.warnings.push(format!(
                "tokens.keys: {other} and {name} are the same key, which counts as the older of the two; remove one"
            )),
            None => drop(self.names.insert(key.kid().to_owned(), name.to_owned())),
        }
        self.keys.push(key);
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

/// The key files of a directory, newest first; files whose names are not numbers come last.
pub(crate) fn key_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let extension = path.extension();
        if extension.is_some_and(|it| it == PEM || it == SECRET) && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable_by(|a, b| (number(b), b.file_name()).cmp(&(number(a), a.file_name())));
    Ok(files)
}

pub(crate) fn number(file: &Path) -> Option<u64> {
    let stem = file.file_stem()?.to_str()?;
    stem.bytes().all(|byte| byte.is_ascii_digit()).then(|| stem.parse().ok())?
}

/// Whether an entry names a directory, existing or still to be created. A possible key is not taken for one, since a
/// directory of that name would reveal it. An absolute path may look like a key; unlike most plain base64 it does not
/// end in `=`.
pub(crate) fn may_be_directory(entry: &str) -> bool {
    let path = Path::new(entry);
    let is_path = || !may_be_key(entry) || (path.is_absolute() && !entry.ends_with('='));
    path.is_dir() || (!entry.is_empty() && !path.exists() && path.extension().is_none() && is_path())
}

/// Whether an entry may be a key in an unsupported form, such as PEM or plain base64: then no message repeats it.
fn may_be_key(entry: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/-_=".contains(&byte);
    entry.contains("-----BEGIN") || (entry.len() >= SECRET_TEXT && entry.bytes().all(is_base64))
}

/// A mistyped path must not become a secret. No base64url text has these characters.
fn looks_like_path(entry: &str) -> bool {
    entry.is_empty() || entry.contains(['/', '\\', '.', '~', ' '])
}

#[cfg(test)]
#[path = "key_files_tests.rs"]
mod tests;
