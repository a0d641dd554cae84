//! The author's name and address, found as cargo and cargo-generate do: from variables, else from git.

use std::env;
use std::path::Path;

use crate::vcs;

pub(in crate::template) struct Person {
    /// Empty if unknown.
    pub(in crate::template) name: String,
    email: Option<String>,
}

impl Person {
    pub(in crate::template) fn here() -> Self {
        let name = said(["CARGO_NAME", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"], "user.name");
        let email = said(["CARGO_EMAIL", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"], "user.email");
        let email = email.or_else(|| first(&["EMAIL"])).map(|email| {
            let bare = email.strip_prefix('<').and_then(|email| email.strip_suffix('>'));
            bare.unwrap_or(&email).to_owned()
        });
        Self { name: name.or_else(|| first(&["USER", "USERNAME", "NAME"])).unwrap_or_default(), email }
    }

    pub(in crate::template) fn authors(&self) -> String {
        match &self.email {
            Some(email) => format!("{} <{email}>", self.name),
            None => self.name.clone(),
        }
    }

    /// The only values of the user's that cargo-generate receives.
    pub(super) fn variables(self) -> impl Iterator<Item = (&'static str, String)> {
        [("CARGO_NAME", self.name)].into_iter().chain(self.email.map(|email| ("CARGO_EMAIL", email)))
    }
}

fn said(variables: [&str; 3], key: &str) -> Option<String> {
    let configured = || {
        let output = vcs::git(Path::new(".")).args(["config", key]).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|said| !said.is_empty())
    };
    first(&variables).or_else(configured)
}

fn first(variables: &[&str]) -> Option<String> {
    variables.iter().find_map(|variable| env::var(variable).ok()).map(|text| text.trim().to_owned())
}
