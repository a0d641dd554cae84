//! Every mail: when it is sent, its files (subject, HTML, text) and the variables they may use, beside `service`.
//! Differs from the built-in project: one mail is sent.

use std::time::Duration;

use super::declare::mails;
use super::{Source, source};

/// What all of them have in common.
pub(super) const SHARED: &[(Source, &[&str])] = &[(source!("email/email_layout.html"), &[])];

mails! {
    /// To whoever asked to sign in with a code.
    LoginCode = "login_code_subject.txt", "login_code.html", "login_code_text.txt" {
        /// The address.
        email: String = "ada@example.com";
        /// The code to type.
        code: String = "012345";
        /// How long it is valid.
        lifetime: Duration = Duration::from_mins(5);
    }
}
