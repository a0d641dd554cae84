//! Every mistake in the Liquid of a template that could not be rendered. cargo-generate names the files only, and of the
//! names of files no more than the first, at which it ends.

use std::collections::BTreeSet;
use std::path::Path;

use super::stage::{SCRIPT, Stage};
use super::undefined::{in_plain_liquid, not_defined, undefined};
use super::{Complete, config, files};
use crate::failure::Failure;
use crate::template::source::{Form, Source};
use crate::template::{engine, tags};

/// Precedes the names of files with invalid syntax.
const INVALID: &str = "found invalid syntax in";
pub(in crate::template) const IN_NAME: &str = "correct the tag in the name";
/// What cargo-generate does not leave in the name of a file.
const NOT_IN_NAMES: [char; 8] = ['?', '<', '>', '\\', ':', '*', '|', '"'];

/// The files that cargo-generate lists, unless it has ended before.
pub(super) fn listed(said: &str) -> Option<Vec<&Path>> {
    let (_, listed) = said.split_once(INVALID)?;
    Some(listed.lines().filter_map(|line| line.strip_prefix('\t')).map(Path::new).collect())
}

/// The parts of a path with a tag in their own name, and that name. Each is rendered on its own.
pub(in crate::template) fn tagged<'p>(path: &'p str, folder: &str) -> Vec<(&'p str, &'p str)> {
    let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let parts = ends.filter(|end| *end > start).map(|end| (&path[..end], &path[start..end]));
    let named = parts.map(|(part, inside)| (part, inside.rsplit('/').next().unwrap_or_default()));
    named.filter(|(_, name)| name.contains("{{") || name.contains("{%")).collect()
}

/// The syntax error in a name, if there is one.
pub(in crate::template) fn in_name(name: &str, known: &[String]) -> Option<String> {
    let (_, message) = engine::mistake(&in_plain_liquid(name, known))?;
    Some(format!("its name is not valid: {message}"))
}

impl Complete {
    /// The places of syntax errors, and of the undefined variables that cargo-generate would have met.
    pub(super) fn mistakes(&self, listed: Option<&[&Path]>, stage: &Stage) -> Vec<Failure> {
        let mut failures = Vec::new();
        for source in self.inside(stage.folder, Some(stage.files)).filter(|source| !self.is_left_out(source, stage)) {
            let Some(text) = source.text() else { continue };
            let path = Path::new(&source.path);
            let path = path.strip_prefix(stage.folder).unwrap_or(path);
            let is_listed = listed.is_some_and(|listed| listed.contains(&path));
            let mistake = (is_listed || listed.is_none()).then(|| engine::mistake(&in_plain_liquid(text, stage.known)));
            let mistake = match mistake.flatten() {
                Some((offset, message)) => Some((Some(tags::position(text, offset)), message)),
                None => is_listed.then(|| (None, "its Liquid is not valid".to_owned())),
            };
            failures.extend(
                mistake.map(|(position, message)| Failure::at(&source.path, position, &message).hint(engine::REMEDY)),
            );
            // What scripts define is not known if files are not rendered.
            if !stage.scripts_run {
                let undefined = undefined(text, stage.known).into_iter();
                failures.extend(
                    undefined.map(|(tag, name)| not_defined(&source.path, tags::position(text, tag.offset), name)),
                );
            }
        }
        failures
    }

    /// The syntax errors in the names of files and directories.
    pub(super) fn mistakes_in_names(&self, stage: &Stage) -> Vec<Failure> {
        let mistake =
            |(path, name): (&str, &str)| Some(Failure::at(path, None, &in_name(name, stage.known)?).hint(IN_NAME));
        self.tagged(stage).into_iter().filter_map(mistake).collect()
    }

    /// The names that cargo-generate has left as they were, since a filter or a value in them fails.
    pub(super) fn names_left(&self, stage: &Stage, rendered: &[Source]) -> Vec<Failure> {
        let is_left = |name: &str| {
            let left = name.replace(NOT_IN_NAMES, "_");
            rendered.iter().any(|file| file.path.split('/').any(|part| part == left))
        };
        let tagged = self.tagged(stage).into_iter().filter(|(_, name)| is_left(name));
        let why = "cargo-generate left its name as it was: a filter or a value in it fails";
        tagged.map(|(path, _)| Failure::at(path, None, why).hint(IN_NAME)).collect()
    }

    /// The paths of files and directories with a tag in their own name, and that name.
    fn tagged<'s>(&'s self, stage: &'s Stage) -> BTreeSet<(&'s str, &'s str)> {
        let stays = |source: &&Source| source.path.contains('{') && !self.is_removed(source, stage);
        self.inside(stage.folder, None).filter(stays).flat_map(|source| tagged(&source.path, stage.folder)).collect()
    }

    /// Whether it is removed, or is no file to be rendered.
    fn is_left_out(&self, source: &Source, stage: &Stage) -> bool {
        source.form == Form::Link || source.path.ends_with(SCRIPT) || self.is_removed(source, stage)
    }

    /// Whether it is not in the project, whatever the scripts do.
    pub(super) fn is_removed(&self, source: &Source, stage: &Stage) -> bool {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        let path = source.path.strip_prefix(stage.folder).unwrap_or(&source.path).trim_start_matches('/');
        let genignore = Path::new(stage.folder).join(".genignore");
        let genignore = self.sources.iter().find(|source| Path::new(&source.path) == genignore);
        let ignore = &self.config(stage.folder).under(stage.answers).ignore;
        let left_out = files::left_out(ignore, genignore.and_then(Source::text));
        name == config::FILE
            || left_out.is_ok_and(|left_out| left_out.matched_path_or_any_parents(path, false).is_ignore())
    }
}
