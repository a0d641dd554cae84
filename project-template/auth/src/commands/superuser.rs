//! `create-superuser`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use secrecy::SecretString;

use crate::app::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::db;
use crate::parts::Parts;
use crate::passwords;
use crate::settings::variable;
use crate::users::{self, Email, NewUser, role};

#[derive(Args)]
pub(super) struct Arguments {
    /// The account's address (or `SUPERUSER_EMAIL`)
    #[arg(long)]
    email: Option<String>,
    /// Ask nothing: take the password from `SUPERUSER_PASSWORD`
    #[arg(long)]
    no_input: bool,
}

/// Makes a superuser, or makes the account with this address one; its password stays. Running it again changes nothing.
pub(super) async fn create(parts: Box<Parts>, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let asks = !arguments.no_input && std::io::stdin().is_terminal();
    let variable = |name| variable(name).map_err(anyhow::Error::msg);
    let email = match arguments.email.map_or_else(|| variable("SUPERUSER_EMAIL"), |email| Ok(Some(email)))? {
        Some(email) => email,
        None if asks => ask("E-mail address: ")?,
        None => bail!("no address: give --email ADDRESS or set SUPERUSER_EMAIL"),
    };
    let email = Email::parse(&email).with_context(|| format!("`{email}` is not an e-mail address"))?;
    let auth = Auth::of(parts, ()).await?;
    if let Some(user) = users::store::by_email(auth.db(), &email).await? {
        return promote(&auth, user).await;
    }

    let password = match variable("SUPERUSER_PASSWORD")? {
        Some(password) => password.into(),
        None if asks => ask_password()?,
        None => bail!("no password: set SUPERUSER_PASSWORD, or run this on a terminal without --no-input"),
    };
    let problems = passwords::problems_of(&auth, &password, &[("email address", email.as_written())]);
    if !problems.is_empty() {
        bail!("the password is not accepted:\n  - {}", problems.join("\n  - "));
    }
    let new = NewUser {
        password_hash: Some(auth.passwords().hash(password).await?),
        email,
        first_name: String::new(),
        last_name: String::new(),
        role: role::SUPERUSER,
        email_verified: true,
    };
    let mut tx = auth.db().begin().await?;
    match users::add(&mut tx, &new, auth.now()).await {
        Ok(user) => {
            audit::record(&auth, &mut tx, Event::of(Kind::SignUp, &user).because(Reason::Command)).await?;
            tx.commit().await?;
            println!("created the superuser {}", user.email);
            Ok(ExitCode::SUCCESS)
        }
        // Somebody else made it since: two instances start together.
        Err(error) if db::is_taken(&error) => {
            drop(tx);
            match users::store::by_email(auth.db(), &new.email).await? {
                Some(user) => promote(&auth, user).await,
                None => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn promote(auth: &Auth, user: users::User) -> anyhow::Result<ExitCode> {
    if user.role >= role::SUPERUSER {
        println!("{} is a superuser already", user.email);
    } else {
        let mut tx = auth.db().begin().await?;
        users::store::set_role(&mut tx, user.id, role::SUPERUSER, auth.now()).await?;
        audit::record(auth, &mut tx, Event::of(Kind::RoleChanged, &user).because(Reason::Command)).await?;
        tx.commit().await?;
        println!("{} is a superuser now", user.email);
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(question: &str) -> anyhow::Result<String> {
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

fn ask_password() -> anyhow::Result<SecretString> {
    let first = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Password again: ")? != first {
        bail!("the two passwords do not match");
    }
    Ok(first.into())
}
