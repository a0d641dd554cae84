//! Errors of mail servers, with the setting to check.

use std::error::Error as _;

use lettre::transport::smtp::Error;

/// Replies to missing or wrong credentials (RFC 4954, section 6).
const NOT_SIGNED_IN: [u16; 4] = [530, 534, 535, 538];

/// Error texts of the library, which has no other way to tell these errors apart, and how to fix each.
const KNOWN: [(&str, &str); 9] = [
    (
        "CaUsedAsEndEntity",
        "the server shows the certificate of an authority as its own; give it one signed by that authority, or make it with \
         `basicConstraints=critical,CA:FALSE`",
    ),
    (
        "not valid for any names",
        "the server's certificate names no host; give it one with a subjectAltName, such as `DNS:mail.example.com`",
    ),
    ("not valid for name", "the server's certificate has another name; set `mail.host` to that"),
    ("certificate expired", "the server's certificate has to be renewed"),
    (
        "invalid peer certificate",
        "the server's certificate is not trusted; for a server of your own, set `mail.ca_file` to the certificate of its authority",
    ),
    (
        "corrupt message",
        "the server does not begin with TLS there; set `mail.tls` to \"starttls\", or `mail.port` to where it does (usually 465)",
    ),
    (
        "STARTTLS is not supported",
        "the server offers no STARTTLS there, and nothing is sent in clear; set `mail.port` to where it does (usually 587), or \
         `mail.tls` to \"tls\" (usually port 465)",
    ),
    (
        "No compatible authentication mechanism",
        "the server does not let anybody sign in there; use TLS (`mail.tls`), which many require, or leave `mail.user` empty",
    ),
    (
        BEYOND_IT,
        "the server takes addresses in ASCII only, `mail.from` as well as a recipient's; others need one that offers \
         SMTPUTF8 and 8BITMIME",
    ),
];

/// The library's error text if the server lacks SMTPUTF8 or 8BITMIME.
const BEYOND_IT: &str = "server does not support";

/// A mail is dropped on these replies, if they come with one of the enhanced codes below.
const NO_SUCH_MAILBOX: [u16; 4] = [550, 551, 552, 553];
/// Enhanced codes (RFC 3463 and its registry) of recipients who can never be reached. Every other refusal may come from
/// a setting that will be corrected: relays reply a bare 550 to clients that have not signed in.
const NEVER: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

/// Words, in lower case, of refusals without a code of their own, and how to fix each.
const REFUSED: [(&str, &str); 4] = [
    ("relay", SIGN_IN),
    ("authentication required", SIGN_IN),
    ("helo", "the server refuses the name that this one gives itself; set `mail.hello` to its name in the DNS"),
    (
        "sender",
        "the server does not take mail from `mail.from` (or DEFAULT_FROM_EMAIL); set it to an address that may send there",
    ),
];
const SIGN_IN: &str = "the server takes mail for others only from those who sign in; set `mail.user` and `mail.password` (or \
     EMAIL_HOST_USER and EMAIL_HOST_PASSWORD), or have it take mail from this machine";

/// For a timeout before the greeting.
const SILENCE: &str = "the server did not answer in time: check whether it is up, and whether `mail.tls` is what it expects on \
     `mail.port` (\"starttls\" usually on 587, \"tls\" on 465)";
/// For a timeout after it: many servers contact the recipient's server before they answer.
const SLOWNESS: &str = "the server greeted, but did not take the mail in time; where it asks other servers before it answers, \
     `mail.timeout` can be longer";

pub(super) fn silence(greeted: bool) -> &'static str {
    if greeted { SLOWNESS } else { SILENCE }
}

pub(super) fn explain(error: &Error) -> String {
    if error.is_timeout() {
        return SILENCE.to_owned();
    }
    let said = said(error);
    let fix = KNOWN.iter().find(|(words, _)| said.contains(words)).map(|(_, fix)| *fix);
    let fix = fix.or_else(|| match error.status() {
        Some(code) if NOT_SIGNED_IN.contains(&u16::from(code)) => {
            Some("correct `mail.user` and `mail.password` (or EMAIL_HOST_USER and EMAIL_HOST_PASSWORD)")
        }
        Some(_) => {
            let words = said.to_lowercase();
            REFUSED.iter().find(|(word, _)| words.contains(word)).map(|(_, fix)| *fix)
        }
        None => {
            Some("look at `mail.host` and `mail.port` (or EMAIL_HOST and EMAIL_PORT), and at the network in between")
        }
    });
    match fix {
        Some(fix) => format!("{said}: {fix}"),
        None => said,
    }
}

/// Never for a problem with `sender`: that setting can be corrected.
pub(super) fn is_final(error: &Error, sender: &str) -> bool {
    match error.status() {
        Some(code) => is_no_such_mailbox(code.into(), &error.source().map(ToString::to_string).unwrap_or_default()),
        None => is_beyond_it(error) && sender.is_ascii(),
    }
}

fn is_beyond_it(error: &Error) -> bool {
    error.is_client() && said(error).contains(BEYOND_IT)
}

fn is_no_such_mailbox(code: u16, reply: &str) -> bool {
    let first = reply.split_whitespace().next().unwrap_or_default();
    let enhanced = first.trim_matches(|character: char| !character.is_ascii_digit());
    NO_SUCH_MAILBOX.contains(&code) && NEVER.contains(&enhanced)
}

/// The server's reply, or else the innermost cause, which the outer errors only repeat.
fn said(error: &Error) -> String {
    if error.status().is_some() {
        return error.to_string();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_given_up_where_the_refusal_is_about_the_mailbox() {
        for (code, reply) in [
            (550, "5.1.1 The email account that you tried to reach does not exist."),
            (550, "5.1.10 RESOLVER.ADR.RecipientNotFound"),
            (550, "#5.1.1: bad destination mailbox"),
            (551, "5.1.6 User has moved"),
            (553, "5.1.3 Invalid address"),
            (550, "5.2.1 The mailbox is disabled"),
        ] {
            assert!(is_no_such_mailbox(code, reply), "{code} {reply}");
        }
        for (code, reply) in [
            (550, ""),
            (550, "relay not permitted"),
            (550, "no such user"),
            (551, "User not local"),
            (552, "5.2.2 Mailbox full"),
            (550, "5.1.11 code of nobody"),
            (553, "5.7.1 <no-reply@example.com>: Sender address rejected: not owned by user auth"),
            (550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
            (550, "5.7.1 Relaying denied"),
            (550, "#5.7.1 unauthenticated"),
            (550, "5.1.0 <no-reply@example.com>: Sender address rejected: User unknown"),
            (550, "5.1.8 <no-reply@example.com>: Sender address rejected: Domain not found"),
            (553, "5.1.7 the sender's address is not valid"),
            (554, "5.1.1 no such user"),
            (451, "4.1.1 later"),
        ] {
            assert!(!is_no_such_mailbox(code, reply), "{code} {reply}");
        }
    }
}
