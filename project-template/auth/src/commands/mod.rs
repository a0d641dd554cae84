//! The program's sub-commands: `serve`, and commands for operators.

mod arguments;
mod background;
mod check;
mod flush_tokens;
mod health;
mod import_users;
mod keys;
mod logs;
mod migrate;
mod openapi;
mod output;
mod remove_second_factor;
mod send_test_mail;
mod serve;
mod superuser;
mod superusers;

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
    /// Serve (the default); in development, apply missing migrations first
    Serve {
        /// Apply missing migrations first in production, too; of several that start together, one does
        #[arg(long)]
        migrate: bool,
    },
    /// Ask the server of this machine whether it is ready; exit 1 if it is not
    Health,
    /// Apply missing migrations
    Migrate {
        /// Only say which are missing; exit 1 if any is
        #[arg(long)]
        check: bool,
    },
    /// Make a superuser, or make an account one
    CreateSuperuser(superuser::Arguments),
    /// Remove the second factor of somebody who has lost it
    RemoveSecondFactor {
        /// The account's address
        address: String,
    },
    /// Import accounts with their passwords: from Django, or from the system that `--from` names
    ImportUsers(import_users::Arguments),
    /// Remove what has expired: sessions, links and codes, old audit rows, counters
    FlushTokens {
        /// Only count it
        #[arg(long)]
        dry_run: bool,
    },
    /// Send a mail now, to see whether the settings of `mail.*` work
    SendTestMail {
        /// Whom to send it to
        address: String,
    },
    /// Make and list signing keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Print the description of the API (OpenAPI 3.1), or requests made of it
    Openapi {
        /// What to print
        #[arg(long, value_enum, default_value_t = openapi::Format::Json)]
        format: openapi::Format,
    },
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
    match perform(arguments.command.unwrap_or(Command::Serve { migrate: false }), hooks, app).await {
        Ok(code) => code,
        Err(error) => {
            output::note(format_args!("error: {}", in_one_line(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Closes the database even if `work` fails.
async fn with_auth<T>(parts: Box<Parts>, work: impl AsyncFnOnce(&Auth) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let auth = Auth::of(parts, ()).await?;
    let done = work(&auth).await;
    auth.db().close().await;
    done
}

/// A dry run makes no database and applies no migrations.
async fn with_auth_of_dry_run<T>(
    mut parts: Box<Parts>,
    work: impl AsyncFnOnce(&Auth) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if let Some(empty) = parts.settings.database.without_change().await? {
        eprintln!("note: there is no database yet; this is a run on an empty one");
        parts.settings.database = empty;
    }
    with_auth(parts, work).await
}

async fn perform(command: Command, hooks: impl Hooks, app: impl FnOnce(Auth) -> Router) -> anyhow::Result<ExitCode> {
    let draft = Draft::from_environment()?;
    logs::start(draft.unchecked());
    match command {
        Command::Serve { migrate } => {
            let parts = draft.finish_with(Parts::of)?;
            if migrate && parts.settings.is_production() {
                migrate::migrate(&parts.settings, false).await?;
            }
            serve::serve(parts, hooks, app).await
        }
        Command::Health => health::ask(&draft.finish()?).await,
        Command::Migrate { check } => migrate::migrate(&draft.finish()?, check).await,
        Command::CreateSuperuser(arguments) => superuser::create(draft.finish_with(Parts::of)?, arguments).await,
        Command::RemoveSecondFactor { address } => {
            remove_second_factor::remove(draft.finish_with(Parts::of)?, &address).await
        }
        Command::ImportUsers(arguments) => import_users::import(draft.finish_with(Parts::of)?, &arguments).await,
        Command::FlushTokens { dry_run } => flush_tokens::flush_tokens(draft.finish_with(Parts::of)?, dry_run).await,
        Command::SendTestMail { address } => send_test_mail::send(&draft.finish()?, &address).await,
        Command::Keys(command) => keys::run(&draft.finish_section("tokens")?, &command),
        Command::Openapi { format } => Ok(openapi::print(&draft.finish()?, format)),
        Command::Check { deploy } => {
            let settings = draft.finish_with(Parts::of)?.settings;
            let found = if deploy { superusers::advise(&settings).await } else { Advice::default() };
            Ok(check::check(&settings, deploy, found))
        }
    }
}
