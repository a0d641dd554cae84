//! What goes wrong with Redis, with the setting to look at.

/// What is said where nothing came in time.
pub(super) const SILENCE: &str = "no answer in time";

/// The words of an error, and what to do then.
const KNOWN: [(&str, &str); 8] = [
    ("not valid for name", "the server's certificate has another name; set the host in `redis.url` to that"),
    ("certificate expired", "the server's certificate has to be renewed"),
    (
        "invalid peer certificate",
        "the server's certificate is not trusted; for a server of your own, set `redis.ca_file` to the certificate of its authority",
    ),
    ("corrupt message", "the server does not speak TLS there; set `redis.url` to where it does, or to `redis://`"),
    ("reset by peer", "the server closed the connection; where it speaks TLS, `redis.url` begins with `rediss://`"),
    ("authentication failed", "correct the user and the password in `redis.url`"),
    ("Authentication required", "the server asks for a password; put it into `redis.url`"),
    (
        "NOPERM",
        "its user in `redis.url` may not do that; it needs +@connection, +eval, +get, +set, +publish, +subscribe",
    ),
];

/// The error in one line.
pub(super) fn explain(error: &anyhow::Error) -> String {
    let said = error.root_cause().to_string();
    let said = said.trim_end_matches('.');
    match KNOWN.iter().find(|(words, _)| said.contains(words)) {
        Some((_, fix)) => format!("{said}: {fix}"),
        None => said.to_owned(),
    }
}
