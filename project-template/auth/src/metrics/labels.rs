use axum::http::{Method, StatusCode};

use crate::db;
use crate::error::Error;
use crate::words::words;

words! {
    pub(crate) Way {
        Password = "password",
        Code = "code",
        Passkey = "passkey",
        /// An account at another service.
        Social = "social",
        /// A password, on the admin pages.
        Admin = "admin",
        /// A second factor, after any of the others.
        SecondFactor = "second_factor",
    }
}

words! {
    /// The outcome of an attempt.
    pub(crate) AttemptOutcome {
        Succeeded = "succeeded",
        Replayed = "replayed",
        /// Another step is required before a session begins.
        Challenged = "challenged",
        Refused = "refused",
        Throttled = "throttled",
        /// Because of a fault that is not the client's.
        Failed = "failed",
    }
}

words! {
    /// The outcome of a delivery.
    pub(crate) MailOutcome {
        Sent = "sent",
        Postponed = "postponed",
        Dropped = "dropped",
    }
}

words! {
    /// The missing resource behind a 503.
    pub(crate) Lacking {
        /// No connection to the database in time.
        Connection = "connection",
        Database = "database",
        /// No worker for a password, or no turn to check a guess.
        Worker = "worker",
    }
}

impl AttemptOutcome {
    /// `None` for a request with missing or invalid fields, which is no attempt.
    pub(crate) fn of<T>(answer: Result<&T, &Error>) -> Option<Self> {
        match answer {
            Ok(_) => Some(Self::Succeeded),
            Err(Error::Fields(_)) => None,
            Err(error) if error.status() == StatusCode::TOO_MANY_REQUESTS => Some(Self::Throttled),
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

/// Other methods share one word, because a client can send any text as a method.
pub(super) fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

pub(super) fn class(status: StatusCode) -> &'static str {
    ["1xx", "2xx", "3xx", "4xx", "5xx"].get(usize::from(status.as_u16() / 100) - 1).copied().unwrap_or("other")
}
