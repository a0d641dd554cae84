use anyhow::{Context as _, bail, ensure};
use secrecy::SecretString;

use super::super::rows::{self, Content, Row};
use super::super::{Import, survey::Survey};
use super::{System, translate};
use crate::passwords::FirebaseHashConfig;

pub(in super::super) struct Source<'p> {
    plan: &'p Import,
    config: Option<FirebaseHashConfig>,
}

impl<'p> Source<'p> {
    pub(in super::super) fn of(plan: &'p Import) -> anyhow::Result<Self> {
        let given = plan.hash_config.as_ref();
        ensure!(given.is_none() || plan.from == Some(System::Firebase), "--hash-config belongs to --from firebase");
        let parsed = |text: &SecretString| FirebaseHashConfig::parse(text).map_err(anyhow::Error::msg);
        let config = given.map(parsed).transpose().context("the file of --hash-config cannot be used")?;
        Ok(Self { plan, config })
    }

    pub(in super::super) fn system(&self) -> Option<System> {
        self.plan.from
    }

    /// Each call reads the file from its start.
    pub(in super::super) fn rows(&self) -> anyhow::Result<impl Iterator<Item = Row>> {
        let rows = self.raw_rows()?;
        Ok(rows.map(|Row { place, content }| Row { place, content: content.map(|content| self.translated(content)) }))
    }

    pub(in super::super) fn raw_rows(&self) -> anyhow::Result<impl Iterator<Item = Row>> {
        rows::open(&self.plan.file, self.plan.from)
    }

    pub(in super::super) fn translated(&self, raw: Content) -> Content {
        translate(self.plan.from.unwrap_or(System::Django), self.config.as_ref(), raw)
    }

    pub(in super::super) fn refuse(&self, survey: &Survey) -> anyhow::Result<()> {
        self.refuse_other_systems(survey)?;
        ensure!(
            self.config.is_some() || !survey.has_firebase_hashes,
            "the hashes of Firebase need the parameters of its project. Nothing was imported; copy them from the console \
             (Authentication, Users, the menu above the list, Password hash parameters) into a file, and add \
             `--hash-config FILE`"
        );
        let is_table = rows::is_table(&self.plan.file)?;
        if let Some(place) = self.plan.from.and_then(|system| system.keeps_factors_elsewhere(is_table))
            && !survey.tells_second_factors
            && !self.plan.without_second_factors
        {
            bail!(
                "the file does not say who has a second factor: {place}. Accounts with one would sign in with the \
                 password alone. Nothing was imported; export it as docs/moving-in.md says, or add \
                 --without-second-factors if they may"
            );
        }
        Ok(())
    }

    fn refuse_other_systems(&self, survey: &Survey) -> anyhow::Result<()> {
        match (self.plan.from, survey.looks_like) {
            (Some(System::Django), _) => {}
            (None, Some(system)) => {
                let name = system.name();
                bail!(
                    "the file looks like an export of {name}. Without `--from`, only columns with the names of \
                     docs/moving-in.md are read. Nothing was imported; add `--from {name}`, or `--from django` if the \
                     columns have those names"
                );
            }
            (Some(asked), Some(system)) if !survey.looks_right => {
                let (asked, name) = (asked.name(), system.name());
                bail!(
                    "the file looks like an export of {name}, and no row of it like one of {asked}. Nothing was imported; \
                     use `--from {name}`, or `--from django` if the columns have the names of docs/moving-in.md"
                );
            }
            (Some(System::Firebase), None) if !survey.looks_right && rows::is_table(&self.plan.file)? => bail!(
                "the file is no export of firebase, whose CSV has no header and says in its third column `true` or `false`. \
                 Nothing was imported; export it with `firebase auth:export`"
            ),
            _ => {}
        }
        Ok(())
    }
}
