//! Passwords: which are accepted, and how they are stored and changed.

pub(crate) mod capability;
mod common;
mod django;
mod firebase;
mod foreign;
mod hash;
mod memory;
mod nfc;
mod policy;
pub(crate) mod reset_link;
mod routes;
mod settings;
mod stored;

use secrecy::{ExposeSecret, SecretString};

pub(crate) use firebase::HashConfig as FirebaseHashConfig;
pub(crate) use hash::{HashError, HashSettings, Hasher, Verdict};
pub use policy::Policy;
pub(crate) use routes::router;
pub use settings::Settings;

use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::languages::Text;
use crate::sessions::DbUser;
use crate::throttle::Guess;

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            failed @ HashError::Failed(_) => Self::Internal(anyhow::Error::new(failed)),
        }
    }
}

/// The hash in the notation to store. None if its kind is unknown or its cost too high.
pub(crate) fn comparable(hash: &str) -> Option<String> {
    let noted = foreign::noted(hash).unwrap_or_else(|| hash.to_owned());
    stored::Stored::parse(&noted).map(|_| noted)
}

/// Whether a signed-in user knows their password. A wrong one counts against the same budget as at sign-in.
pub(crate) async fn is_own(
    auth: &Auth,
    user: &DbUser,
    client: &Client,
    password: SecretString,
    reason: Reason,
) -> Result<bool> {
    let (passwords, stored) = (auth.passwords().clone(), user.password_hash.clone());
    let compare = async move {
        let verdict = passwords.verify(password, stored).await?;
        Ok((verdict != Verdict::Wrong).then_some(()))
    };
    let failed = |kind| auth.audit().note(Event::of(kind, &**user).session(user.session).because(reason));
    let own = auth.throttle().guarded(Guess::OwnPassword(user.email.key()), client, compare).await;
    match &own {
        Ok(None) => failed(Kind::PasswordWrong),
        Err(Error::Throttled(_)) => failed(Kind::LockedOut),
        _ => {}
    }
    Ok(own?.is_some())
}

/// `about` has labels and values. The service's name is added: it is among the first guesses too.
pub(crate) fn problems_of(auth: &Auth, password: &SecretString, about: &[(&str, &str)]) -> Vec<Text> {
    let service = ("name of this service", auth.templates().service());
    let about: Vec<(&str, &str)> = about.iter().copied().chain([service]).collect();
    auth.settings().password.policy.check(password.expose_secret(), &about)
}

pub(crate) fn read_new(
    auth: &Auth,
    fields: &mut Fields,
    names: (&'static str, &'static str),
    problems_under: &'static str,
    mismatch_under: &'static str,
    about: &[(&str, &str)],
) -> Option<SecretString> {
    let (first, second) = (fields.secret(names.0), fields.secret(names.1));
    let (first, second) = (first?, second?);
    for problem in problems_of(auth, &first, about) {
        fields.problem(problems_under, problem);
    }
    if first.expose_secret() != second.expose_secret() {
        fields.problem(mismatch_under, "The two password fields didn't match.");
    }
    Some(first)
}
