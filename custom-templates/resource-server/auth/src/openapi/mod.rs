//! What clients are told when they are refused, as the authentication server tells it.

mod refusal;
pub(crate) mod shared;

pub(crate) use refusal::{Refusal, refusals};
