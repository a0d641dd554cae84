//! The program's sub-commands: `serve`, and commands for operators. Differs from the built-in project: there are no
//! accounts and no migrations to command.

mod arguments;
mod background;
mod check;
mod health;
mod keys;
mod logs;
mod output;
mod send_test_mail;
mod serve;

use std::process::ExitCode;

use axum::Router;
use clap::{Parser, Subcommand};

use crate::Auth;
use crate::app::Draft;
use crate::app::Parts;
use crate::error::in_one_line;
use crate::hooks::Hooks;
use crate::settings::Advice;

/// Serves the application, or does one of the other things an operator needs.
#[derive(Parser)]
#[command(about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Ask the server of this machine whether it is ready; exit 1 if it is not
    Health,
    /// Send a mail now, to see whether the settings of `mail.*` work
    SendTestMail {
        /// Whom to send it to
        address: String,
    },
    /// Make and list signing keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Check the settings; exit 1 if something is wrong
    Check {
        /// Also name what is unsafe in production
        #[arg(long)]
        deploy: bool,
    },
}

/// Runs the command given on the command line. `app` makes the application's router from the state. Exits with 0 on
/// success, 1 on errors, and 2 on invalid arguments.
pub async fn run(app: impl FnOnce(Auth) -> Router) -> ExitCode {
    run_with((), app).await
}

/// As [`run`], with the application's hooks: see [`crate::hooks`].
pub async fn run_with(hooks: impl Hooks, app: impl FnOnce(Auth) -> Router) -> ExitCode {
    let arguments: Arguments = arguments::of_process();
    match perform(arguments.command.unwrap_or(Command::Serve), hooks, app).await {
        Ok(code) => code,
        Err(error) => {
            output::note(format_args!("error: {}", in_one_line(&error)));
            ExitCode::FAILURE
        }
    }
}

async fn perform(command: Command, hooks: impl Hooks, app: impl FnOnce(Auth) -> Router) -> anyhow::Result<ExitCode> {
    let draft = Draft::from_environment()?;
    logs::start(draft.unchecked());
    match command {
        Command::Serve => serve::serve(draft.finish_with(Parts::of)?, hooks, app).await,
        Command::Health => health::ask(&draft.finish()?).await,
        Command::SendTestMail { address } => send_test_mail::send(&draft.finish()?, &address).await,
        Command::Keys(command) => keys::run(&draft.finish_section("tokens")?, &command),
        Command::Check { deploy } => {
            let settings = draft.finish_with(Parts::of)?.settings;
            Ok(check::check(&settings, deploy, Advice::default()))
        }
    }
}
