//! Short codes that travel by mail.
//!
//! A code belongs to a subject and a purpose. It is short, so a guess is counted before it is looked at, the key of its MAC
//! is nowhere in the state, and neither asking for another code nor waiting one out refills the budget.

#[allow(dead_code, reason = "other servers have codes for what is there")]
mod code;
mod code_store;
mod settings;
mod typed;

pub(crate) use code::{Limits, Redeemable, Subject, compare, discard, redeem, request, wait};
pub use settings::{Sending, Settings};
pub(crate) use typed::typed;
