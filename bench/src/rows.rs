//! Whether a request costs more among many accounts than among few, and whether the removal of a million expired
//! sessions holds up those who sign in. Both servers are of this commit.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::Options;
use crate::build::Built;
use crate::load::{Fleet, Step};
use crate::measured::{Measured, median};
use crate::plot::{Line, svg};
use crate::report::Row;
use crate::scenario::Engine;
use crate::server::Server;
use crate::services::seed;

const FEW: u64 = 1000;
const SESSIONS_OF_EACH: u64 = 5;
const EXPIRED: u64 = 1_000_000;
/// What a server logs when it has removed what expired.
const REMOVED: &str = "removed what has expired";
/// A removal that takes longer is reported as a failure.
const PATIENCE: Duration = Duration::from_mins(10);
const STEPS: [(&str, Step, usize); 4] = [
    ("GET user/", Step::Get("/jwt-allauth/user/"), 64),
    ("POST refresh/", Step::Refresh, 64),
    ("POST login/", Step::Login, 4),
    ("POST registration/", Step::SignUp, 4),
];

pub(crate) async fn measure(
    engine: Engine,
    built: &Built,
    databases: &[Option<String>; 2],
    directory: &Path,
    options: &Options,
) -> Result<Vec<Row>> {
    let mut servers = Vec::new();
    for ((name, users), database) in [("few", FEW), ("many", options.users)].into_iter().zip(databases) {
        let place = directory.join(name);
        // Makes the tables.
        drop(Server::start(built, &place, database.as_deref()).await?);
        eprintln!("{}: {users} accounts", engine.name());
        let file = place.join("app.db").display().to_string();
        seed(engine, database.as_deref().unwrap_or(&file), &accounts(engine, users))?;
        servers.push(Server::start_again(built, &place, database.as_deref()).await?);
    }
    let mut rows = Vec::new();
    for (title, step, clients) in STEPS {
        rows.push(compared(engine, &servers, title, step, clients, options).await?);
    }
    drop(servers);
    let place = directory.join("many");
    rows.push(removal(engine, built, &place, databases[1].as_deref(), directory).await?);
    Ok(rows)
}

/// The median of the rounds' ratios would need a column of its own: here the times of a request are compared.
async fn compared(
    engine: Engine,
    servers: &[Server],
    title: &str,
    step: Step,
    clients: usize,
    options: &Options,
) -> Result<Row> {
    let duration = Duration::from_secs(options.seconds);
    let mut fleets = Vec::new();
    for server in servers {
        let name = title.replace([' ', '/'], "").to_lowercase();
        fleets.push(Fleet::signed_up(&server.address, clients, &name).await?);
    }
    let mut took = [Vec::new(), Vec::new()];
    for round in 0..options.rounds {
        for which in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
            let measured = Measured::of(&servers[which], &mut fleets[which], step, duration).await?;
            ensure!(measured.failed == 0, "{title} was refused {} times", measured.failed);
            took[which].push(1e6 / measured.per_second);
        }
    }
    let what = format!(
        "{title}, {}, {clients} clients: µs for each request, with {FEW} accounts and with {}",
        engine.name(),
        options.users
    );
    Ok(Row::new(what, took.map(|took| median(took.into_iter())), 0))
}

/// The p99 of logins, second by second: before, and while a server that was just started removes what expired.
async fn removal(engine: Engine, built: &Built, place: &Path, database: Option<&str>, directory: &Path) -> Result<Row> {
    const WINDOW: Duration = Duration::from_secs(2);
    let mut server = Server::start_again(built, place, database).await?;
    let mut fleet = Fleet::signed_up(&server.address, 4, "removal").await?;
    let mut line = Line::new(engine.name());
    let mut before = Vec::new();
    for window in 0..5 {
        let p99 = fleet.run(Step::Login, WINDOW).await?.quantile(0.99);
        line.add(f64::from(window) * WINDOW.as_secs_f64() - 10.0, p99);
        before.push(p99);
    }
    drop(server);
    let file = place.join("app.db").display().to_string();
    seed(engine, database.unwrap_or(&file), &expired(engine))?;
    server = Server::start_again(built, place, database).await?;
    let began = Instant::now();
    let mut fleet = Fleet::signed_up(&server.address, 4, "removing").await?;
    let mut during = Vec::new();
    let log = place.join("log");
    while !std::fs::read_to_string(&log)?.contains(REMOVED) {
        ensure!(began.elapsed() < PATIENCE, "{EXPIRED} sessions were not removed in {PATIENCE:?}");
        let at = began.elapsed().as_secs_f64();
        let p99 = fleet.run(Step::Login, WINDOW).await?.quantile(0.99);
        line.add(at, p99);
        during.push(p99);
    }
    let took = began.elapsed().as_secs();
    let title = format!("p99 of POST login/, ms, while {EXPIRED} sessions are removed, from second 0 to {took}");
    let plot = directory.join(format!("removal-{}.svg", engine.name().to_lowercase()));
    std::fs::write(&plot, svg(&title, &[line]))?;
    eprintln!("{}", plot.display());
    let what = format!(
        "POST login/, {}, 4 clients: p99, ms, before and while {EXPIRED} sessions are removed ({took} s)",
        engine.name()
    );
    Ok(Row::new(what, [before, during].map(|p99| median(p99.into_iter())), 1))
}

/// Accounts with ids in the order of their arrival, older than those that the server makes, their sessions, and what
/// staff search for.
fn accounts(engine: Engine, users: u64) -> String {
    let (user, session, moment) = expressions(engine);
    let numbers = numbers(engine, users);
    let copies = numbers_named(engine, "k", SESSIONS_OF_EACH);
    let ahead = moment("n.i % 40000 + 1440");
    let now = moment("0");
    format!(
        "begin;
         insert into users (id, email, email_key, email_verified, created_at, updated_at)
           select {user}, 'user' || n.i || '@example.org', 'user' || n.i || '@example.org', true, {now}, {now}
           from {numbers};
         insert into sessions (id, user_id, claims, created_at, refreshed_at, expires_at, ip, user_agent, methods)
           select {session}, {user}, '{{\"role\":300,\"email\":\"someone@example.org\"}}', {now}, {now}, {ahead},
             '192.0.2.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'pwd'
           from {numbers} cross join {copies};
         insert into user_search (user_id, words) select id, '  ' || email_key || '    ' from users
           where email_key like '%@example.org';
         commit;"
    )
}

/// Sessions of the first accounts that expired an hour ago and before.
fn expired(engine: Engine) -> String {
    let (user, session, moment) = expressions(engine);
    let numbers = numbers(engine, FEW);
    let copies = numbers_named(engine, "k", EXPIRED / FEW);
    let past = moment("-(n.i + k.i) - 60");
    let session = session.replace("k.i", "(k.i + 100)");
    format!(
        "insert into sessions (id, user_id, claims, created_at, refreshed_at, expires_at, ip, user_agent, methods)
           select {session}, {user}, '{{\"role\":300}}', {past}, {past}, {past}, '192.0.2.7', 'Mozilla/5.0', 'pwd'
           from {numbers} cross join {copies};"
    )
}

/// The id of account `n.i`, that of its session `k.i`, and a moment so many minutes from now.
fn expressions(engine: Engine) -> (String, String, fn(&str) -> String) {
    match engine {
        // 16 bytes, which are less than a UUIDv7 of this decade.
        Engine::Sqlite => (
            "cast(char(1) || printf('%015d', n.i) as blob)".to_owned(),
            "cast(char(1) || printf('%010d%05d', n.i, k.i) as blob)".to_owned(),
            |minutes| format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ({minutes}) || ' minutes')"),
        ),
        Engine::Postgres => (
            "('01900000-0000-7000-8000-' || lpad(to_hex(n.i), 12, '0'))::uuid".to_owned(),
            "('01900000-' || lpad(to_hex(k.i), 4, '0') || '-7000-8000-' || lpad(to_hex(n.i), 12, '0'))::uuid"
                .to_owned(),
            |minutes| format!("now() + ({minutes}) * interval '1 minute'"),
        ),
    }
}

fn numbers(engine: Engine, count: u64) -> String {
    numbers_named(engine, "n", count)
}

fn numbers_named(engine: Engine, name: &str, count: u64) -> String {
    match engine {
        Engine::Sqlite => format!(
            "(with recursive c(i) as (select 1 union all select i + 1 from c where i < {count}) select i from c) {name}"
        ),
        Engine::Postgres => format!("(select i from generate_series(1, {count}) i) {name}"),
    }
}
