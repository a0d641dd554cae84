//! Limits on guessing and on flooding.
//!
//! Two kinds. A *guess* at a code goes through `guarded`: it is counted for the client's address before it is looked at,
//! beside the budget that the code itself has. A *request* that costs something goes through `limit_client` or `limit`: so
//! many in a time, by the keys of `[throttle]`.

mod actions;
#[allow(dead_code, reason = "accounts have budgets of their own elsewhere")]
mod budget;
mod failure_store;
#[allow(dead_code, reason = "accounts have budgets of their own elsewhere")]
mod failures;
mod guess;
#[allow(dead_code, reason = "accounts have counters of their own elsewhere")]
mod key;
mod limit;
mod limit_store;
mod rate;
mod settings;
mod shared;
mod turns;

pub use actions::Action;
pub(crate) use failures::guarded;
pub(crate) use guess::Guess;
pub(crate) use limit::{limit, limit_client};
pub use rate::Rate;
pub use settings::Settings;

/// What a process keeps of its own.
#[derive(Default)]
pub(crate) struct Throttle {
    turns: turns::Turns,
}
