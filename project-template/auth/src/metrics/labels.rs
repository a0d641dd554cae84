//! What labels say: words of lists, and what of a request is one of a few.

use axum::http::{Method, StatusCode};

use crate::db;
use crate::error::Error;
use crate::words::words;

words! {
    /// By what somebody signs in.
    Way {
        Password = "password",
        /// One that was mailed.
        Code = "code",
        /// A password, at the admin pages.
        Admin = "admin",
    }
}

words! {
    /// What became of an attempt.
    Outcome {
        Succeeded = "succeeded",
        /// A refresh token was shown again.
        Replayed = "replayed",
        /// Something else has to be done before a session begins.
        Challenged = "challenged",
        Refused = "refused",
        Throttled = "throttled",
        /// By a fault that is not the client's.
        Failed = "failed",
    }
}

words! {
    /// What became of a mail.
    Delivery {
        Sent = "sent",
        /// It is tried again later.
        Postponed = "postponed",
        /// Nobody will get it.
        Dropped = "dropped",
    }
}

words! {
    /// What an answer of 503 was for the lack of.
    Lacking {
        /// One to the database, in time.
        Connection = "connection",
        Database = "database",
        /// For a password, or a turn at a guess.
        Worker = "worker",
    }
}

impl Outcome {
    /// None for what is no attempt: a request that lacks something.
    pub(crate) fn of<T>(answer: Result<&T, &Error>) -> Option<Self> {
        match answer {
            Ok(_) => Some(Self::Succeeded),
            Err(Error::Fields(_)) => None,
            Err(Error::Throttled(_)) => Some(Self::Throttled),
            Err(error) if error.status().is_server_error() => Some(Self::Failed),
            Err(_) => Some(Self::Refused),
        }
    }
}

impl Lacking {
    pub(super) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Busy => Some(Self::Worker),
            Error::Unavailable(cause) if db::was_crowded(cause) => Some(Self::Connection),
            Error::Unavailable(_) => Some(Self::Database),
            _ => None,
        }
    }
}

/// Whatever else a client writes there is one word.
pub(super) fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

pub(super) fn class(status: StatusCode) -> &'static str {
    ["1xx", "2xx", "3xx", "4xx", "5xx"].get(usize::from(status.as_u16() / 100) - 1).copied().unwrap_or("other")
}
