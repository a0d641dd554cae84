//! What goes wrong with a mail server, with the setting to look at.

use lettre::transport::smtp::Error;

/// What a server replies to who has not signed in, or not rightly (RFC 4954, section 6).
const NOT_SIGNED_IN: [u16; 4] = [530, 534, 535, 538];

/// The words of an error, as known by the library that has no other names for them, and what to do then.
const KNOWN: [(&str, &str); 6] = [
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
        "the server lets nobody sign in there; use TLS (`mail.tls`), which many ask for, or leave `mail.user` empty",
    ),
];

/// What is said where nothing came in time.
pub(super) const SILENCE: &str = "the server did not answer in time: look whether it is up, and whether `mail.tls` is what it \
     expects on `mail.port` (\"starttls\" usually on 587, \"tls\" on 465)";

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
        None => Some("look at `mail.host` and `mail.port` (or EMAIL_HOST and EMAIL_PORT), and at what is between"),
    });
    match fix {
        Some(fix) => format!("{said}: {fix}"),
        None => said,
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
