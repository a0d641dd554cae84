//! What goes wrong with a mail server, with the setting to look at.

use std::error::Error as _;

use lettre::transport::smtp::Error;

/// What a server replies to who has not signed in, or not rightly (RFC 4954, section 6).
const NOT_SIGNED_IN: [u16; 4] = [530, 534, 535, 538];

/// The words of an error, as known by the library that has no other names for them, and what to do then.
const KNOWN: [(&str, &str); 7] = [
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

/// The library's words for a mail that needs an extension the server lacks: SMTPUTF8 or 8BITMIME.
const BEYOND_IT: &str = "server does not support";

/// What SMTP servers say of a mailbox that is not there or takes nothing, today as tomorrow (RFC 5321, section 4.2.3).
/// Every other refusal may be a mistake in the settings, on either side, that somebody will correct.
const NO_SUCH_MAILBOX: [u16; 4] = [550, 551, 552, 553];
/// Of the codes about addresses (RFC 3463, section 3.2), those that are about the sender's, or do not say whose.
const PERHAPS_THE_SENDER: [&str; 3] = ["0", "7", "8"];

/// What is said where nothing came in time.
const SILENCE: &str = "the server did not answer in time: check whether it is up, and whether `mail.tls` is what it expects on \
     `mail.port` (\"starttls\" usually on 587, \"tls\" on 465)";
/// Many servers ask the recipient's before they answer.
const SLOWNESS: &str = "the server greeted, but did not take the mail in time; where it asks other servers before it answers, \
     `mail.timeout` can be longer";

/// What is said where nothing came in time, before or after a greeting.
pub(super) fn silence(greeted: bool) -> &'static str {
    if greeted { SLOWNESS } else { SILENCE }
}

/// The error in one line.
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
        Some(_) => None,
        None => {
            Some("look at `mail.host` and `mail.port` (or EMAIL_HOST and EMAIL_PORT), and at the network in between")
        }
    });
    match fix {
        Some(fix) => format!("{said}: {fix}"),
        None => said,
    }
}

/// Whether the mail would be refused again, always. `sender` is in each mail: what is wrong with it is a setting's fault.
pub(super) fn is_final(error: &Error, sender: &str) -> bool {
    match error.status() {
        Some(code) => is_no_such_mailbox(code.into(), &error.source().map(ToString::to_string).unwrap_or_default()),
        None => is_beyond_it(error) && sender.is_ascii(),
    }
}

fn is_beyond_it(error: &Error) -> bool {
    error.is_client() && said(error).contains(BEYOND_IT)
}

/// Servers refuse with 550 and 553 what they do not like about the sender, too; then the enhanced code (RFC 3463), where
/// there is one, is about something other than the mailbox.
fn is_no_such_mailbox(code: u16, reply: &str) -> bool {
    let enhanced = reply.split_whitespace().next().and_then(|word| {
        let (subject, detail) = word.trim_start_matches('#').strip_prefix("5.")?.split_once('.')?;
        Some((subject, detail.trim_end_matches(|character: char| !character.is_ascii_digit())))
    });
    NO_SUCH_MAILBOX.contains(&code)
        && match enhanced {
            Some(("1", detail)) => !PERHAPS_THE_SENDER.contains(&detail),
            Some((subject, _)) => subject == "2",
            None => true,
        }
}

/// What the server replied, or else the cause of all causes: each of those above it only repeats it.
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
            (550, "no such user"),
            (550, "5.1.1 The email account that you tried to reach does not exist."),
            (550, "5.1.10 RESOLVER.ADR.RecipientNotFound"),
            (550, "#5.1.1: bad destination mailbox"),
            (551, "User not local"),
            (552, "5.2.2 Mailbox full"),
            (553, "5.1.3 Invalid address"),
            (550, ""),
        ] {
            assert!(is_no_such_mailbox(code, reply), "{code} {reply}");
        }
        for (code, reply) in [
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
