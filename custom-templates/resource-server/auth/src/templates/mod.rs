//! Texts for people.

#[allow(dead_code, unreachable_pub, reason = "mails have more to say")]
mod words;

pub(crate) use words::duration;
