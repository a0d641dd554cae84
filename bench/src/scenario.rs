use clap::ValueEnum;

use crate::load::Step;
use crate::server::CLAIMS;

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Resident memory of a server that was just started, with 1,000 idle connections, and after the load
    Memory,
    /// From the start of the process to its first answer, with a new SQLite file
    Start,
    /// POST refresh/
    Refresh,
    /// GET user/
    User,
    /// GET token/claims/, beside a bare handler that answers the same JSON
    Claims,
    /// POST login/, beside the bare hash
    Login,
    /// POST refresh/ while there are ten times as many logins as the server can answer
    Overload,
    /// Requests to a server with a thousand accounts and to one with many, and while a million sessions are removed
    Rows,
    /// The release program
    Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A load that every server gets in turn.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) title: &'static str,
    pub(crate) engine: Engine,
    pub(crate) step: Step,
    pub(crate) clients: usize,
}

impl Scenario {
    pub(crate) fn loads(self) -> Vec<Load> {
        let load = |title, engine, step, clients| Load { title, engine, step, clients };
        match self {
            Self::Refresh => vec![
                load("POST refresh/", Engine::Sqlite, Step::Refresh, 64),
                load("POST refresh/", Engine::Postgres, Step::Refresh, 64),
                load("POST refresh/", Engine::Postgres, Step::Refresh, 8),
            ],
            Self::User => vec![
                load("GET user/", Engine::Sqlite, Step::Get("/jwt-allauth/user/"), 64),
                load("GET user/", Engine::Postgres, Step::Get("/jwt-allauth/user/"), 64),
            ],
            Self::Claims => vec![load("GET token/claims/", Engine::Sqlite, Step::Get(CLAIMS), 64)],
            Self::Login => vec![load("POST login/", Engine::Sqlite, Step::Login, 4)],
            Self::Memory | Self::Start | Self::Overload | Self::Rows | Self::Size => Vec::new(),
        }
    }
}
