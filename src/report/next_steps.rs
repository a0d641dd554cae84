//! What to type next: true for the answers given, and fit to be pasted.

use std::path::Path;

use super::Rendered;
use crate::answers::Database;
use crate::project::Written;
use crate::vcs;

pub(super) fn after(rendered: &Rendered, written: &Written) -> Vec<String> {
    let mut steps = Vec::new();
    let directory = &rendered.destination.given;
    if directory != Path::new(".") {
        steps.push(format!("cd {}", quoted(&directory.display().to_string())));
    }
    if let vcs::Outcome::Failed(_) = written.vcs {
        steps.push("git init && git add . && git commit -m \"Start project\"".into());
    }
    if rendered.answers.database == Database::Postgres {
        steps.push("$EDITOR .env     # DATABASE_URL: the PostgreSQL of this machine".into());
    }
    if rendered.answers.email {
        steps.push("$EDITOR .env     # EMAIL_HOST and its kin: where mail is handed over".into());
    }
    steps.push("cargo run".into());
    steps
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    let dash = if text.starts_with('-') { "-- " } else { "" };
    format!("{dash}'{}'", text.replace('\'', r"'\''"))
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
    }
}
