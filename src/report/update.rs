//! Output of `update` and `check`: a line for each file on stdout, or one object; the rest on stderr.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::{Report, document, json, line, next_steps, problems, result, warn};
use crate::cli::Format;
use crate::failure::Failure;
use crate::template::stamp::Stamp;
use crate::update::security::Missing;
use crate::update::{Change, Conflict, Outcome, Project, Update};
use crate::version::Version;

/// Kept by an update for the next one.
const BASES: &str = "`.jwt-allauth/base/` has the template's text of each file that was merged: the next update tells by it \
                     what is yours. Commit it with the rest; nothing else reads it";

/// What `check` has found.
pub(crate) struct Checked<'a> {
    /// The exit code.
    pub(crate) code: i32,
    pub(crate) project: &'a Project,
    pub(crate) behind: &'a [Change],
    pub(crate) unresolved: &'a BTreeSet<String>,
    /// Why it could not be found out whether the project is behind.
    pub(crate) unknown: Option<&'a str>,
    /// Why git does not read the project's repository, if there is one.
    pub(crate) refused: Option<&'a str>,
    /// The command that updates it.
    pub(crate) update: &'a str,
}

/// The result of an update or of a dry run.
pub(crate) struct Updated<'a> {
    /// The exit code.
    pub(crate) code: i32,
    pub(crate) project: &'a Project,
    /// As given on the command line.
    pub(crate) directory: &'a Path,
    pub(crate) update: &'a Update,
    /// Files with conflicts of something else, if there was nothing to update.
    pub(crate) unresolved: &'a BTreeSet<String>,
}

impl Report {
    /// `refusal` is what the update itself would fail with.
    pub(crate) fn would_update(&self, updated: &Updated, refusal: Option<&Failure>) {
        if self.format == Format::Json {
            let mut object = object(updated, true);
            if let Some(refusal) = refusal {
                object["code"] = refusal.kind.exit_code().into();
                object["error"] = json::of_failure(refusal);
            }
            return document(&format!("{object:#}"));
        }
        self.changes(&updated.update.changes);
        if updated.update.is_nothing() {
            self.nothing(&updated.project.stamp.name, updated.unresolved);
        } else {
            updated.update.advice.iter().for_each(|advice| warn(advice));
            self.say_headed("Would update", &summary(updated));
            self.explain(updated);
        }
        self.say("Nothing was written");
        if let Some(refusal) = refusal {
            problems(refusal);
        }
    }

    pub(crate) fn updated(&self, updated: &Updated) {
        if self.format == Format::Json {
            return document(&format!("{:#}", object(updated, false)));
        }
        self.changes(&updated.update.changes);
        if updated.update.is_nothing() {
            return self.nothing(&updated.project.stamp.name, updated.unresolved);
        }
        self.say_headed("Updated", &summary(updated));
        updated.update.advice.iter().for_each(|advice| warn(advice));
        for conflict in updated.update.conflicts().collect::<BTreeSet<_>>() {
            warn(left_to_do(conflict));
        }
        self.explain(updated);
        self.say_under("Next steps", "");
        for command in commands(updated) {
            self.say(&format!("  {command}"));
        }
    }

    pub(crate) fn checked(&self, checked: &Checked) {
        let Checked { code, project, behind, unresolved, unknown, refused, update } = *checked;
        if self.format == Format::Json {
            let mut object = versions(&project.stamp);
            object["code"] = code.into();
            object["behind"] = if unknown.is_some() { Value::Null } else { (!behind.is_empty()).into() };
            object["unresolved"] = json!(unresolved);
            object["warnings"] = unknown.into_iter().chain(refused).collect();
            object["files"] = behind.iter().map(of_change).collect();
            object["update"] = if behind.is_empty() { Value::Null } else { update.into() };
            return document(&format!("{object:#}"));
        }
        self.changes(behind);
        let (name, stamp) = (&project.stamp.name, &project.stamp);
        if let Some(why) = unknown {
            warn(&format!("whether it is behind is not known: {why}"));
        }
        if let Some(why) = refused {
            warn(why);
        }
        if behind.is_empty() {
            return self.nothing(name, unresolved);
        }
        conflicts_in(unresolved);
        let files = if behind.len() == 1 { "1 file".into() } else { format!("{} files", behind.len()) };
        self.say(&format!("`{name}` is behind, {files}: `{update}` brings it {}", way(stamp)));
        self.say(&format!("`{update} --dry-run` says what would become of yours"));
    }

    /// `update` is the command that brings what is missing.
    pub(crate) fn checked_security(&self, project: &Project, missing: &[Missing], update: &str, code: i32) {
        if self.format == Format::Json {
            let fixes = missing.iter().map(|missing| {
                let (version, problem) = (missing.fix.version.to_string(), &missing.fix.problem);
                json!({ "version": version, "problem": problem, "files": missing.files })
            });
            let mut object = versions(&project.stamp);
            object["code"] = code.into();
            object["missing"] = fixes.collect();
            object["of_this_program"] = project.stamp.version.is_some().into();
            return document(&format!("{object:#}"));
        }
        for missing in missing {
            result(&format!("{}: {}", missing.fix.version, missing.fix.problem));
            missing.files.iter().for_each(|file| result(&format!("  {file}")));
        }
        let name = &project.stamp.name;
        let fixes =
            if missing.len() == 1 { "a security fix".into() } else { format!("{} security fixes", missing.len()) };
        if project.stamp.version.is_none() {
            return self.say(&format!(
                "`{name}` has nothing of this program in it, only of its template: none of the fixes known here concerns it"
            ));
        }
        if missing.is_empty() {
            return self.say(&format!("`{name}` has every security fix that this program knows of"));
        }
        self.say(&format!("`{name}` lacks {fixes}: `{update}` brings what is missing"));
    }

    /// For a project that is not behind its template.
    fn nothing(&self, name: &str, unresolved: &BTreeSet<String>) {
        conflicts_in(unresolved);
        if unresolved.is_empty() {
            return self.say(&format!("`{name}` is up to date"));
        }
        self.say(&format!("`{name}` is not up to date before somebody has decided what stays"));
    }

    fn explain(&self, updated: &Updated) {
        for note in notes(updated) {
            self.say(note);
        }
    }

    /// Lists unchanged files only with `--verbose`.
    fn changes(&self, changes: &[Change]) {
        let shown = changes.iter().filter(|change| self.verbose || change.outcome != Outcome::Unchanged);
        for change in shown {
            let note = change.note.as_ref().map(|note| format!("  ({note})")).unwrap_or_default();
            result(&line(&format!("{:9} {}{note}", change.outcome.name(), change.path)));
        }
    }
}

fn conflicts_in(unresolved: &BTreeSet<String>) {
    if !unresolved.is_empty() {
        let files: Vec<&str> = unresolved.iter().map(String::as_str).collect();
        warn(&format!("conflicts are still in {}", files.join(", ")));
    }
}

fn left_to_do(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Marked => "conflicts are left: decide what stays where `<<<<<<<` stands, and remove the markers",
        Conflict::Unreadable => "conflicts are left: correct what was merged and cannot be read any more",
        Conflict::Beside => {
            "conflicts are left: take over what you want of the template's `.new` files, and remove them"
        }
    }
}

fn summary(updated: &Updated) -> String {
    let (stamp, changes) = (&updated.project.stamp, &updated.update.changes);
    let mut outcomes: Vec<Outcome> = changes.iter().map(|change| change.outcome).collect();
    outcomes.sort_unstable();
    let counted = |is_of_update: bool| {
        let same = outcomes.chunk_by(|a, b| a == b).filter(|same| same[0].is_of_update() == is_of_update);
        same.map(|same| format!("{} {}", same.len(), same[0].name())).collect::<Vec<_>>().join(", ")
    };
    let (done, left) = (counted(true), counted(false));
    let done = if done.is_empty() { "no file of yours".to_owned() } else { done };
    let left = if left.is_empty() { left } else { format!("; not concerned: {left}") };
    format!("`{}` {}: {done}{left}", stamp.name, way(stamp))
}

fn notes(updated: &Updated) -> Vec<&'static str> {
    updated.update.keeps_bases().then_some(BASES).into_iter().collect()
}

/// The program's version says nothing about a foreign template.
fn way(stamp: &Stamp) -> String {
    match stamp.version {
        Some(old) if old != Version::of_program() => format!("from {old} to {}", Version::of_program()),
        _ => "to its template as it is now".into(),
    }
}

/// What is left to decide, and commands to check that the project still works.
fn commands(updated: &Updated) -> Vec<String> {
    let mut commands = Vec::new();
    let conflicts = updated.update.conflicting();
    if !conflicts.is_empty() {
        commands.push(format!("# first decide what stays in {}", conflicts.join(", ")));
    }
    if updated.directory != Path::new(".") {
        commands.push(format!("cd {}", next_steps::quoted(&updated.directory.display().to_string())));
    }
    if updated.project.root.ancestors().any(|directory| directory.join(".git").exists()) {
        // Without it, `git diff` does not show files that git does not know.
        if updated.update.changes.iter().any(|change| change.outcome == Outcome::New) {
            commands.push("git add --intent-to-add .".into());
        }
        commands.push("git diff".into());
    }
    if updated.project.root.join("Cargo.toml").exists() {
        commands.push("cargo test --workspace".into());
    }
    commands
}

fn object(updated: &Updated, dry_run: bool) -> Value {
    let mut object = versions(&updated.project.stamp);
    object["code"] = updated.code.into();
    object["dry_run"] = dry_run.into();
    object["path"] = updated.project.root.display().to_string().into();
    object["conflicts"] = updated.update.conflicts().count().into();
    object["unresolved"] = json!(updated.unresolved);
    object["warnings"] = updated.update.advice.iter().cloned().collect();
    object["files"] = updated.update.changes.iter().map(of_change).collect();
    object["notes"] = json!(notes(updated));
    if !dry_run {
        object["next_steps"] = json!(commands(updated));
    }
    object
}

pub(super) fn versions(stamp: &Stamp) -> Value {
    let old = stamp.version.map(|version| version.to_string());
    json!({ "name": stamp.name, "project_version": old, "program_version": Version::of_program().to_string() })
}

fn of_change(change: &Change) -> Value {
    json!({ "path": change.path, "outcome": change.outcome.name(), "note": change.note })
}
