use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use secrecy::SecretString;
use time::UtcOffset;
use time::macros::format_description;

use super::{output, with_auth, with_auth_of_dry_run};
use crate::account::import::{self, Import, Report, Summary, System};
use crate::app::Parts;

#[derive(Args)]
pub(super) struct Arguments {
    /// What `manage.py dumpdata auth.user account.emailaddress mfa.authenticator socialaccount.socialaccount --format
    /// jsonl` wrote, a CSV file, or the export of another system
    file: PathBuf,
    /// The system that wrote the file; Django if this is missing
    #[arg(long, value_name = "SYSTEM")]
    from: Option<System>,
    /// The parameters of Firebase's password hashes, as its console shows them; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    hash_config: Option<PathBuf>,
    /// Only say what would happen: no account, file or database is made
    #[arg(long)]
    dry_run: bool,
    /// The model whose rows are the accounts, such as `auth.user`, where the file has several with addresses and passwords
    #[arg(long, value_name = "APP.MODEL")]
    model: Option<String>,
    /// Import accounts although their second factors cannot be imported: their passwords alone will do
    #[arg(long)]
    without_second_factors: bool,
    /// How far times without a zone are from UTC
    #[arg(long, value_name = "+HH:MM", default_value = "+00:00", value_parser = offset, allow_hyphen_values = true)]
    time_zone: UtcOffset,
    /// Write the new id of each account to a CSV file: its key in the export, and its id here. Not with --dry-run, which
    /// makes no ids
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    ids: Option<PathBuf>,
}

/// A repeated run continues where the last one stopped.
pub(super) async fn import(parts: Box<Parts>, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut ids = arguments.ids.as_deref().map(Ids::create).transpose()?;
    let mut screen = Screen { file: &arguments.file, shows_progress: std::io::stderr().is_terminal() };
    let mut unwritten = Ok(());
    let mut left_out = Vec::new();
    let watch = |report: Report<'_>| match report {
        Report::Known { key, id } => {
            if let Some(ids) = ids.as_mut().filter(|_| unwritten.is_ok()) {
                unwritten = ids.write(key, id);
            }
        }
        Report::Changed { place, note } => screen.say(place, "note", note),
        Report::Refused { place, reason } => screen.say(place, "not imported", reason),
        Report::LeftOut { what, rows } => left_out.push(format!("{what} ({rows})")),
        Report::Progress { done, of } => screen.progress(done, of),
    };
    let plan = Import {
        file: arguments.file.clone(),
        from: arguments.from,
        hash_config: arguments.hash_config.as_deref().map(secret).transpose()?,
        dry_run: arguments.dry_run,
        model: arguments.model.clone(),
        without_second_factors: arguments.without_second_factors,
        time_zone: arguments.time_zone,
    };
    let work = async |auth: &_| import::import(auth, &plan, watch).await;
    let imported = if plan.dry_run { with_auth_of_dry_run(parts, work).await } else { with_auth(parts, work).await };
    screen.clear();
    let summary = imported?;
    unwritten
        .and_then(|()| ids.map_or(Ok(()), Ids::finish))
        .context("the accounts were imported, but their ids could not be written")?;
    let code = conclude(summary, arguments.dry_run);
    if !left_out.is_empty() {
        output::line(format_args!("left out {}", left_out.join(", ")));
    }
    Ok(code)
}

/// From a file or standard input: all users of the machine see a program's arguments.
fn secret(file: &Path) -> anyhow::Result<SecretString> {
    let text =
        if file == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    let text = text.with_context(|| format!("--hash-config: cannot read {}", file.display()))?;
    Ok(text.into())
}

fn conclude(summary: Summary, dry_run: bool) -> ExitCode {
    let Summary { imported, existing, refused, .. } = summary;
    output::line(format_args!("{} {}", if dry_run { "would import" } else { "imported" }, accounts(imported)));
    if summary.with_second_factor > 0 {
        output::line(format_args!("{} of them with their second factor", summary.with_second_factor));
    }
    if summary.connections > 0 {
        output::line(format_args!("{} connections to other services", summary.connections));
    }
    if summary.without_password > 0 {
        let why = if summary.has_passwords { "" } else { "; the file has no passwords that could be read" };
        output::line(format_args!(
            "{} of them without a password, until their owners reset it{why}",
            summary.without_password
        ));
    }
    if summary.strange_addresses > 0 {
        output::line(format_args!(
            "{} verified addresses belong to no account of this file, so nothing is verified by them; dump again without \
             --natural-primary and --natural-foreign",
            summary.strange_addresses
        ));
    }
    if existing > 0 {
        let already = match existing {
            1 => "its address already has an account here",
            _ => "their addresses already have accounts here",
        };
        output::line(format_args!("skipped {}: {already}", accounts(existing)));
    }
    if refused > 0 {
        output::line(format_args!("refused {refused} row{}, named above", if refused == 1 { "" } else { "s" }));
    }
    if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn offset(text: &str) -> Result<UtcOffset, String> {
    let parsed = UtcOffset::parse(text, format_description!("[offset_hour sign:mandatory]:[offset_minute]"));
    parsed.map_err(|_| "it must be like +09:00 or -03:30; names of zones are not known here".into())
}

fn accounts(count: u64) -> String {
    format!("{count} account{}", if count == 1 { "" } else { "s" })
}

/// Writes to standard error; the progress only to a terminal.
struct Screen<'s> {
    file: &'s Path,
    shows_progress: bool,
}

impl Screen<'_> {
    fn say(&mut self, place: &str, kind: &str, text: &str) {
        self.clear();
        output::note(format_args!("{}:{place}: {kind}: {text}", self.file.display()));
    }

    fn progress(&mut self, done: u64, of: u64) {
        if self.shows_progress {
            eprint!("\r{done} of {of} rows");
        }
    }

    fn clear(&mut self) {
        if self.shows_progress {
            eprint!("\r\x1b[K");
        }
    }
}

/// Has a temporary name until it is complete, so that only a complete file replaces an existing one.
struct Ids {
    partial: BufWriter<File>,
    path: PathBuf,
    without_key: u64,
}

impl Ids {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(partial(path)).with_context(|| format!("cannot write {}", partial(path).display()))?;
        let mut ids = Self { partial: BufWriter::new(file), path: path.to_owned(), without_key: 0 };
        writeln!(ids.partial, "pk,id")?;
        Ok(ids)
    }

    /// Quotes a key that is neither a number nor a UUID.
    fn write(&mut self, key: &str, id: uuid::Uuid) -> std::io::Result<()> {
        self.without_key += u64::from(key.is_empty());
        if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            writeln!(self.partial, "{key},{id}")
        } else {
            writeln!(self.partial, "\"{}\",{id}", key.replace('"', "\"\""))
        }
    }

    fn finish(mut self) -> std::io::Result<()> {
        if self.without_key > 0 {
            output::note(format_args!(
                "note: {} accounts have no key in the file, and so none in {}; dump without --natural-primary",
                self.without_key,
                self.path.display()
            ));
        }
        self.partial.flush()?;
        std::fs::rename(partial(&self.path), &self.path)
    }
}

impl Drop for Ids {
    fn drop(&mut self) {
        // Removes the file of a failed import; a complete one has been renamed already.
        let _ = std::fs::remove_file(partial(&self.path));
    }
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
