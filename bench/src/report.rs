//! Rounds in which each server has its turn, and the table of what they gave.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::build::{self, Built};
use crate::load::{Fleet, Step};
use crate::measured::{Measured, median};
use crate::scenario::{Engine, Load, Scenario};
use crate::server::{CLAIMS, Server};
use crate::services::Postgres;
use crate::{Options, floor, rows};

const IDLE_CONNECTIONS: usize = 1000;
/// More than the places of all queues on a machine with two cores.
const OVERLOAD: usize = 200;

struct Bench {
    options: Options,
    /// The repository.
    root: PathBuf,
    directory: PathBuf,
    base: Built,
    now: Built,
    postgres: Option<Postgres>,
    rows: Vec<Row>,
}

pub(crate) struct Row {
    what: String,
    base: String,
    now: String,
    ratio: String,
}

impl Row {
    pub(crate) fn new(what: String, [base, now]: [f64; 2], digits: usize) -> Self {
        Self {
            what,
            base: format!("{base:.digits$}"),
            now: format!("{now:.digits$}"),
            ratio: format!("{:.2}", now / base),
        }
    }
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no repository")?.to_owned();
    let directory = root.join(&options.directory);
    std::fs::create_dir_all(&directory)?;
    let base_source = build::worktree(&root, &options.base, &directory)?;
    let base = build::project("base", &base_source, &directory)?;
    let now = build::project("now", &root, &directory)?;
    let mut bench = Bench { root, directory, base, now, postgres: None, rows: Vec::new(), options };
    for scenario in Scenario::value_variants() {
        if bench.options.only.is_empty() || bench.options.only.contains(scenario) {
            eprintln!("{scenario:?}");
            bench.measure(*scenario).await?;
        }
    }
    if bench.options.first_build {
        bench.first_builds()?;
    }
    let table = bench.table()?;
    std::fs::write(bench.directory.join("report.md"), &table)?;
    println!("{table}");
    Ok(())
}

impl Bench {
    async fn measure(&mut self, scenario: Scenario) -> Result<()> {
        match scenario {
            Scenario::Memory => self.memory().await?,
            Scenario::Start => self.start().await?,
            Scenario::Overload => self.overload().await?,
            Scenario::Rows => self.rows().await?,
            Scenario::Size => self.size()?,
            Scenario::Refresh | Scenario::User | Scenario::Claims | Scenario::Login => {}
        }
        for load in scenario.loads() {
            self.load(load).await?;
        }
        Ok(())
    }

    async fn server(&mut self, built: Which, engine: Engine) -> Result<Server> {
        let name = self.built(built).name;
        let database = self.database(engine, name)?;
        Server::start(self.built(built), &self.directory.join(name).join("run"), database.as_deref()).await
    }

    /// The address of a new database, if it is not a file beside the server.
    fn database(&mut self, engine: Engine, name: &str) -> Result<Option<String>> {
        if engine == Engine::Sqlite {
            return Ok(None);
        }
        if self.postgres.is_none() {
            self.postgres = Some(Postgres::start(&self.root, &self.directory)?);
        }
        self.postgres.as_ref().map(|postgres| postgres.database(name)).transpose()
    }

    async fn rows(&mut self) -> Result<()> {
        for engine in Engine::ALL {
            let databases = [self.database(engine, "few")?, self.database(engine, "many")?];
            let rows = rows::measure(engine, &self.now, &databases, &self.directory, &self.options).await?;
            self.rows.extend(rows);
        }
        Ok(())
    }

    fn built(&self, which: Which) -> &Built {
        match which {
            Which::Base => &self.base,
            Which::Now => &self.now,
        }
    }

    /// Rounds on both servers in turn; medians, and the median of the rounds' ratios.
    async fn load(&mut self, load: Load) -> Result<()> {
        let servers = [self.server(Which::Base, load.engine).await?, self.server(Which::Now, load.engine).await?];
        let mut fleets = Vec::new();
        for server in &servers {
            fleets.push(Fleet::signed_up(&server.address, load.clients, "ada").await?);
        }
        let mut floor = match load.step {
            Step::Get(CLAIMS) => Some(self.floor(&mut fleets[1], load.clients).await?),
            _ => None,
        };
        let duration = Duration::from_secs(self.options.seconds);
        let (mut rounds, mut floors) = (Vec::new(), Vec::new());
        for round in 0..self.options.rounds {
            let mut pair = Vec::new();
            for which in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                pair.push((which, Measured::of(&servers[which], &mut fleets[which], load.step, duration).await?));
            }
            pair.sort_by_key(|(which, _)| *which);
            rounds.push(pair.into_iter().map(|(_, measured)| measured).collect::<Vec<_>>());
            match &mut floor {
                Some((server, fleet)) => floors.push(Measured::of(server, fleet, load.step, duration).await?),
                None if matches!(load.step, Step::Login) => {
                    let threads = std::thread::available_parallelism()?.get();
                    let hashes = tokio::task::spawn_blocking(move || floor::hashes_per_second(threads, duration));
                    floors.push(Measured::hashes(hashes.await??));
                }
                None => {}
            }
        }
        self.rows_of(load, &rounds, &floors);
        self.memory_after(load, &servers)
    }

    /// A bare handler with the JSON that the server answers.
    async fn floor(&self, fleet: &mut Fleet, clients: usize) -> Result<(Server, Fleet)> {
        let body = self.directory.join("claims.json");
        std::fs::write(&body, fleet.answer(CLAIMS).await?)?;
        let server = Server::floor(&body)?;
        let fleet = Fleet::anonymous(&server.address, clients).await?;
        Ok((server, fleet))
    }

    fn rows_of(&mut self, load: Load, rounds: &[Vec<Measured>], floors: &[Measured]) {
        let title = format!("{}, {}, {} clients", load.title, load.engine.name(), load.clients);
        let column =
            |which: usize, value: fn(&Measured) -> f64| median(rounds.iter().map(|round| value(&round[which])));
        let ratio =
            |value: fn(&Measured) -> f64| median(rounds.iter().map(|round| value(&round[1]) / value(&round[0])));
        let mut row = |what: &str, value: fn(&Measured) -> f64, digits: usize| {
            let cell = |which| format!("{:.digits$}", column(which, value));
            self.rows.push(Row {
                what: format!("{title}: {what}"),
                base: cell(0),
                now: cell(1),
                ratio: format!("{:.2}", ratio(value)),
            });
        };
        row("requests a second", |measured| measured.per_second, 0);
        row("p99, ms", |measured| measured.p99, 1);
        row("processor time of the server, µs a request", |measured| measured.processor, 0);
        let failed: u64 = rounds.iter().flatten().map(|measured| measured.failed).sum();
        if failed > 0 {
            let failed = |which: usize| rounds.iter().map(|round| round[which].failed).sum::<u64>().to_string();
            self.rows.push(Row {
                what: format!("{title}: refused or broken"),
                base: failed(0),
                now: failed(1),
                ratio: String::new(),
            });
        }
        if floors.is_empty() {
            return;
        }
        let (what, value): (_, fn(&Measured) -> f64) = match load.step {
            Step::Login => ("requests for each bare hash", |measured| measured.per_second),
            _ => ("processor time for that of a bare handler", |measured| measured.processor),
        };
        let against = |which: usize| {
            let ratios = rounds.iter().zip(floors).map(|(round, floor)| value(&round[which]) / value(floor));
            format!("{:.2}", median(ratios))
        };
        self.rows.push(Row {
            what: format!("{title}: {what}"),
            base: against(0),
            now: against(1),
            ratio: String::new(),
        });
    }

    fn memory_after(&mut self, load: Load, servers: &[Server; 2]) -> Result<()> {
        let title = format!("memory after {}, {}, {} clients, MiB", load.title, load.engine.name(), load.clients);
        self.compare(title, [servers[0].memory()?, servers[1].memory()?], 1);
        Ok(())
    }

    async fn memory(&mut self) -> Result<()> {
        let servers = [self.server(Which::Base, Engine::Sqlite).await?, self.server(Which::Now, Engine::Sqlite).await?];
        self.compare("memory, idle, MiB".to_owned(), [servers[0].memory()?, servers[1].memory()?], 1);
        let mut held = Vec::new();
        for server in &servers {
            let mut fleet = Fleet::anonymous(&server.address, IDLE_CONNECTIONS).await?;
            fleet.once(Step::Get(CLAIMS)).await?;
            held.push(fleet);
        }
        self.compare("memory, 1,000 idle connections, MiB".to_owned(), [servers[0].memory()?, servers[1].memory()?], 1);
        drop(held);
        Ok(())
    }

    async fn start(&mut self) -> Result<()> {
        let mut took = [Vec::new(), Vec::new()];
        for _ in 0..self.options.rounds {
            for (which, took) in [Which::Base, Which::Now].into_iter().zip(&mut took) {
                took.push(self.server(which, Engine::Sqlite).await?.started_in.as_secs_f64() * 1000.0);
            }
        }
        let [base, now] = took.map(|took| median(took.into_iter()));
        self.compare("from start to the first answer, new SQLite file, ms".to_owned(), [base, now], 0);
        Ok(())
    }

    /// Clients who sign in take all workers and places of the queue; others refresh meanwhile.
    async fn overload(&mut self) -> Result<()> {
        let duration = Duration::from_secs(self.options.seconds);
        let mut p99 = [Vec::new(), Vec::new()];
        let mut slowest = [Vec::new(), Vec::new()];
        for round in 0..self.options.rounds {
            let order = if round % 2 == 0 { [Which::Base, Which::Now] } else { [Which::Now, Which::Base] };
            for which in order {
                let server = self.server(which, Engine::Sqlite).await?;
                let mut guests = Fleet::signed_up(&server.address, OVERLOAD, "grace").await?;
                let mut fleet = Fleet::signed_up(&server.address, 8, "ada").await?;
                let (logins, refreshes) =
                    tokio::try_join!(guests.run(Step::Login, duration), fleet.run(Step::Refresh, duration))?;
                p99[which as usize].push(refreshes.quantile(0.99));
                slowest[which as usize].push(logins.quantile(1.0));
            }
        }
        let title = format!("under overload ({OVERLOAD} clients sign in at once)");
        let of = |values: &[Vec<f64>; 2]| [0, 1].map(|which: usize| median(values[which].iter().copied()));
        self.compare(format!("{title}: p99 of refresh/ of 8 clients, ms"), of(&p99), 1);
        self.compare(format!("{title}: slowest answer to a login, ms"), of(&slowest), 0);
        Ok(())
    }

    fn size(&mut self) -> Result<()> {
        let size = |built: &Built| Ok::<_, std::io::Error>(std::fs::metadata(&built.server)?.len() as f64 / 1e6);
        self.compare("release program, MB".to_owned(), [size(&self.base)?, size(&self.now)?], 1);
        Ok(())
    }

    fn first_builds(&mut self) -> Result<()> {
        let mut took = [Vec::new(), Vec::new()];
        for round in 0..self.options.rounds {
            eprintln!("first build, round {round}");
            for (built, took) in [&self.base, &self.now].into_iter().zip(&mut took) {
                took.push(build::first_build(built, &self.directory)?.as_secs_f64());
            }
        }
        let [base, now] = took.map(|took| median(took.into_iter()));
        self.compare("first build of a new project, s".to_owned(), [base, now], 0);
        Ok(())
    }

    fn compare(&mut self, what: String, values: [f64; 2], digits: usize) {
        self.rows.push(Row::new(what, values, digits));
    }

    fn table(&self) -> Result<String> {
        let git = |arguments: &[&str]| -> Result<String> {
            let output = Command::new("git").current_dir(&self.root).args(arguments).output()?;
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let date = time::OffsetDateTime::now_utc().date();
        let commit = git(&["rev-parse", "--short", "HEAD"])?;
        let changed = if git(&["status", "--porcelain"])?.is_empty() { "" } else { " with changes" };
        let cores = std::thread::available_parallelism()?;
        let Options { base, rounds, seconds, .. } = &self.options;
        let mut table = format!(
            "{date}, commit {commit}{changed} beside {base}; {cores} cores shared with the load, medians of {rounds} \
             alternating rounds of {seconds} s\n\n| | before | now | ratio |\n|---|---|---|---|\n"
        );
        for Row { what, base, now, ratio } in &self.rows {
            writeln!(table, "| {what} | {base} | {now} | {ratio} |")?;
        }
        Ok(table)
    }
}

#[derive(Clone, Copy)]
enum Which {
    Base,
    Now,
}
