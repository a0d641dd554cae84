//! Running servers, and what the kernel says about them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener as Probe;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::build::Built;
use crate::load::{Fleet, Step};

/// Limits that the load itself would hit; everything else is as in a new project.
const RAISED: &[(&str, &str)] = &[
    ("JWT_ALLAUTH__THROTTLE__LOGIN", "100000/1s"),
    ("JWT_ALLAUTH__THROTTLE__REFRESH", "100000/1s"),
    ("JWT_ALLAUTH__THROTTLE__REGISTRATION", "100000/1s"),
    ("JWT_ALLAUTH__HTTP__CONNECTIONS_PER_CLIENT", "10000"),
];
const PATIENCE: Duration = Duration::from_secs(30);
/// Of the kernel's clock in `/proc/PID/stat`.
const TICKS_PER_SECOND: f64 = 100.0;
pub(crate) const CLAIMS: &str = "/jwt-allauth/token/claims/";

pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    child: Child,
    /// From the start of the process to its first answer.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Starts a project's server in a new directory, on a SQLite file there unless a database is named, with the settings
    /// and keys of the project.
    pub(crate) async fn start(built: &Built, directory: &Path, database: Option<&str>) -> Result<Self> {
        let _ = std::fs::remove_dir_all(directory);
        std::fs::create_dir_all(directory)?;
        std::fs::create_dir(directory.join("keys"))?;
        for file in ["settings.toml", ".env"] {
            std::fs::copy(built.project.join(file), directory.join(file))?;
        }
        for key in std::fs::read_dir(built.project.join("keys"))? {
            let key = key?;
            std::fs::copy(key.path(), directory.join("keys").join(key.file_name()))?;
        }
        Self::start_again(built, directory, database).await
    }

    /// Starts it with what an earlier one left in the directory.
    pub(crate) async fn start_again(built: &Built, directory: &Path, database: Option<&str>) -> Result<Self> {
        let port = Probe::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(&built.server);
        command.current_dir(directory).envs(RAISED.iter().copied()).env("JWT_ALLAUTH__HTTP__BIND", &address);
        if let Some(url) = database {
            command.env("DATABASE_URL", url);
        }
        let log = File::create(directory.join("log"))?;
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut server = Self { name: built.name, address, child, started_in: Duration::ZERO };
        server.wait_for_an_answer(began, directory).await?;
        Ok(server)
    }

    /// The bare handler of this program.
    pub(crate) fn floor(body: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("floor").arg(body).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut address)?;
        Ok(Self { name: "floor", address: address.trim().to_owned(), child, started_in: Duration::ZERO })
    }

    async fn wait_for_an_answer(&mut self, began: Instant, directory: &Path) -> Result<()> {
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}; see {}", directory.join("log").display());
            }
            if let Ok(mut fleet) = Fleet::anonymous(&self.address, 1).await {
                fleet.once(Step::Get(CLAIMS)).await?;
                self.started_in = began.elapsed();
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("the server did not answer in {} s; see {}", PATIENCE.as_secs(), directory.join("log").display())
    }

    /// Resident memory, in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    /// Processor time used so far, in seconds.
    pub(crate) fn processor_time(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The program's name may hold spaces; user and system time are the 12th and 13th field after it.
        let (_, rest) = stat.rsplit_once(')').context("unreadable /proc/PID/stat")?;
        let ticks: Result<Vec<f64>, _> = rest.split_whitespace().skip(11).take(2).map(str::parse).collect();
        Ok(ticks?.iter().sum::<f64>() / TICKS_PER_SECOND)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
