use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use clap::Subcommand;
use secrecy::ExposeSecret;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::output;
use crate::Settings;
use crate::clock::Clock;
use crate::private;
use crate::settings::Problems;
use crate::tokens::{
    Algorithm, PEM, SECRET, SigningKey, Signs, Tokens, generate_encryption_key, how_to_make, key_files,
    may_be_directory, number, parse, read, with_signs_from,
};

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
        /// Take the key in this file, such as one that OpenSSL made, or "-" for standard input
        #[arg(long, value_name = "FILE", conflicts_with_all = ["encryption", "print"])]
        from: Option<PathBuf>,
        /// Do nothing if there is a key: for a container that may start for the first time
        #[arg(long, conflicts_with_all = ["now", "encryption", "print", "from"])]
        if_none: bool,
    },
    /// List the keys, newest first
    List,
}

pub(super) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Rotate { encryption: true, .. } => make_encryption_key(settings),
        Command::Rotate { print: true, .. } => print(settings),
        Command::Rotate { now, if_none, from, .. } => rotate(settings, *now, *if_none, from.as_deref()),
        Command::List => list(settings),
    }
}

fn rotate(settings: &Settings, at_once: bool, if_none: bool, from: Option<&Path>) -> anyhow::Result<ExitCode> {
    if if_none && names_a_key(settings) {
        return Ok(ExitCode::SUCCESS);
    }
    let directory = directory(settings)?;
    let files = key_files(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
    if if_none && !files.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let algorithm = settings.tokens.algorithm;
    let key = match from {
        Some(file) => taken(file, algorithm, &files)?,
        None => generate(algorithm)?,
    };
    let is_first = files.iter().all(|file| from.is_some_and(|from| is_same(file, from)));
    let now = Clock::default().now();
    let when = if is_first || at_once { now } else { now + settings.tokens.key_lead };

    let path = next(&directory, &files, if algorithm == Algorithm::Hs256 { SECRET } else { PEM })?;
    write_new(&path, &with_signs_from(&key, when)?).with_context(|| format!("cannot write {}", path.display()))?;
    if let Some(old) = from.and_then(|from| files.iter().find(|file| is_same(file, from))) {
        std::fs::remove_file(old).with_context(|| format!("cannot remove {}, whose key has moved", old.display()))?;
    }
    output::line(path.display());
    if !is_first {
        let when = if when > now { format!("from {} on", when.format(&Rfc3339)?) } else { "at once".to_owned() };
        output::note(format_args!(
            "the new key signs {when}; servers read it within a minute, or at once at SIGHUP; keep the old keys until their \
             tokens have expired"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn generate(algorithm: Algorithm) -> anyhow::Result<Zeroizing<String>> {
    let key = SigningKey::generate(algorithm);
    let fix = if algorithm == Algorithm::Rs256 { how_to_make(algorithm) } else { "try again" };
    key.map_err(|problem| anyhow!("{problem}; {fix}"))
}

/// Its file may be among the key files already, but no other file may hold the same key.
fn taken(from: &Path, algorithm: Algorithm, files: &[PathBuf]) -> anyhow::Result<Zeroizing<String>> {
    let is_piped = from == Path::new("-");
    let name = if is_piped { "the text on standard input".to_owned() } else { from.display().to_string() };
    let text = if is_piped {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        text
    } else {
        read(from).with_context(|| format!("cannot read {name}"))?
    };
    let (key, _) = parse(&text, algorithm != Algorithm::Hs256).map_err(|problem| anyhow!("{name} {problem}"))?;
    if key.algorithm() != algorithm {
        let other = key.algorithm();
        bail!(
            "{name} is a key for {other}, and `tokens.algorithm` is {algorithm}; set it to {other}, or take another key"
        );
    }
    let is_this = |file: &&PathBuf| {
        let parsed = read(file).ok().and_then(|text| parse(&text, file.extension().is_some_and(|it| it == PEM)).ok());
        !is_same(file, from) && parsed.is_some_and(|(other, _)| other.kid() == key.kid())
    };
    match files.iter().find(is_this) {
        Some(file) => bail!("{name} is the key that {} holds already", file.display()),
        None => Ok(text),
    }
}

fn is_same(file: &Path, other: &Path) -> bool {
    matches!((file.canonicalize(), other.canonicalize()), (Ok(file), Ok(other)) if file == other)
}

fn print(settings: &Settings) -> anyhow::Result<ExitCode> {
    let key = generate(settings.tokens.algorithm)?;
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let value = Zeroizing::new(lines.collect::<String>().replace('+', "-").replace('/', "_"));
    output::line(value.trim_end_matches('='));
    output::note(
        "put this into tokens.keys (JWT_ALLAUTH__TOKENS__KEYS), where the first key signs; if there is one already, put this \
         second, move it to the front after tokens.key_lead, and remove the old one after sessions.refresh_lifetime",
    );
    Ok(ExitCode::SUCCESS)
}

/// Encryption keys are values, not files: the new one is printed for the operator's store of secrets.
fn make_encryption_key(settings: &Settings) -> anyhow::Result<ExitCode> {
    let (tokens, _) = Tokens::load_to_list(&settings.tokens).map_err(Problems::from)?;
    let taken: Vec<&str> = tokens.encryption_kids().collect();
    let today = Clock::default().now().date().to_string();
    let others = (2_u32..).map(|number| format!("{today}-{number}"));
    let free = std::iter::once(today.clone()).chain(others).find(|kid| !taken.contains(&kid.as_str()));
    let entry = generate_encryption_key(&free.unwrap_or(today)).map_err(anyhow::Error::msg)?;
    output::line(entry.as_str());
    let how = if taken.is_empty() {
        "set tokens.encryption_keys to this and the word \"plain\"; remove that word"
    } else {
        "put this first in tokens.encryption_keys; remove the old keys"
    };
    output::note(format_args!("{how} once sessions.refresh_lifetime has passed; restart every instance"));
    output::note(
        "with several instances, first add it in second place on all of them, then move it to the front: none may give out \
         what another cannot open yet",
    );
    Ok(ExitCode::SUCCESS)
}

fn names_a_key(settings: &Settings) -> bool {
    settings.tokens.keys.iter().any(|entry| !may_be_directory(entry.expose_secret().trim()))
}

/// The first entry of `tokens.keys` that is a directory or could become one. Others may be keys, and must not end up in
/// a path that is created or printed.
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

/// The number must be the greatest, or the key would count as an old one.
fn next(directory: &Path, files: &[PathBuf], extension: &str) -> anyhow::Result<PathBuf> {
    let newest = files.iter().filter_map(|file| number(file)).max();
    match newest.unwrap_or_default().checked_add(1) {
        Some(number) => Ok(directory.join(format!("{number:04}.{extension}"))),
        None => bail!(
            "no number comes after the newest key file in {}; rename the key files to 0001.pem, 0002.pem and so on, the \
             oldest first (a key stays the same whatever its file is called)",
            directory.display()
        ),
    }
}

/// Writes the whole file or none: a truncated key, for example from a full disk, prevents the next start.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = private::options().create_new(true).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // Report the write error: it says more than an error of the removal.
        let _ = std::fs::remove_file(path);
    })
}

fn list(settings: &Settings) -> anyhow::Result<ExitCode> {
    let (tokens, problems) = Tokens::load_to_list(&settings.tokens).map_err(Problems::from)?;
    let now = Clock::default().now();
    let signing = tokens.signing_key(now).kid().to_owned();
    for key in tokens.keys() {
        let role = match key.signs() {
            _ if key.kid() == signing => "signs".to_owned(),
            Signs::From(from) if from > now => format!("signs from {}", from.format(&Rfc3339)?),
            _ => "verifies".to_owned(),
        };
        output::line(format_args!("{}  {:5}  {role}", key.kid(), key.algorithm().name()));
    }
    let sealing = tokens.sealing_kid();
    for kid in tokens.encryption_kids() {
        let role = if sealing == Some(kid) { "seals" } else { "opens" };
        output::line(format_args!("{kid}  A256GCM  {role}"));
    }
    match (tokens.accepts_plain(), sealing) {
        (true, Some(_)) => output::line("plain: tokens are also accepted unencrypted"),
        (true, None) => output::line("plain: tokens go out and are accepted unencrypted"),
        (false, _) => {}
    }
    if !problems.is_empty() {
        eprintln!("the server does not start with these keys: {}", Problems::from(problems));
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(files: &[&str]) -> anyhow::Result<PathBuf> {
        next(Path::new("keys"), &files.iter().map(PathBuf::from).collect::<Vec<_>>(), PEM)
    }

    #[test]
    fn a_new_key_has_the_greatest_number_or_is_not_made() {
        for (files, expected) in [
            (&[][..], "keys/0001.pem"),
            (&["keys/0001.pem"], "keys/0002.pem"),
            (&["keys/0009.secret", "keys/0002.pem", "keys/old.pem", "keys/2026-01-31.pem"], "keys/0010.pem"),
            (&["keys/9999.pem"], "keys/10000.pem"),
        ] {
            assert_eq!(after(files).unwrap(), Path::new(expected));
        }
        let problem = after(&["keys/18446744073709551615.pem"]).unwrap_err().to_string();
        assert!(problem.contains("rename"), "{problem}");
    }
}
