//! Templates: where they come from, what they contain, and how they render `(Template, Answers, Secrets)` to a `Tree`
//! in memory.
//!
//! Files named `*.liquid` are rendered and lose the suffix; all others are copied byte for byte.

pub(crate) mod bounded;
mod choice;
pub(crate) mod circumstances;
pub(crate) mod complete;
pub(crate) mod description;
mod editable;
pub(crate) mod embedded;
mod engine;
mod escape;
mod fetch;
mod lenient;
pub(crate) mod lint;
mod location;
pub(crate) mod lockfile;
mod overlay;
mod page;
mod permit;
mod placeholders;
mod portable;
mod source;
pub(crate) mod stamp;
pub(crate) mod stand_in;
pub(crate) mod tags;
mod theirs;
pub(crate) mod variables;
pub(crate) mod verify;
mod walk;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::answers::{Answers, Value};
use crate::failure::{Failure, Kind};
use crate::features::{self, Feature};
use crate::secrets::Secrets;
use crate::signals::{Signals, Writing};
use crate::tree::{File, Origin, Tree};
use choice::Named;
use complete::Complete;
use engine::{Engine, Output};
use fetch::Checkout;
pub(crate) use fetch::Fetched;
use location::{Location, Repository};
use overlay::Keep;
pub(crate) use overlay::Overlay;
pub(crate) use permit::{Ask, Notice, Permit};
pub(crate) use placeholders::{Kind as PlaceholderKind, Placeholder};
use source::{LOCK_FILE, MANIFEST, Source};
use variables::Variables;
use verify::Verifier;

/// What is written before the name of a template.
const FLAG: &str = "--template";
const SHOW: &str = "jwt-allauth templates show";

/// Renders sources that may include others, each to its output or its error.
type Elsewhere<'e> = &'e dyn Fn(&[&Source], &[Source], &Variables) -> Result<Vec<Result<Output, Failure>>, Failure>;

#[derive(Default)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) version: String,
    /// The overlay on the built-in project.
    pub(crate) overlay: Option<Overlay>,
    /// The template that replaces the built-in project.
    pub(crate) complete: Option<Complete>,
    sources: Vec<Source>,
    /// Built-in files that an overlay replaces or leaves out.
    replaced: Vec<Source>,
    /// As the person has named it.
    called: Option<String>,
    /// Which of two things of the same name it is.
    pub(crate) remark: Option<String>,
    /// What is wrong with files that are not read, where the others can be looked at.
    refused: Option<Failure>,
}

fn of_template(error: anyhow::Error, name: &str) -> anyhow::Error {
    match error.downcast::<Failure>() {
        Ok(failure) => failure.of_template(name).into(),
        Err(error) => error,
    }
}

impl Template {
    pub(crate) fn built_in() -> Self {
        embedded::built_in()
    }

    /// The template that `--template` names; without it, the built-in project.
    pub(crate) fn at(location: Option<&str>, signals: &Signals) -> Result<Self> {
        let Some(text) = location else { return Ok(Self::built_in()) };
        let remark = location::remark(text);
        Ok(Self { remark, ..Self::of_location(Location::parse(text), text, FLAG, signals)?.sound()? })
    }

    /// The same as far as it can be read, and what is wrong with the rest.
    pub(crate) fn looked_at(location: Option<&str>, signals: &Signals) -> Result<(Self, Option<Failure>)> {
        let Some(text) = location else { return Ok((Self::built_in(), None)) };
        let mut found = Self::of_location(Location::parse(text), text, FLAG, signals)?;
        let refused = found.refused.take();
        Ok((Self { remark: location::remark(text), ..found }, refused))
    }

    /// Whether it would have to be fetched.
    pub(crate) fn is_elsewhere(location: Option<&str>) -> bool {
        location.is_some_and(|text| matches!(Location::parse(text), Ok(Location::Repository(_))))
    }

    /// The same for `templates show`.
    pub(crate) fn shown(text: &str, signals: &Signals) -> Result<Self> {
        let remark = location::remark(text);
        Ok(Self { remark, ..Self::of_location(Location::parse(text), text, SHOW, signals)?.sound()? })
    }

    /// The template recorded in a project's stamp.
    pub(crate) fn recorded(location: &str, signals: &Signals) -> Result<Self> {
        Ok(Self::of_location(Location::recorded(location), location, FLAG, signals)?.sound()?)
    }

    /// `text` is the name given by the user, `by` what is written before it.
    fn of_location(location: Result<Location, Failure>, text: &str, by: &str, signals: &Signals) -> Result<Self> {
        let called = location::without_password(text.trim_end_matches('/'));
        let found = location.map_err(Into::into).and_then(|location| match location {
            Location::Embedded(name) => Ok(embedded::template(name).unwrap_or_else(|| Ok(Self::built_in()))?),
            Location::Directory(directory) => Ok(Self::read(&directory, Named { by, name: &called, joint: "/" })?),
            Location::Repository(repository) => signals.hold(|writing| Self::fetch(&repository, by, writing)),
        });
        found.map(|template| template.called(&called)).map_err(|error| of_template(error, &called))
    }

    fn called(mut self, name: &str) -> Self {
        self.complete.iter_mut().for_each(|complete| name.clone_into(&mut complete.called));
        let refused = self.refused.map(|failure| failure.of_template(name));
        Self { called: Some(name.to_owned()), refused, ..self }
    }

    fn sound(mut self) -> Result<Self, Failure> {
        self.refused.take().map_or(Ok(self), Err)
    }

    fn fetch(repository: &Repository, by: &str, writing: &Writing) -> Result<Self> {
        let checkout = Checkout::of(repository, writing)?;
        let Checkout { folder, fetched, location, joint, .. } = &checkout;
        Ok(Self::read(folder, Named { by, name: location, joint })?.fetched(fetched))
    }

    fn read(directory: &Path, named: Named) -> Result<Self, Failure> {
        Self::readable(directory, choice::of(directory, named)?)
    }

    fn whole(directory: &Path, kind: description::Kind) -> Result<Self, Failure> {
        Self::readable(directory, kind)?.sound()
    }

    fn readable(directory: &Path, kind: description::Kind) -> Result<Self, Failure> {
        if kind == description::Kind::Complete {
            let (complete, refused) = Complete::read(directory)?;
            let (id, version) = (complete.name.clone(), complete.hash.clone());
            return Ok(Self { id, version, complete: Some(complete), refused, ..Self::default() });
        }
        let (overlay, sources) = overlay::read(directory)?;
        choice::is_an_overlay(directory, &sources)?;
        Self::built_in().below(overlay, sources)
    }

    fn below(self, overlay: Overlay, sources: Vec<Source>) -> Result<Self, Failure> {
        let keep = Keep::of(overlay.keep.as_deref(), &self.sources)?;
        let (sources, replaced) = overlay::laid_over(self.sources, sources, &keep)?;
        Ok(Self { sources, replaced, overlay: Some(overlay), ..self })
    }

    fn fetched(mut self, from: &Fetched) -> Self {
        if let Some(overlay) = &mut self.overlay {
            overlay.fetched = Some(from.clone());
            // Nothing is left of it.
            overlay.directory = None;
        }
        self.complete.iter_mut().for_each(|complete| complete.fetched = Some(from.clone()));
        self
    }

    /// The crates that a rendered project contains or depends on; a project cannot have such a name.
    pub(crate) fn crates(&self) -> Vec<&str> {
        let lock = self.sources.iter().find(|source| source.path == LOCK_FILE);
        lock.and_then(Source::text).map(lockfile::crates).unwrap_or_default()
    }

    /// The template's own questions that apply to the answers so far.
    pub(crate) fn placeholders(&self, known: &BTreeMap<String, Value>) -> Vec<Placeholder> {
        match (&self.overlay, &self.complete) {
            (Some(overlay), _) => overlay.placeholders.clone(),
            (None, Some(complete)) => complete.placeholders(known),
            (None, None) => Vec::new(),
        }
    }

    /// Inputs from the user, the machine and the clock, which need no answer.
    pub(crate) fn circumstances(&self) -> BTreeMap<String, Value> {
        match &self.complete {
            Some(complete) => circumstances::of(&complete.sources, true),
            None => circumstances::of(&self.rendered_sources(), false),
        }
    }

    fn rendered_sources(&self) -> Vec<Source> {
        self.sources.iter().filter(|source| source.is_rendered()).cloned().collect()
    }

    /// Whether the answer to a built-in question has an effect in this template.
    pub(crate) fn asks(&self, variable: &str) -> bool {
        let taken_up = self.replaced.iter().filter(|part| self.sources.iter().any(|source| source.includes(part)));
        let brings_mails = variable == variables::EMAIL && editable::are_in(&self.sources);
        brings_mails || self.sources.iter().chain(taken_up).any(|source| source.uses(variable))
    }

    /// The names of features that can be switched on in its projects, as far as that is known before they are rendered.
    pub(crate) fn features(&self) -> Vec<&'static str> {
        let defaults = self.copied(features::DEFAULTS).and_then(|defaults| std::str::from_utf8(defaults).ok());
        defaults.map(features::available).unwrap_or_default()
    }

    /// Whether a complete template may use a value that it does not ask for.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.complete.as_ref().is_some_and(|complete| complete.mentions(name))
    }

    /// Whether it replaces the built-in project.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.is_some()
    }

    /// Renders and verifies every file.
    pub(crate) fn render(&self, answers: &Answers, secrets: &Secrets, permit: &Permit) -> Result<Tree> {
        let called = self.called.as_deref().unwrap_or_else(|| self.name());
        self.tree(answers, secrets, permit).map_err(|error| of_template(error, called))
    }

    fn name(&self) -> &str {
        self.overlay.as_ref().map_or(&self.id, |overlay| &overlay.name)
    }

    fn tree(&self, answers: &Answers, secrets: &Secrets, permit: &Permit) -> Result<Tree> {
        let warn = |warning| (permit.notice)(Notice::Warning(warning));
        let Some(complete) = &self.complete else {
            let (tree, warnings) = self.render_layers(answers, secrets, &|sources, all, variables| {
                bounded::render(sources, all, variables, permit.signals)
            })?;
            warnings.into_iter().chain(not_portable(&tree)).for_each(warn);
            return Ok(tree);
        };
        complete.check_hooks(&answers.placeholders, permit.commands)?;
        let verifier = Verifier::of_complete(&complete.sources, complete.folder(&answers.placeholders), secrets);
        let mut files = permit.signals.hold(|writing| complete.render(answers, permit, &verifier, writing))?;
        files.push(stamp::file(self, answers, &files));
        let tree = Tree::new(files);
        let (failures, warnings) = verifier.faults(tree.files());
        Failure::gathered(failures)?;
        warnings.into_iter().chain(not_portable(&tree)).for_each(warn);
        Ok(tree)
    }

    /// `elsewhere` renders foreign files.
    fn render_layers(
        &self,
        answers: &Answers,
        secrets: &Secrets,
        elsewhere: Elsewhere,
    ) -> Result<(Tree, Vec<String>), Failure> {
        let variables = variables::of(answers, secrets, editable::paths(&self.sources, answers));
        let all = [&self.sources[..], &self.built_in_parts(&variables)?].concat();
        let engine = Engine::new(&all, &variables)?;
        let theirs: Vec<&Source> = self.sources.iter().filter(|source| self.is_theirs(source)).collect();
        let mut outputs = elsewhere(&theirs, &all, &variables)?.into_iter();
        let mut files = Vec::with_capacity(self.sources.len() + 1);
        let mut failures = Vec::new();
        for source in &self.sources {
            let output = if self.is_theirs(source) { outputs.next() } else { None };
            let render = || output.unwrap_or_else(|| engine.render(source));
            let file = if source.is_rendered() {
                render().and_then(|output| rendered(source, output, &variables))
            } else {
                source.copied(answers)
            };
            match file {
                Ok(file) if source.is_rendered() && is_no_key(&file) => {}
                Ok(file) => files.push(file),
                Err(failure) => failures.push(failure),
            }
        }
        let verifier = Verifier::of_project(&self.sources, secrets);
        if failures.is_empty() {
            editable::add(&mut files, answers);
            failures.extend(switch_on(&answers.features, &mut files).err());
        }
        if failures.is_empty() {
            self.lock_what_is_asked_for(&mut files, answers);
            files.push(stamp::file(self, answers, &files));
            failures.extend(verify::manifest_carries_the_name(&files, answers.name.as_str()).err());
        }
        let (broken, warnings) = verifier.faults(&files);
        // What cannot be parsed cannot be changed either, which is said once.
        failures
            .retain(|failure| failure.file().is_none_or(|file| broken.iter().all(|other| other.file() != Some(file))));
        Failure::gathered(failures.into_iter().chain(broken))?;
        Ok((Tree::new(files), warnings))
    }

    /// Whether a foreign file has to be rendered.
    fn is_theirs(&self, source: &Source) -> bool {
        let from_outside = self.overlay.as_ref().is_some_and(|overlay| !overlay.is_embedded);
        from_outside && source.is_rendered() && source.origin != Origin::BuiltIn
    }

    /// The replaced built-in files, for `{% include "built-in/Cargo.toml" %}`.
    fn built_in_parts(&self, variables: &Variables) -> Result<Vec<Source>, Failure> {
        // They may include files that are replaced as well by rendered ones, which cannot be included.
        let engine = Engine::new(&[&self.sources[..], &self.replaced[..]].concat(), variables)?;
        let part = |source: &Source| {
            let contents =
                if source.is_rendered() { engine.render(source)?.text.into_bytes() } else { source.contents.to_vec() };
            Ok(Source::embedded(format!("{}/{}", embedded::BUILT_IN, source.target()), contents))
        };
        self.replaced.iter().map(part).collect()
    }

    /// The contents of a file that is the same for all answers.
    pub(crate) fn copied(&self, path: &str) -> Option<&[u8]> {
        let source = self.sources.iter().find(|source| source.path == path && !source.is_rendered())?;
        (path != LOCK_FILE).then_some(&source.contents)
    }

    /// Updates the lock file of an overlay that has a manifest but no lock file, so that its first build works with
    /// `--locked`.
    fn lock_what_is_asked_for(&self, files: &mut [File], answers: &Answers) {
        let is_theirs = |name: &str| self.replaced.iter().any(|source| source.target() == name);
        if !is_theirs(MANIFEST) || is_theirs(LOCK_FILE) {
            return;
        }
        let manifest = files.iter().find(|file| file.path == MANIFEST).map(|file| file.contents.clone());
        let lock = files.iter_mut().find(|file| file.path == LOCK_FILE);
        if let (Some(lock), Some(manifest)) = (lock, manifest)
            && let Some(contents) = lockfile::following(&lock.contents, &manifest, answers.name.as_str())
        {
            lock.contents = contents;
        }
    }

    /// The paths in a rendered project.
    #[cfg(test)]
    pub(crate) fn targets(&self) -> Vec<String> {
        self.sources.iter().map(|source| source.target().to_owned()).collect()
    }

    /// Renders a template without foreign files.
    #[cfg(test)]
    fn rendered(&self, answers: &Answers, secrets: &Secrets) -> Result<Tree, Failure> {
        self.render_layers(answers, secrets, &|_, _, _| Ok(Vec::new())).map(|(tree, _)| tree)
    }

    #[cfg(test)]
    fn of(sources: &[(&str, &str)]) -> Self {
        let sources = sources.iter().map(|(path, contents)| Source::embedded(*path, contents.as_bytes().to_vec()));
        Self { id: "test".into(), version: "1.0.0".into(), sources: sources.collect(), ..Self::default() }
    }
}

/// Without what the project does not have: a template that is followed later need not have the same.
fn switch_on(chosen: &[Feature], files: &mut [File]) -> Result<(), Failure> {
    let defaults = files.iter().find(|file| file.path == features::DEFAULTS).and_then(File::text).unwrap_or_default();
    let chosen: Vec<Feature> = chosen.iter().filter(|feature| feature.is_available(defaults)).copied().collect();
    features::switch_on(&chosen, files).map_err(|failure| Failure { kind: Kind::Template, ..failure })
}

/// An empty file below `keys/`, rendered for an algorithm that was not chosen.
fn is_no_key(file: &File) -> bool {
    file.path.starts_with("keys/") && file.contents.trim_ascii().is_empty()
}

fn not_portable(tree: &Tree) -> impl Iterator<Item = String> {
    let complaints = portable::complaints(tree.files().iter().map(|file| file.path.as_str()));
    complaints.into_iter().map(|(path, why)| format!("{path}: {why}"))
}

fn rendered(source: &Source, output: Output, variables: &Variables) -> Result<File, Failure> {
    let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    verify::no_tag_is_left(source, &output.text, &names)?;
    Ok(source.rendered(output.text.into_bytes(), output.secret))
}

#[cfg(test)]
mod tests;
