//! One-time secrets that travel by mail: short codes to type. Differs from the built-in project: there are no links.
//!
//! A code belongs to a subject and a purpose. A code is short: guesses are counted before they are compared, the key of its MAC
//! is not in the state, and neither requesting another code nor waiting for one to expire refills the budget
//! of guesses without a request id.

mod challenge;
mod code;
#[path = "../state/codes.rs"]
mod code_store;
pub(crate) mod cookie;
mod settings;
mod typed;

pub(crate) use challenge::{Asked, Redeemable, RequestId, discard};
pub(crate) use code::{Limits, Subject};
pub use settings::{Sending, Settings};

use crate::Auth;

#[derive(Clone, Copy)]
pub(crate) struct Codes<'a>(&'a Auth);

impl Auth {
    pub(crate) fn codes(&self) -> Codes<'_> {
        Codes(self)
    }
}
