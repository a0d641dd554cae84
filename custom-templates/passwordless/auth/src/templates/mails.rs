//! Every mail: when it is sent, its files (subject, HTML, text) and the variables they may use, beside `service`. Differs
//! from the built-in project: one mail is sent.

use std::time::Duration;

use super::declare::mails;
use super::{Source, source};

pub(super) const SHARED: &[(Source, &[&str])] = &[(source!("email/email_layout.html"), &[])];

mails! {
    /// After a request to sign in with a code.
    LoginCode = "login_code_subject.txt", "login_code.html", "login_code_text.txt" {
        email: String = "ada@example.com";
        code: String = "012345";
        lifetime: Duration = Duration::from_mins(5);
    }
}
