use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use secrecy::SecretString;

use super::{output, with_auth};
use crate::Auth;
use crate::account;
use crate::app::Parts;
use crate::audit::{Event, Kind, Reason};
use crate::db;
use crate::error::{Error, Result};
use crate::languages::Language;
use crate::password_reset;
use crate::passwords;
use crate::settings::variable;
use crate::users::{self, Email, NewUser, User, role};

#[derive(Args)]
pub(super) struct Arguments {
    /// The account's address (or `SUPERUSER_EMAIL`)
    #[arg(long)]
    email: Option<String>,
    /// Ask nothing: the address and the password are in --email or `SUPERUSER_EMAIL`, and in `SUPERUSER_PASSWORD`
    #[arg(long)]
    no_input: bool,
    /// Promote even an account whose address was never verified: anybody may have signed up with it
    #[arg(long)]
    promote: bool,
    /// Replace the password of an account that is a superuser already, for example because it is lost
    #[arg(long)]
    reset_password: bool,
}

/// A promotion ends the account's sessions; the given password replaces its own, or else a link to set one is mailed. A
/// repeated run changes nothing: containers run this at every start, which would undo a change of the password.
pub(super) async fn create(parts: Box<Parts>, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let asks = !arguments.no_input && std::io::stdin().is_terminal();
    let variable = |name| variable(name).map_err(anyhow::Error::msg);
    let email = match arguments.email.map_or_else(|| variable("SUPERUSER_EMAIL"), |email| Ok(Some(email)))? {
        Some(email) => email,
        None if asks => ask("E-mail address: ")?,
        None => bail!("no address: give --email ADDRESS or set SUPERUSER_EMAIL"),
    };
    let email = Email::parse(&email).with_context(|| format!("`{email}` is not an e-mail address"))?;
    with_auth(parts, async |auth| {
        let given = variable("SUPERUSER_PASSWORD")?.map(SecretString::from);
        let found = users::by_address(auth.db(), &email).await?;
        let resets = arguments.reset_password && found.as_ref().is_some_and(|user| user.role >= role::SUPERUSER);
        if let Some(user) = found.as_ref().filter(|_| !resets) {
            return promote(auth, user, arguments.promote, given).await;
        }
        let password = match given {
            Some(password) => password,
            None if asks => ask_password()?,
            None if arguments.no_input => {
                bail!("no password: set SUPERUSER_PASSWORD, or leave out --no-input to be asked for it")
            }
            None => bail!("no password: set SUPERUSER_PASSWORD, or run this on a terminal to be asked for it"),
        };
        if let Some(user) = found {
            return reset(auth, &user, password).await;
        }
        if make(auth, &email, password.clone()).await? {
            return Ok(());
        }
        // The account was created meanwhile: two instances may start together.
        let user = users::by_address(auth.db(), &email).await?.with_context(|| changed(&email))?;
        promote(auth, &user, arguments.promote, Some(password)).await
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Returns whether the address was free.
async fn make(auth: &Auth, email: &Email, password: SecretString) -> anyhow::Result<bool> {
    let new = NewUser {
        id: uuid::Uuid::now_v7(),
        password_hash: Some(hashed(auth, &[("email address", email.as_written())], password).await?),
        email: email.clone(),
        first_name: String::new(),
        last_name: String::new(),
        role: role::SUPERUSER,
        email_verified: true,
        language: None,
    };
    let mut tx = auth.db().begin().await?;
    let user = match users::add(&mut tx, &new, auth.now()).await {
        Ok(user) => user,
        Err(error) if db::is_taken(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    auth.audit().write(&mut tx, Event::of(Kind::SignUp, &user).because(Reason::Command)).await?;
    tx.commit().await?;
    output::line(format_args!("created the superuser {}", user.email));
    Ok(true)
}

async fn hashed(auth: &Auth, about: &[(&str, &str)], password: SecretString) -> anyhow::Result<String> {
    let problems = passwords::problems_of(auth, &password, about);
    if !problems.is_empty() {
        let problems: Vec<_> = problems.iter().map(|problem| Language::english().word(problem)).collect();
        bail!("the password is not accepted:\n  - {}", problems.join("\n  - "));
    }
    Ok(auth.passwords().hash(password).await?)
}

/// If sign-up is open, an attacker who knew the address may share the account.
async fn promote(auth: &Auth, user: &User, unverified_too: bool, password: Option<SecretString>) -> anyhow::Result<()> {
    let email = &user.email;
    if user.role >= role::SUPERUSER {
        let hint = if user.is_active {
            "; to replace its password, add --reset-password"
        } else {
            ", but deactivated; another superuser can activate it"
        };
        output::line(format_args!("{email} is a superuser already{hint}"));
        return Ok(());
    }
    require_active(user)?;
    if !user.email_verified && !unverified_too {
        bail!(
            "{email} has an account whose address was never verified: somebody else may have signed up with it. Set a new \
             password by mail (`password/reset/`), which verifies it, and run this again; or add --promote if it is yours"
        );
    }
    let hash = match password {
        Some(password) => Some(hashed(auth, &user.attributes(), password).await?),
        None => None,
    };
    done(account::promote(auth, user, role::SUPERUSER, hash.as_deref()).await, email)?;
    let password = match hash {
        Some(_) => "its password is the one that was given",
        None => "its password is void, and a link to set another is on its way to it",
    };
    output::line(format_args!("{email} is a superuser now and signed out everywhere; {password}"));
    Ok(())
}

/// Nobody who has the old password stays signed in.
async fn reset(auth: &Auth, user: &User, password: SecretString) -> anyhow::Result<()> {
    require_active(user)?;
    let hash = hashed(auth, &user.attributes(), password).await?;
    done(password_reset::by_command(auth, user, &hash).await, &user.email)?;
    output::line(format_args!("{} has the password that was given, and is signed out everywhere", user.email));
    Ok(())
}

fn require_active(user: &User) -> anyhow::Result<()> {
    if user.is_active {
        return Ok(());
    }
    bail!("{} has an account that is deactivated; activate it first, or take another address", user.email);
}

fn done(changed_account: Result<Option<User>>, email: &Email) -> anyhow::Result<()> {
    match changed_account {
        Ok(Some(_)) => Ok(()),
        Ok(None) => bail!(changed(email)),
        Err(Error::Internal(error) | Error::Unavailable(error)) => Err(error),
        Err(error) => bail!(error.message_in(Language::english())),
    }
}

fn changed(email: &Email) -> String {
    format!("the account of {email} was changed or removed at the same time; run this again")
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
