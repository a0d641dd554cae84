//! `keys rotate` and `keys list`.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Subcommand;
use secrecy::ExposeSecret;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::private;
use crate::settings::{Problems, Settings};
use crate::tokens::{
    Algorithm, PEM, SECRET, SigningKey, Tokens, generate_encryption_key, key_files, may_be_directory, with_signs_from,
};

/// A new key is published this long before it signs: the five minutes verifiers may keep the published keys, and as long
/// again for every instance to read them.
const LEAD: Duration = Duration::from_mins(10);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a new signing key; the old ones still verify
    Rotate {
        /// Sign with it at once, because the old key is known to others
        #[arg(long)]
        now: bool,
        /// Make a key for `tokens.encryption_keys` instead, and print it
        #[arg(long, conflicts_with = "now")]
        encryption: bool,
        /// Print the key as a value for `tokens.keys` instead: for a server that gets its secrets as variables
        #[arg(long, conflicts_with_all = ["now", "encryption"])]
        print: bool,
        /// Do nothing if there is a key: for a container that may start for the first time
        #[arg(long, conflicts_with_all = ["now", "encryption", "print"])]
        if_none: bool,
    },
    /// List the keys, newest first
    List,
}

pub(super) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Rotate { encryption: true, .. } => make_encryption_key(settings),
        Command::Rotate { print: true, .. } => print(settings),
        Command::Rotate { now, if_none, .. } => rotate(settings, *now, *if_none),
        Command::List => list(settings),
    }
}

fn rotate(settings: &Settings, at_once: bool, if_none: bool) -> anyhow::Result<ExitCode> {
    if if_none && names_a_key(settings) {
        return Ok(ExitCode::SUCCESS);
    }
    let directory = directory(settings)?;
    let newest = newest(&directory)?;
    if if_none && newest.is_some() {
        return Ok(ExitCode::SUCCESS);
    }
    let algorithm = settings.tokens.algorithm;
    let key = SigningKey::generate(algorithm).map_err(anyhow::Error::msg)?;
    let now = Clock::default().now();
    let ahead = newest.is_some() && !at_once;
    let text = if ahead { with_signs_from(&key, now + LEAD)? } else { Zeroizing::new(key.to_string()) };

    let extension = if algorithm == Algorithm::Hs256 { SECRET } else { PEM };
    let path = next(&directory, newest.as_deref(), extension)?;
    write_new(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    if newest.is_some() {
        let when = if ahead { format!("from {} on", (now + LEAD).format(&Rfc3339)?) } else { "at once".to_owned() };
        eprintln!(
            "the new key signs {when}; servers read it within a minute, or at once at SIGHUP; keep the old keys until their \
             tokens have expired"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The value is what stands between the marks of a key file, in the alphabet of URLs.
fn print(settings: &Settings) -> anyhow::Result<ExitCode> {
    let key = SigningKey::generate(settings.tokens.algorithm).map_err(anyhow::Error::msg)?;
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let value = Zeroizing::new(lines.collect::<String>().replace('+', "-").replace('/', "_"));
    println!("{}", value.trim_end_matches('='));
    eprintln!("put this first in tokens.keys (JWT_ALLAUTH__TOKENS__KEYS); it signs at once");
    Ok(ExitCode::SUCCESS)
}

/// Encryption keys are values, not files: the new one is printed for whoever keeps the secrets.
fn make_encryption_key(settings: &Settings) -> anyhow::Result<ExitCode> {
    let tokens = Tokens::load(&settings.tokens).map_err(Problems::from)?;
    let taken: Vec<&str> = tokens.encryption_kids().collect();
    let today = Clock::default().now().date().to_string();
    let others = (2_u32..).map(|number| format!("{today}-{number}"));
    let free = std::iter::once(today.clone()).chain(others).find(|kid| !taken.contains(&kid.as_str()));
    let entry = generate_encryption_key(&free.unwrap_or(today)).map_err(anyhow::Error::msg)?;
    println!("{}", *entry);
    let how = if taken.is_empty() {
        "set tokens.encryption_keys to this and the word \"plain\"; remove that word"
    } else {
        "put this first in tokens.encryption_keys; remove the old keys"
    };
    eprintln!("{how} once sessions.refresh_lifetime has passed; restart every instance");
    eprintln!(
        "with several instances, first add it in second place on all of them, then move it to the front: none may give out \
         what another cannot open yet"
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether an entry of `tokens.keys` is a key itself, or one file.
fn names_a_key(settings: &Settings) -> bool {
    settings.tokens.keys.iter().any(|entry| !may_be_directory(entry.expose_secret().trim()))
}

/// Where key files are kept: the first entry of `tokens.keys` that is a directory or could become one. An entry may be a
/// key instead: then it is in no path that is made or shown.
fn directory(settings: &Settings) -> anyhow::Result<PathBuf> {
    let mut entries = settings.tokens.keys.iter().map(|entry| entry.expose_secret().trim());
    let Some(path) = entries.find(|entry| may_be_directory(entry)).map(PathBuf::from) else {
        bail!(
            "`tokens.keys` names no directory to put a key into; set it to [\"keys\"], or put what `keys rotate --print` \
             prints before the keys that it has"
        );
    };
    if !path.exists() {
        private::create_directory(&path).with_context(|| format!("cannot make the directory {}", path.display()))?;
    }
    Ok(path)
}

/// The name of the newest key file, which is the greatest.
fn newest(directory: &Path) -> anyhow::Result<Option<OsString>> {
    let files = key_files(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    Ok(files.first().and_then(|file| file.file_name()).map(OsStr::to_owned))
}

/// The file of the next key: its name must be the greatest, or the key would count as an old one and never sign.
fn next(directory: &Path, newest: Option<&OsStr>, extension: &str) -> anyhow::Result<PathBuf> {
    let Some(newest) = newest else { return Ok(directory.join(format!("0001.{extension}"))) };
    let number = Path::new(newest).file_stem().and_then(OsStr::to_str).and_then(|stem| stem.parse::<u64>().ok());
    let name = number.and_then(|number| number.checked_add(1)).map(|number| format!("{number:04}.{extension}"));
    match name.filter(|name| OsStr::new(name) > newest) {
        Some(name) => Ok(directory.join(name)),
        None => bail!(
            "no number comes after the newest key file, {}; rename the key files to 0001.pem, 0002.pem and so on, the oldest \
             first (a key stays the same whatever its file is called)",
            directory.join(newest).display()
        ),
    }
}

/// Writes the whole file or none: half a key, as a full disk would leave it, stops the next start.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = private::options().create_new(true).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // Why it could not be written says more than why it could not be removed.
        let _ = std::fs::remove_file(path);
    })
}

fn list(settings: &Settings) -> anyhow::Result<ExitCode> {
    let tokens = Tokens::load(&settings.tokens).map_err(Problems::from)?;
    let now = Clock::default().now();
    let signing = tokens.signing_key(now).kid().to_owned();
    for key in tokens.keys() {
        let role = match key.signs_from().filter(|from| *from > now) {
            _ if key.kid() == signing => "signs".to_owned(),
            Some(from) => format!("signs from {}", from.format(&Rfc3339)?),
            None => "verifies".to_owned(),
        };
        println!("{}  {:5}  {role}", key.kid(), key.algorithm().name());
    }
    let sealing = tokens.sealing_kid();
    for kid in tokens.encryption_kids() {
        let role = if sealing == Some(kid) { "seals" } else { "opens" };
        println!("{kid}  A256GCM  {role}");
    }
    match (tokens.accepts_plain(), sealing) {
        (true, Some(_)) => println!("plain: tokens are also accepted unencrypted"),
        (true, None) => println!("plain: tokens go out and are accepted unencrypted"),
        (false, _) => {}
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(newest: &str) -> anyhow::Result<PathBuf> {
        next(Path::new("keys"), Some(OsStr::new(newest)), PEM)
    }

    #[test]
    fn a_new_key_has_the_greatest_name_or_is_not_made() {
        assert_eq!(next(Path::new("keys"), None, SECRET).unwrap(), Path::new("keys/0001.secret"));
        for (newest, expected) in
            [("0001.pem", "keys/0002.pem"), ("0009.secret", "keys/0010.pem"), ("4294967295.pem", "keys/4294967296.pem")]
        {
            assert_eq!(after(newest).unwrap(), Path::new(expected));
        }
        for newest in ["9999.pem", "18446744073709551615.pem", "99999999999999999999.pem", "main.pem"] {
            let problem = after(newest).unwrap_err().to_string();
            assert!(problem.contains(newest) && problem.contains("rename"), "{problem}");
        }
    }
}
