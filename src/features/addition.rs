//! Features for a project that is there: all of them, or none.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::{DEFAULTS, ENVIRONMENTS, Feature, SETTINGS, steps, switch_on};
use crate::failure::{Failure, Kind};
use crate::project::{self, Plan};
use crate::template::stamp::{Stamp, TemplateOrigin};
use crate::tree::{File, Mode, Origin};
use crate::version::Version;

pub(crate) struct Addition {
    /// The files as they are to be.
    files: Vec<File>,
    /// The hashes of the files as they were read.
    expected: BTreeMap<String, String>,
    /// What their owner still has to do.
    pub(crate) steps: Vec<String>,
}

impl Addition {
    /// `update` is the command that updates the project.
    pub(crate) fn of(root: &Path, stamp: &Stamp, features: &[Feature], update: &str) -> Result<Self, Failure> {
        if stamp.version.is_none() {
            let message = format!("`{}` has nothing of this program in it, only of its template", stamp.name);
            let hint = "features are settings of the built-in project: look for others in what its template says";
            return Err(Failure::new(Kind::Answer, message).hint(hint));
        }
        let read = files(root)?;
        let text = |path: &str| read.iter().find(|file| file.path == path).and_then(File::text);
        let defaults = text(DEFAULTS).unwrap_or_default();
        let settings = text(SETTINGS).unwrap_or_default();
        Failure::gathered(features.iter().filter_map(|feature| {
            if !feature.is_available(defaults) {
                return Some(lacking(feature, stamp, update));
            }
            feature.is_set_in(settings).then(|| there_already(feature))
        }))?;
        if text(SETTINGS).is_none() {
            return Err(Failure::new(Kind::Destination, format!("`{SETTINGS}` is missing, or is no text"))
                .hint(format!("take it from the project's history, or begin with a copy of `{DEFAULTS}`")));
        }
        let steps = steps(features, settings);
        let mut files = read.clone();
        switch_on(features, &mut files)?;
        let hashes: BTreeMap<String, String> = read.iter().map(|file| (file.path.clone(), file.hash())).collect();
        files.retain(|file| hashes.get(&file.path) != Some(&file.hash()));
        let is_changed = |path: &String| files.iter().any(|file| file.path == *path);
        let expected = hashes.into_iter().filter(|(path, _)| is_changed(path)).collect();
        Ok(Self { files, expected, steps })
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// The changes to make in the project.
    pub(crate) fn plan(&self) -> Plan<'_> {
        Plan {
            place: self.files.iter().collect(),
            replaced: self.paths(),
            expected: self.expected.clone(),
            keeps_modes: true,
            ..Plan::default()
        }
    }
}

fn files(root: &Path) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for path in [SETTINGS, DEFAULTS] {
        match project::file_below(root, path) {
            Ok(contents) => files.push(file(path, contents, Mode::Plain)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::new(Kind::Destination, format!("`{path}` cannot be read: {error}"))
                    .hint("it has to be a file, not a link, that you may read"));
            }
        }
    }
    // They are a convenience: one that is missing, or is a link to elsewhere, is left alone.
    let modes = [Mode::Secret, Mode::Plain];
    let environments = ENVIRONMENTS.into_iter().zip(modes);
    files.extend(environments.filter_map(|(path, mode)| Some(file(path, project::file_below(root, path).ok()?, mode))));
    Ok(files)
}

fn file(path: &str, contents: Vec<u8>, mode: Mode) -> File {
    File { path: path.to_owned(), contents, mode, origin: Origin::BuiltIn }
}

fn lacking(feature: &Feature, stamp: &Stamp, update: &str) -> Failure {
    let is_old = stamp.version.is_some_and(|version| version < Version::of_program());
    let remedy = match &stamp.origin {
        TemplateOrigin::BuiltIn => format!("`{update}` first, which brings what newer versions have"),
        TemplateOrigin::Location(template) | TemplateOrigin::Directory { template, .. } if is_old => {
            format!("`{update}` first, if its template, `{template}`, has that part")
        }
        TemplateOrigin::Location(template) | TemplateOrigin::Directory { template, .. } => {
            format!("its template, `{template}`, leaves that part out")
        }
    };
    let message = format!("`{}` has no `{feature}`: there is no `{}` in its `{DEFAULTS}`", stamp.name, feature.key());
    Failure::new(Kind::Answer, message).hint(remedy)
}

fn there_already(feature: &Feature) -> Failure {
    Failure::new(Kind::Destination, format!("`{feature}` is in `{SETTINGS}` already"))
        .hint("leave it out: nothing was changed")
}
