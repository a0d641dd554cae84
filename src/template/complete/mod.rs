//! A complete template: a directory with a `cargo-generate.toml`, rendered by cargo-generate itself.
//!
//! The library writes to the terminal, leaves files behind when it fails, and ignores errors that should stop it. It
//! therefore runs in a child process on a copy; the result is read back into memory, corrected and verified.

mod code;
pub(super) mod config;
mod ears;
pub(super) mod files;
mod heard;
pub(super) mod mistakes;
mod order;
mod outcome;
mod person;
mod place;
mod question;
pub(super) mod render;
pub(super) mod scripts;
pub(crate) mod shell;
pub(super) mod stage;
pub(super) mod undefined;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::circumstances::MOMENT;
use super::fetch::Fetched;
use super::overlay;
use super::placeholders::Placeholder;
use super::source::Source;
use super::tags::{self, Tag};
use super::walk::{self, Whole};
use crate::answers::Value;
use crate::failure::{Failure, Kind};
use crate::tree::Tree;
use config::Config;
pub(crate) use config::Hook;
use files::Files;
pub(crate) use order::Order;
pub(in crate::template) use person::Person;

/// The question which of several templates in a directory to use.
const SUB_TEMPLATE: &str = "sub_template";

#[derive(Debug)]
pub(crate) struct Complete {
    pub(crate) name: String,
    /// As the person has named it.
    pub(crate) called: String,
    pub(crate) hash: String,
    pub(crate) fetched: Option<Fetched>,
    pub(super) sources: Vec<Source>,
    /// Whether there are files that could not be read.
    is_partial: bool,
    /// By directory; `""` is the top.
    configs: BTreeMap<String, Config>,
}

impl Complete {
    pub(super) fn is_in(directory: &Path) -> bool {
        directory.join(config::FILE).symlink_metadata().is_ok()
    }

    /// The template as far as it can be read, and what is wrong with the rest.
    pub(super) fn read(directory: &Path) -> Result<(Self, Option<Failure>), Failure> {
        let (sources, failures) = walk::found(directory, Whole::Complete, &[]);
        let is_of_config = |failure: &Failure| failure.file().is_some_and(|file| file.ends_with(config::FILE));
        let is_enough = !failures.iter().any(is_of_config) && sources.iter().any(|source| source.path == config::FILE);
        let is_partial = !failures.is_empty();
        let mut refused = Failure::gathered(failures).err();
        if let Some(refused) = refused.take_if(|_| !is_enough) {
            let text = walk::text(&directory.join(config::FILE)).ok().flatten();
            let other = text.and_then(|text| Config::parse(config::FILE, &text).err());
            return Err(other.into_iter().fold(refused, Failure::and));
        }
        let config = |source: &Source| {
            let folder = source.path.strip_suffix(config::FILE)?.trim_end_matches('/');
            Some(Config::parse(&source.path, source.text()?).map(|config| (folder.to_owned(), config)))
        };
        let configs = Failure::collected(sources.iter().filter_map(config));
        let configs = configs.map_err(|broken| match refused.take() {
            Some(refused) => refused.and(broken),
            None => broken,
        })?;
        let hash = Tree::new(sources.iter().map(Source::raw).collect()).hash();
        let name = overlay::name_of(directory);
        let complete = Self {
            called: name.clone(),
            name,
            hash,
            fetched: None,
            sources,
            is_partial,
            configs: configs.into_iter().collect(),
        };
        Ok((complete, refused))
    }

    /// The questions that apply to the answers so far.
    pub(crate) fn placeholders(&self, known: &BTreeMap<String, Value>) -> Vec<Placeholder> {
        let choices = &self.config("").sub_templates;
        let chosen = self.sub_template(known);
        let which = (!choices.is_empty()).then(|| Placeholder::choice(SUB_TEMPLATE, "Which template", choices));
        let mut placeholders: Vec<Placeholder> = which.into_iter().collect();
        if placeholders.is_empty() || chosen.is_some() {
            placeholders.extend(self.config(chosen.unwrap_or_default()).under(known).placeholders);
        }
        placeholders
    }

    /// Whether the name is asked for under any condition, or occurs in a tag, a condition or a script. cargo-generate gives
    /// all of them any value that it gets.
    pub(super) fn mentions(&self, name: &str) -> bool {
        let uses = |text: &str| tags::tags(text).iter().flat_map(Tag::uses).any(|used| used == name);
        let in_config = |config: &Config| {
            let mut conditions = config.conditionals.iter().flat_map(|(condition, _)| tags::names(condition));
            config.declared().any(|declared| declared == name) || conditions.any(|used| used == name)
        };
        let is_own = render::OWN.contains(&name) || name == MOMENT || name == SUB_TEMPLATE && self.is_choice();
        is_own
            || self.configs.values().any(in_config)
            || self.is_partial
            || scripts::mention(&self.sources, name)
            || self.sources.iter().any(|source| uses(&source.path) || source.text().is_some_and(uses))
    }

    fn is_choice(&self) -> bool {
        !self.config("").sub_templates.is_empty()
    }

    /// The template itself, or each of its sub-templates, with its configuration.
    pub(super) fn parts(&self) -> Vec<(&str, &Config)> {
        match &self.config("").sub_templates {
            none if none.is_empty() => vec![("", self.config(""))],
            several => several.iter().map(|folder| (folder.as_str(), self.config(folder))).collect(),
        }
    }

    /// The folder of the template that is rendered; empty at the top.
    pub(super) fn folder<'k>(&self, known: &'k BTreeMap<String, Value>) -> &'k str {
        self.sub_template(known).unwrap_or_default()
    }

    fn sub_template<'k>(&self, known: &'k BTreeMap<String, Value>) -> Option<&'k str> {
        match known.get(SUB_TEMPLATE) {
            Some(Value::Text(text)) if !self.config("").sub_templates.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The nearest configuration in a folder or above it.
    fn config(&self, folder: &str) -> &Config {
        static NONE: std::sync::LazyLock<Config> = std::sync::LazyLock::new(Config::default);
        let mut ancestors = Path::new(folder).ancestors().filter_map(Path::to_str);
        ancestors.find_map(|folder| self.configs.get(folder)).unwrap_or(&NONE)
    }

    /// The path of that configuration.
    fn config_path(&self, folder: &str) -> PathBuf {
        let mut ancestors = Path::new(folder).ancestors();
        let has_one = |folder: &&Path| folder.to_str().is_some_and(|folder| self.configs.contains_key(folder));
        ancestors.find(has_one).unwrap_or(Path::new("")).join(config::FILE)
    }

    /// Scripts that would run on this machine.
    fn hooks(&self, known: &BTreeMap<String, Value>) -> Vec<Hook> {
        let folder = self.folder(known);
        let config = self.config(folder);
        let files = Files::of(&config.under(known), folder).ok();
        let filters = scripts::filters(self.inside(folder, files.as_ref()), self.inside(folder, None));
        config.hooks.iter().cloned().chain(filters).collect()
    }

    /// The scripts of one sub-template, whatever the answers are.
    pub(super) fn all_hooks(&self, folder: &str, config: &Config) -> Vec<Hook> {
        let files = Files::of(&config.part, folder).ok();
        let filters = scripts::filters(self.inside(folder, files.as_ref()), self.inside(folder, None));
        config.hooks.iter().cloned().chain(filters).collect()
    }

    fn inside<'s>(&'s self, folder: &'s str, files: Option<&'s Files>) -> impl Iterator<Item = &'s Source> {
        let is_inside = move |source: &&Source| folder.is_empty() || Path::new(&source.path).starts_with(folder);
        let is_rendered = move |source: &&Source| files.is_none_or(|files| files.are_rendered(source.target()));
        self.sources.iter().filter(is_inside).filter(is_rendered)
    }

    /// Refuses to run scripts unless the user has allowed it.
    pub(crate) fn check_hooks(&self, known: &BTreeMap<String, Value>, allowed: bool) -> Result<(), Failure> {
        let hooks = self.hooks(known);
        if allowed || hooks.is_empty() {
            return Ok(());
        }
        let scripts: Vec<&str> = hooks.iter().map(|hook| hook.script.as_str()).collect();
        let message = format!("the template `{}` runs scripts on this machine: {}", self.called, scripts.join(", "));
        Err(Failure::new(Kind::Hook, message)
            .naming_template()
            .hint("read them, and if you agree add `--allow-commands`"))
    }
}
