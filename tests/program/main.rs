//! The program as people and scripts meet it: a command line, two streams, an exit code and a directory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod add;
mod atomicity;
mod complete;
mod conformance;
mod custom_templates;
mod deploy;
mod destination;
mod email;
mod exit_codes;
mod git;
mod mistakes;
mod names;
mod output;
mod places;
mod prompts;
mod providers;
mod release;
mod support;
mod template;
mod templates;
mod transcripts;
mod update;
