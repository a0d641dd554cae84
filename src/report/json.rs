//! Results as JSON for scripts: one object on stdout. It never contains a secret or the hash of one.

use serde_json::{Value, json};

use super::{Rendered, next_steps};
use crate::answers;
use crate::failure::{Failure, Kind};
use crate::features::Feature;
use crate::project::{Plan, Written};
use crate::vcs;

pub(super) fn would_write(rendered: &Rendered, plan: &Plan, warnings: &[String]) -> String {
    let mut object = of(rendered);
    object["warnings"] = json!(warnings);
    object["dry_run"] = true.into();
    object["replaced"] = json!(plan.replaced);
    object["kept"] = json!(plan.kept);
    pretty(&object)
}

pub(super) fn written(rendered: &Rendered, written: &Written, warnings: &[String]) -> String {
    let mut object = of(rendered);
    object["dry_run"] = false.into();
    object["path"] = written.root.display().to_string().into();
    object["replaced"] = json!(written.replaced);
    object["kept"] = json!(written.kept);
    object["git"] = of_vcs(&written.vcs);
    object["warnings"] = json!([warnings, &next_steps::warnings(written)].concat());
    object["next_steps"] = json!(next_steps::commands(rendered, written));
    object["notes"] = json!(next_steps::notes(rendered));
    pretty(&object)
}

pub(super) fn failed(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(failure) => refused(failure),
        None => refused(&Failure::new(Kind::Machine, format!("{error:#}"))),
    }
}

pub(super) fn refused(failure: &Failure) -> String {
    pretty(&json!({ "error": of_failure(failure) }))
}

/// `problems` lists all problems; the first decides the exit code and fills the fields beside it.
pub(super) fn of_failure(failure: &Failure) -> Value {
    json!({
        "code": failure.kind.exit_code(),
        "kind": failure.kind.name(),
        "message": failure.to_string(),
        "hints": failure.hints,
        "problems": failure.problems().map(problem).collect::<Vec<_>>(),
    })
}

fn problem(failure: &Failure) -> Value {
    let position = failure.place.as_ref().and_then(|place| place.position);
    json!({
        "kind": failure.kind.name(),
        "message": failure.to_string(),
        "template": failure.template,
        "file": failure.place.as_ref().map(|place| &place.file),
        "line": position.map(|(line, _)| line),
        "column": position.map(|(_, column)| column),
        "hints": failure.hints,
    })
}

fn of(rendered: &Rendered) -> Value {
    let files = rendered.tree.files().iter().map(|file| {
        let mode = format!("{:04o}", file.mode.bits());
        json!({ "path": file.path, "size": file.contents.len(), "mode": mode, "origin": file.origin.name() })
    });
    let mut object = json!({
        "template": { "id": rendered.template, "version": rendered.version },
        "answers": { "name": rendered.answers.name.as_str() },
        "tree_hash": rendered.tree.hash(),
        "files": files.collect::<Vec<_>>(),
    });
    if let Some(email) = rendered.answers.email {
        object["answers"]["email"] = email.into();
    }
    if let Some(database) = rendered.answers.database {
        object["answers"]["database"] = database.to_string().into();
    }
    if let Some(algorithm) = rendered.answers.algorithm {
        object["answers"]["algorithm"] = algorithm.to_string().into();
    }
    if !rendered.answers.features.is_empty() {
        object["answers"]["with"] = rendered.answers.features.iter().map(Feature::to_string).collect();
    }
    if let Some(overlay) = rendered.overlay {
        object["overlay"] = json!({ "name": overlay.name, "version": overlay.version, "hash": overlay.hash, "directory": overlay.directory });
    }
    if rendered.overlay.is_some() || rendered.is_complete {
        object["placeholders"] =
            rendered.answers.placeholders.iter().map(|(name, value)| (name.clone(), of_value(value))).collect();
    }
    object
}

pub(super) fn of_value(value: &answers::Value) -> Value {
    match value {
        answers::Value::Bool(value) => (*value).into(),
        answers::Value::Text(text) => text.clone().into(),
        answers::Value::List(texts) => texts.clone().into(),
    }
}

fn of_vcs(outcome: &vcs::Outcome) -> Value {
    match outcome {
        vcs::Outcome::Committed => json!({ "state": "committed" }),
        vcs::Outcome::Initialised => json!({ "state": "initialised" }),
        vcs::Outcome::Skipped(why) => json!({ "state": "none", "reason": why }),
        vcs::Outcome::NoGit => json!({ "state": "none", "reason": "git is not installed" }),
        vcs::Outcome::Failed { why, .. } => json!({ "state": "failed", "reason": why }),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
