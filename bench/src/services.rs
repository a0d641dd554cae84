//! A PostgreSQL server of its own, as durable as it comes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::build::run;
use crate::scenario::Engine;

pub(crate) struct Postgres {
    url: String,
    script: PathBuf,
    directory: PathBuf,
}

impl Postgres {
    pub(crate) fn start(root: &Path, directory: &Path) -> Result<Self> {
        let script = root.join(".ci/services");
        let directory = directory.join(format!("postgres-{}", std::process::id()));
        let output = Command::new(&script).arg("start").arg(&directory).env("DURABLE", "1").output()?;
        ensure!(output.status.success(), "PostgreSQL did not start: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout)?;
        let url = said.lines().find_map(|line| line.strip_prefix("export TEST_DATABASE_URL="));
        let url = url.context("the script of the services names no PostgreSQL")?.to_owned();
        Ok(Self { url, script, directory })
    }

    /// The address of a new, empty database.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        for statement in [format!("drop database if exists {name}"), format!("create database {name}")] {
            run(Command::new("psql")
                .args(["--quiet", &self.url, "--command", &statement])
                .env("PGOPTIONS", "-c client_min_messages=error"))?;
        }
        let (server, _) = self.url.rsplit_once('/').context("the address names no database")?;
        Ok(format!("{server}/{name}"))
    }
}

/// Runs statements, without waiting for the disk: for data that is there before anything is measured.
pub(crate) fn seed(engine: Engine, database: &str, statements: &str) -> Result<()> {
    match engine {
        Engine::Sqlite => {
            let statements = format!("pragma synchronous = off; pragma foreign_keys = on;\n{statements}");
            run(Command::new("sqlite3").args(["-bail", database, &statements]).stdout(Stdio::null()))
        }
        Engine::Postgres => {
            let statements = format!("set synchronous_commit = off;\n{statements}");
            run(Command::new("psql").args(["--quiet", "--set", "ON_ERROR_STOP=1", database, "--command", &statements]))
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).arg("stop").arg(&self.directory).status();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
