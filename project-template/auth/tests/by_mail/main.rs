//! What travels by mail: the confirmation of an address, the change of one, and the outbox they leave through.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod code_requests;
mod codes;
mod email_change;
mod login_codes;
mod outbox;
mod remembered;
mod return_to;
mod smtp_server;
mod support;
mod tls;
mod verification;
