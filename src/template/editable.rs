//! With e-mail, a project has its mails twice: compiled in, and as files that the owner edits without a build.
//! `settings.toml` names the latter.

use super::source::Source;
use crate::answers::Answers;
use crate::tree::File;

const COMPILED_IN: &str = "auth/templates/email/";
const EDITABLE: &str = "templates/email/";

pub(super) fn are_in(sources: &[Source]) -> bool {
    sources.iter().any(|source| editable(source.target()).is_some())
}

/// Paths of the editable mails; empty without e-mail.
pub(super) fn paths(sources: &[Source], answers: &Answers) -> Vec<String> {
    let mut paths: Vec<String> = match answers.email {
        Some(true) => sources.iter().filter_map(|source| editable(source.target())).collect(),
        _ => Vec::new(),
    };
    paths.sort();
    paths
}

/// Adds the editable mails, except for those that the template already has.
pub(super) fn add(files: &mut Vec<File>, answers: &Answers) {
    if answers.email != Some(true) {
        return;
    }
    let is_there = |path: &str| files.iter().any(|file| file.path == path);
    let copy = |file: &File| Some(File { path: editable(&file.path)?, ..file.clone() });
    let copies: Vec<File> = files.iter().filter_map(copy).filter(|copy| !is_there(&copy.path)).collect();
    files.extend(copies);
}

fn editable(path: &str) -> Option<String> {
    path.strip_prefix(COMPILED_IN).map(|name| format!("{EDITABLE}{name}"))
}
