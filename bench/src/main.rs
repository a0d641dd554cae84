//! Measures the server of this commit beside that of an earlier one, in alternation, and prints ratios.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml`; `--help` lists what can be chosen.

mod build;
mod floor;
mod load;
mod measured;
mod plot;
mod report;
mod rows;
mod scenario;
mod server;
mod services;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use scenario::Scenario;

/// The commit that the targets of `README.md` are relative to.
const BASE: &str = "64a2e8a01a";

#[derive(Parser)]
#[command(about = "Measures the server of this commit beside that of an earlier one, on loopback")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args, Clone)]
pub(crate) struct Options {
    /// The commit to compare with
    #[arg(long, default_value = BASE)]
    base: String,
    /// How often each server is measured, in turn
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a measurement
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// What is measured; everything by default
    #[arg(long, value_enum)]
    only: Vec<Scenario>,
    /// Also the first build of a new project; takes minutes for each round
    #[arg(long)]
    first_build: bool,
    /// Accounts of the larger database of `rows`, with five sessions each
    #[arg(long, default_value_t = 1_000_000)]
    users: u64,
    /// Where everything is built and the reports are written
    #[arg(long, default_value = "target/bench")]
    directory: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// A bare axum handler that answers every request with the JSON of a file; prints its address
    Floor { body: PathBuf },
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Floor { body }) => floor::serve(&body).await,
        None => report::run(arguments.options).await,
    }
}
