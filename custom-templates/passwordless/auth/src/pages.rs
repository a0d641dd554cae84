//! Who reads an answer: programs alone, since nothing here is for a person in a browser.

use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;

use crate::Auth;
use crate::error::{Error, Result};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reader {
    /// Gets JSON.
    Program,
}

impl Reader {
    pub(crate) fn of(_: &HeaderMap) -> Self {
        Self::Program
    }

    /// Refuses in the reader's own way.
    pub(crate) fn refuse(self, _: &Auth, error: Error) -> Result<Response> {
        match self {
            Self::Program => Err(error),
        }
    }
}

/// What a person gets at an address that nobody answers at: there is none for them.
pub(crate) fn lost(_: &Auth, _: Reader, _: &Method, _: &Uri) -> Option<Response> {
    None
}
