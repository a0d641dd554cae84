//! The rendering itself: this program runs itself once more, as cargo-generate.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use toml::{Table, Value as Toml};

use super::files::Files;
use super::order;
use super::stage::{self, Stage};
use super::{Complete, Person, config};
use crate::answers::{Answers, Value};
use crate::errand::{self, Outcome};
use crate::failure::{Failure, Kind};
use crate::scratch::{self, Scratch};
use crate::signals::Writing;
use crate::template::circumstances;
use crate::template::overlay::{self, Keep};
use crate::template::source::{Form, Source};
use crate::template::walk;
use crate::tree::File;

/// Variables of cargo-generate's own, with a plain project for an answer.
pub(in crate::template) const OWN: [&str; 8] =
    ["authors", "crate_name", "crate_type", "is_init", "os-arch", "project-name", "username", "within_cargo_project"];
/// What a failing script is called in its report.
const FAILED_SCRIPT: &str = "Failed executing script";

impl Complete {
    pub(crate) fn render(&self, answers: &Answers, allow_commands: bool, writing: &Writing) -> Result<Vec<File>> {
        let values = &answers.placeholders;
        let scratch = Scratch::create()?;
        let place = Place::in_directory(scratch.path())?;
        let folder = self.sub_template(values).unwrap_or_default();
        let files = Files::of(&self.config(folder).under(values), folder)?;
        let known = self.known(answers);
        let mut stage = Stage::new(getrandom::u64()?, &files, &known, values);
        for source in &self.sources {
            let path = circumstances::at_moment(&source.path, |name| values.get(name));
            write(&place.template.join(&*path), source, &given(&mut stage, source)?)?;
        }
        written(&place.values, values_file(answers).as_bytes())?;
        let directory = self.generate(&place, answers, allow_commands, writing)?;
        let files = walk::read(&directory, &[])?.into_iter().map(|file| stage.restored(file));
        let (files, _) = overlay::laid_over(Vec::new(), files.collect::<Result<_, _>>()?, &Keep::all())?;
        Ok(files.iter().map(Source::raw).collect())
    }

    /// Answers with the directory that cargo-generate has made.
    fn generate(&self, place: &Place, answers: &Answers, allow_commands: bool, writing: &Writing) -> Result<PathBuf> {
        let mut command = Command::new(env::current_exe().context("this program is not where it was")?);
        // A signal ends what its scripts have started as well.
        command.process_group(0).current_dir(&place.root);
        command.arg(order::COMMAND).args([&place.template, &place.out, &place.values]).arg(answers.name.as_str());
        command.args(self.sub_template(&answers.placeholders).map(|folder| format!("--sub-template={folder}")));
        command.args(allow_commands.then_some("--allow-commands"));
        surroundings(&mut command, &place.temporary);
        let outcome = errand::run(&mut command, writing)?;
        writing.check()?;
        let outcome = outcome.context("cargo-generate was interrupted")?;
        if !outcome.status.success() {
            return Err(self.failed(&outcome, &place.template).into());
        }
        outcome.stdout.lines().last().map(PathBuf::from).context("cargo-generate names no directory")
    }

    /// Every name that has a value by the time files are rendered, whoever gives it.
    fn known(&self, answers: &Answers) -> Vec<String> {
        let declared = self.config(self.sub_template(&answers.placeholders).unwrap_or_default()).declared();
        let given = answers.placeholders.keys().map(String::as_str);
        let others = OWN.into_iter().chain(declared).chain(given).map(str::to_owned);
        others.chain(set_by_scripts(&self.sources)).collect()
    }

    fn failed(&self, outcome: &Outcome, template: &Path) -> Failure {
        let said = console::strip_ansi_codes(&outcome.stderr).replace(&format!("{}/", template.display()), "");
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let why = lines.iter().rposition(|line| line.starts_with("error: ")).map_or(&lines[..], |at| &lines[at..]);
        let why = why.join(" ").trim_start_matches("error: ").to_owned();
        if scratch::is_full(&why) {
            return Scratch::failed(template, &ErrorKind::StorageFull.into());
        }
        let kind = if why.contains(FAILED_SCRIPT) { Kind::Hook } else { Kind::Template };
        Failure::new(kind, format!("the template `{}` cannot be rendered: {why}", self.name))
    }
}

/// What cargo-generate gets to see of this machine.
struct Place {
    root: PathBuf,
    template: PathBuf,
    out: PathBuf,
    temporary: PathBuf,
    values: PathBuf,
}

impl Place {
    fn in_directory(root: &Path) -> Result<Self> {
        let [template, out, temporary, values] = ["template", "out", "tmp", "values.toml"].map(|name| root.join(name));
        for directory in [&template, &out, &temporary] {
            fs::create_dir(directory).map_err(|error| Scratch::failed(directory, &error))?;
        }
        // Its settings, which are read from beside `out`.
        written(&out.with_extension("toml"), b"")?;
        Ok(Self { root: root.to_owned(), template, out, temporary, values })
    }
}

pub(in crate::template) fn set_by_scripts(sources: &[Source]) -> impl Iterator<Item = String> {
    let scripts = sources.iter().filter(|source| source.path.ends_with(stage::SCRIPT)).filter_map(Source::text);
    let set = scripts.flat_map(|script| script.split("variable::set(").skip(1));
    set.filter_map(|rest| Some(rest.trim_start().strip_prefix('"')?.split('"').next()?.to_owned()))
}

/// The configuration without what is this program's to decide, every other file without its pitfalls.
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
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn written(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    fs::write(path, contents).map_err(|error| Scratch::failed(path, &error))
}

fn values_file(answers: &Answers) -> String {
    let toml = |value: &Value| match value {
        Value::Bool(value) => Toml::Boolean(*value),
        Value::Text(_) | Value::List(_) => Toml::String(value.to_string()),
    };
    let values: Table = answers.placeholders.iter().map(|(name, value)| (name.clone(), toml(value))).collect();
    Table::from_iter([("values".to_owned(), Toml::Table(values))]).to_string()
}

/// Nothing of the person's own settings but who they are; a name is wanted even where the system knows none.
fn surroundings(command: &mut Command, temporary: &Path) {
    let theirs =
        env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("CARGO_GENERATE_"));
    for name in theirs {
        command.env_remove(name);
    }
    command.env("TMPDIR", temporary).env("NO_COLOR", "1").env_remove("RUST_LOG");
    command.envs(Person::here().variables());
}
