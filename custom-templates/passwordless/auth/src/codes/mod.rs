//! Short codes that travel by mail. Differs from the built-in project: there are no links.
//!
//! A code belongs to a subject and a purpose. It is short, so a guess is counted before it is looked at, the key of its MAC
//! is nowhere in the state, and neither asking for another code nor waiting one out refills the budget of whoever does not
//! say which request for a code is theirs.

#[allow(dead_code, reason = "other servers have codes for what is there")]
mod challenge;
#[allow(dead_code, reason = "other servers have codes for what is there")]
mod code;
mod code_store;
pub(crate) mod cookie;
mod settings;
mod typed;

pub(crate) use challenge::{Asked, Redeemable, RequestId, discard};
pub(crate) use code::{Limits, Subject};
pub use settings::{Sending, Settings};

use crate::Auth;

/// The codes that are out.
#[derive(Clone, Copy)]
pub(crate) struct Codes<'a>(&'a Auth);

impl Auth {
    pub(crate) fn codes(&self) -> Codes<'_> {
        Codes(self)
    }
}
