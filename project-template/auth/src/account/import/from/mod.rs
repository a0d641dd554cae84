mod auth0;
mod better_auth;
mod fields;
mod firebase;
mod keycloak;
mod kratos;
mod signs;
mod source;
mod tables;

use fields::Fields;
pub(super) use firebase::COLUMNS as FIREBASE_COLUMNS;
pub(super) use signs::{is_row_of_firebase, looks_like_table, signs_of};
pub(super) use source::Source;

use super::rows::Content;
use crate::passwords::FirebaseHashConfig;

/// A system whose exports can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum System {
    /// Django, or a file with the names of the guide.
    Django,
    /// The table of Devise (Rails).
    Devise,
    /// The table of Laravel.
    Laravel,
    /// The table `auth.users` of Supabase.
    Supabase,
    /// Auth0's export of password hashes, of users, or both in one file.
    Auth0,
    /// Keycloak's export of a realm with its users.
    Keycloak,
    /// What `firebase auth:export` writes.
    Firebase,
    /// The tables `user` and `account` of better-auth, in one file or joined.
    BetterAuth,
    /// Identities of Ory Kratos with their credentials.
    Kratos,
    /// A table with hashes of Werkzeug (Flask).
    Werkzeug,
}

impl System {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Django => "django",
            Self::Devise => "devise",
            Self::Laravel => "laravel",
            Self::Supabase => "supabase",
            Self::Auth0 => "auth0",
            Self::Keycloak => "keycloak",
            Self::Firebase => "firebase",
            Self::BetterAuth => "better-auth",
            Self::Kratos => "kratos",
            Self::Werkzeug => "werkzeug",
        }
    }

    fn keeps_factors_elsewhere(self, is_table: bool) -> Option<&'static str> {
        match self {
            Self::Supabase => Some("they are in the table `auth.mfa_factors`"),
            Self::Auth0 => Some("they are in the export of users, in its field `multifactor`"),
            Self::Firebase if is_table => Some("an export to a name that ends in .json has them"),
            _ => None,
        }
    }

    /// Whether an account may be spread over several rows.
    pub(super) fn joins(self) -> bool {
        matches!(self, Self::Auth0 | Self::BetterAuth)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Extent {
    #[default]
    Whole,
    /// An account, unless the file has a complete one with this key.
    Half,
    /// Additional data of the account with this key.
    Part,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Left {
    pub(super) notes: Vec<String>,
    pub(super) second_factors: Vec<String>,
    /// Ways to sign in other than a password, and anything else that is only counted.
    pub(super) others: Vec<String>,
}

fn translate(system: System, config: Option<&FirebaseHashConfig>, mut row: Content) -> Content {
    match system {
        System::Django => return row,
        System::Devise => tables::devise(&mut row),
        System::Laravel => tables::laravel(&mut row),
        System::Supabase => tables::supabase(&mut row),
        System::Werkzeug => tables::werkzeug(&mut row),
        System::Auth0 => auth0::translate(&mut row),
        System::Keycloak => keycloak::translate(&mut row),
        System::Firebase => firebase::translate(&mut row, config),
        System::BetterAuth => better_auth::translate(&mut row),
        System::Kratos => kratos::translate(&mut row),
    }
    row.drop_privileges();
    row
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
