//! Renders a template by running this program again as cargo-generate.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context, Result};
use toml::{Table, Value as Toml};

use super::ears::Ears;
use super::files::Files;
use super::order;
use super::place::{Place, written};
use super::stage::Stage;
use super::undefined::undefined_in_path;
use super::{Complete, Person, config, outcome, scripts, shell};
use crate::answers::{Answers, Value};
use crate::errand;
use crate::failure::Failure;
use crate::platform::{self, Descendants};
use crate::scratch::Scratch;
use crate::signals::Writing;
use crate::template::Permit;
use crate::template::circumstances;
use crate::template::overlay::{self, Keep};
use crate::template::source::{Form, Source};
use crate::template::verify::Verifier;
use crate::template::walk::{self, Whole};
use crate::tree::File;

/// cargo-generate's own variables, with the values of a plain project.
pub(in crate::template) const OWN: [&str; 8] =
    ["authors", "crate_name", "crate_type", "is_init", "os-arch", "project-name", "username", "within_cargo_project"];

impl Complete {
    pub(in crate::template) fn render(
        &self,
        answers: &Answers,
        permit: &Permit,
        verifier: &Verifier,
        writing: &Writing,
    ) -> Result<Vec<File>> {
        let values = &answers.placeholders;
        let scratch = Scratch::plain()?;
        let place = Place::in_directory(scratch.path(), &self.name, permit.project)?;
        let folder = self.folder(values);
        let files = Files::of(&self.config(folder).under(values), folder)?;
        let known = self.known(answers);
        let scripts_run = !self.config(folder).hooks.is_empty();
        let hearing = (permit.commands, permit.ask.is_some());
        let mut stage = Stage::new(getrandom::u64()?, &files, &known, values, folder, scripts_run, hearing);
        for source in &self.sources {
            let path = circumstances::at_moment(&source.path, |name| values.get(name));
            write(&place.template.join(&*path), source, &given(&mut stage, source)?)?;
        }
        stage.name(self.names_in_paths(&stage));
        if let Some(script) = stage.inquiry() {
            written(&place.inquiry, script.as_bytes())?;
            Self::run_last(&place.template.join(self.config_path(folder)), &place.inquiry)?;
        }
        written(&place.values, values_file(answers).as_bytes())?;
        let Generated { directory, failed_filters, unnamed } =
            self.generate(&place, &stage, answers, permit, writing)?;
        stage.filters_fail = !failed_filters.is_empty();
        let mut failures: Vec<Failure> = failed_filters.into_iter().chain(unnamed).collect();
        let mut restored = Vec::new();
        let (rendered, refused) = walk::found(&directory, Whole::Project, &[]);
        let left = self.names_left(&stage, &rendered);
        let is_said = |left: &Failure| {
            failures.iter().any(|said| said.file().zip(left.file()).is_some_and(|(a, b)| a.starts_with(b)))
        };
        failures.extend(left.into_iter().filter(|left| !is_said(left)).collect::<Vec<_>>());
        for file in rendered {
            match stage.restored(file) {
                Ok(file) => restored.extend(file),
                Err(failure) => failures.push(failure),
            }
        }
        failures.extend(refused);
        if !failures.is_empty() {
            // What was rendered all the same may be broken.
            let rendered: Vec<File> = restored.iter().map(Source::raw).collect();
            failures.extend(verifier.faults(&rendered).0);
        }
        Failure::gathered(failures)?;
        let (files, _) = overlay::laid_over(Vec::new(), restored, &Keep::all())?;
        Ok(files.iter().map(Source::raw).collect())
    }

    /// Adds a script after those that run before files are rendered.
    fn run_last(config: &Path, script: &Path) -> Result<()> {
        let mut page: Table = fs::read_to_string(config)?.parse()?;
        let hooks = page.entry("hooks").or_insert_with(|| Toml::Table(Table::new()));
        let hooks = hooks.as_table_mut().context("`hooks` is a table")?;
        let before = hooks.entry("pre").or_insert_with(|| Toml::Array(Vec::new()));
        before.as_array_mut().context("`pre` is a list")?.push(script.display().to_string().into());
        fs::write(config, page.to_string()).map_err(Into::into)
    }

    fn generate(
        &self,
        place: &Place,
        stage: &Stage,
        answers: &Answers,
        permit: &Permit,
        writing: &Writing,
    ) -> Result<Generated> {
        let mut command = Command::new(env::current_exe().context("this program is not where it was")?);
        command.current_dir(&place.root).arg(order::COMMAND);
        command.args([&place.template, &place.out, &place.values, &place.answer]);
        command.arg(process::id().to_string()).arg(answers.name.as_str());
        command.args(self.sub_template(&answers.placeholders).map(|folder| format!("--sub-template={folder}")));
        command.args(permit.commands.then_some("--allow-commands"));
        surroundings(&mut command, &place.temporary);
        if permit.commands
            && shell::stand_in(&mut command, &place.programs, &place.reply)
                .map_err(|error| Scratch::failed(&place.programs, &error))?
        {
            command.arg("--limited");
        }
        let mut ears = Ears::new(place, stage, permit);
        let descendants = permit.commands.then(Descendants::adopt);
        let outcome = errand::hear(&mut command, writing, &mut |line| ears.hear(line));
        if ears.has_asked() {
            writing.restore_terminal();
        }
        // Before the scratch directory goes, in which they could still write.
        drop(descendants);
        writing.check()?;
        let outcome = outcome?.context("cargo-generate was interrupted")?;
        ears.unanswered()?;
        if let Some(stopped) = ears.stopped() {
            return Err(self.was_stopped(stopped).into());
        }
        outcome::said(&outcome, place).into_iter().for_each(permit.notice);
        if !outcome.status.success() {
            return Err(self.failed(&outcome, &ears).into());
        }
        let directory = fs::read_to_string(&place.answer).context("cargo-generate names no directory")?;
        Ok(Generated {
            directory: directory.into(),
            failed_filters: self.failed_filters(&outcome, place, stage),
            unnamed: ears.unnamed(),
        })
    }

    /// The files that are rendered, each with a name in its path that has no value as far as that is known now.
    fn names_in_paths(&self, stage: &Stage) -> Vec<(String, String)> {
        let of_file = |source: &Source| {
            let path = source.path.strip_prefix(stage.folder).unwrap_or(&source.path);
            let names = undefined_in_path(path, stage.known);
            let is_removed = !names.is_empty() && self.is_removed(source, stage);
            let lacking = names.into_iter().filter(|_| !is_removed);
            lacking.map(|name| (source.path.clone(), name.to_owned())).collect::<Vec<_>>()
        };
        self.inside(stage.folder, None).flat_map(of_file).collect()
    }

    /// Every name that has a value when files are rendered.
    fn known(&self, answers: &Answers) -> Vec<String> {
        let declared = self.config(self.folder(&answers.placeholders)).declared();
        let given = answers.placeholders.keys().map(String::as_str);
        let others = OWN.into_iter().chain(declared).chain(given).map(str::to_owned);
        others.chain(scripts::set(&self.sources).names).collect()
    }
}

/// What cargo-generate has made, and failures that do not end it.
struct Generated {
    directory: PathBuf,
    failed_filters: Vec<Failure>,
    unnamed: Vec<Failure>,
}

/// The configuration without the keys that this program decides, and every other file without its pitfalls.
fn given(stage: &mut Stage, source: &Source) -> Result<Vec<u8>> {
    let text = source.text().filter(|_| source.path.rsplit('/').next() == Some(config::FILE));
    let Some(text) = text else { return Ok(stage.given(source)) };
    let mut page: Table = text.parse().with_context(|| source.path.clone())?;
    if let Some(Toml::Table(template)) = page.get_mut("template") {
        template.remove("vcs");
    }
    Ok(page.to_string().into_bytes())
}

fn write(path: &Path, source: &Source, contents: &[u8]) -> Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| Scratch::failed(path, &error))?;
    written(path, contents)?;
    if source.form == (Form::File { executable: true }) {
        platform::make_executable(path)?;
    }
    Ok(())
}

fn values_file(answers: &Answers) -> String {
    let toml = |value: &Value| match value {
        Value::Bool(value) => Toml::Boolean(*value),
        Value::Text(_) | Value::List(_) => Toml::String(value.to_string()),
    };
    let values: Table = answers.placeholders.iter().map(|(name, value)| (name.clone(), toml(value))).collect();
    Table::from_iter([("values".to_owned(), Toml::Table(values))]).to_string()
}

/// Hides the user's settings except name and address. cargo-generate requires a name even where none is known.
fn surroundings(command: &mut Command, temporary: &Path) {
    let theirs =
        env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("CARGO_GENERATE_"));
    for name in theirs {
        command.env_remove(name);
    }
    command.envs(platform::TEMPORARY.iter().map(|name| (name, temporary)));
    command.env("NO_COLOR", "1").env_remove("RUST_LOG");
    command.envs(Person::here().variables());
}
