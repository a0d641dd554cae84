//! The next commands, ready to paste, and notes that apply to the given answers.

use std::path::Path;

use super::{Rendered, workspace};
use crate::answers::{Algorithm, Database};
use crate::features;
use crate::project::Written;
use crate::vcs;

/// RSA is the only kind of key that the project cannot generate itself.
const MAKE_RSA_KEY: &str =
    "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | cargo run -- keys rotate --from -";

pub(super) fn commands(rendered: &Rendered, written: &Written) -> Vec<String> {
    let mut commands = Vec::new();
    let directory = &rendered.destination.given;
    if directory != Path::new(".") {
        commands.push(format!("cd {}", quoted(&directory.display().to_string())));
    }
    if let vcs::Outcome::Failed { next, .. } = &written.vcs
        && written.exposed.is_empty()
    {
        commands.push(next.clone());
    }
    if let Some(advice) = workspace::advice(rendered, written) {
        commands.push(format!("# {advice}"));
    }
    // A complete template need not be a program, or use Rust.
    if !rendered.is_complete || rendered.tree.get("src/main.rs").is_some() {
        if rendered.answers.algorithm == Some(Algorithm::Rs256) {
            commands.push(MAKE_RSA_KEY.into());
        }
        commands.push("cargo run".into());
    }
    commands
}

/// Warnings before the user goes on.
pub(super) fn warnings(written: &Written) -> Vec<String> {
    if written.exposed.is_empty() {
        return Vec::new();
    }
    let exposed = written.exposed.join(", ");
    vec![format!("your `.gitignore` was kept, and does not ignore {exposed}: add what is missing before you commit")]
}

/// Notes about settings that exist: a template need not have them.
pub(super) fn notes(rendered: &Rendered) -> Vec<String> {
    let env = rendered.tree.get(".env").map(|file| String::from_utf8_lossy(&file.contents)).unwrap_or_default();
    let settings = rendered.tree.get("settings.toml").map(|file| String::from_utf8_lossy(&file.contents));
    let settings = settings.unwrap_or_default();
    let mut notes: Vec<&str> = Vec::new();
    if rendered.answers.database == Some(Database::Postgres) && env.contains("DATABASE_URL=") {
        notes.push("PostgreSQL has to answer at the DATABASE_URL in `.env`");
    }
    if rendered.answers.email == Some(true) && env.contains("EMAIL_HOST=") {
        notes.push(
            "Set your mail server in `.env` (EMAIL_HOST and the variables below it); until then mails are printed to \
             the terminal",
        );
    }
    if settings.contains("\"templates/email/") {
        notes.push(
            "Your mails are in `templates/email/`: a change counts from the next start, `cargo run -- check` tries it",
        );
    }
    let steps = features::steps(&rendered.answers.features, &settings);
    notes.into_iter().map(str::to_owned).chain(steps).collect()
}

/// An argument without a flag.
pub(crate) fn quoted(text: &str) -> String {
    let dash = if text.starts_with('-') { "-- " } else { "" };
    format!("{dash}{}", word(text))
}

/// A flag's argument.
pub(crate) fn option(flag: &str, value: &str) -> String {
    let gap = if value.starts_with('-') { '=' } else { ' ' };
    format!("{flag}{gap}{}", word(value))
}

fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    let is_plain = !text.is_empty() && !text.starts_with(['-', '=']) && text.chars().all(plain);
    if text.contains(char::is_control) {
        return format!("$'{}'", text.chars().map(in_ansi_c).collect::<String>());
    }
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Control characters are escaped when they are shown, and the shell has to understand that.
fn in_ansi_c(character: char) -> String {
    match character {
        '\n' => r"\n".to_owned(),
        '\'' | '\\' => format!(r"\{character}"),
        control if control.is_control() => {
            let bytes: Vec<String> = control.to_string().bytes().map(|byte| format!(r"\x{byte:02x}")).collect();
            bytes.concat()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_quoted_for_the_shell_only_where_it_has_to_be() {
        assert_eq!(quoted("work/my-shop"), "work/my-shop");
        assert_eq!(quoted("my shop"), "'my shop'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("-x"), "-- '-x'");
        assert_eq!(quoted("it's\na\u{1b}\u{9b}\\"), r"$'it\'s\na\x1b\xc2\x9b\\'");
        assert_eq!(option("-d", "company=My shop"), "-d 'company=My shop'");
        assert_eq!(option("--template", "-x"), "--template='-x'");
    }
}
