pub(super) const SILENCE: &str = "no answer in time";

const KNOWN: [(&str, &str); 11] = [
    ("not valid for name", "the server's certificate has another name; set the host in `redis.url` to that"),
    ("certificate expired", "the server's certificate has to be renewed"),
    (
        "invalid peer certificate",
        "the server's certificate is not trusted; for a server of your own, set `redis.ca_file` to the certificate of its authority",
    ),
    ("corrupt message", "the server does not speak TLS there; set `redis.url` to where it does, or to `redis://`"),
    ("read only replica", "`redis.url` leads to a replica; name the primary there, or a proxy that follows it"),
    (
        "unknown command",
        "`redis.url` leads to Sentinel's own port, which is not asked for the primary, or to a server that cannot do this; \
         name the primary there, or a proxy that follows it",
    ),
    (
        "roken pipe",
        "the server closed the connection; if that goes on, `redis.url` leads to a proxy that knows too few commands, such \
         as twemproxy: name the server behind it",
    ),
    ("reset by peer", "the server closed the connection; where it speaks TLS, `redis.url` begins with `rediss://`"),
    ("authentication failed", "correct the user and the password in `redis.url`"),
    ("Authentication required", "the server asks for a password; put it into `redis.url`"),
    (
        "NOPERM",
        "its user in `redis.url` may not do that; it needs +@connection, +eval, +get, +set, +publish, +subscribe",
    ),
];

pub(super) fn explain(error: &anyhow::Error) -> String {
    let said = error.root_cause().to_string();
    // Redis repeats the arguments of a command, which may be a whole script.
    let said = said.split_once(", with args").map_or(said.as_str(), |(said, _)| said).trim_end_matches('.');
    match KNOWN.iter().find(|(words, _)| said.contains(words)) {
        Some((_, fix)) => format!("{said}: {fix}"),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_primary_is_named_with_the_remedy() {
        for (said, words) in [
            ("ReadOnly: You can't write against a read only replica.", "leads to a replica"),
            ("unknown command 'EVAL', with args beginning with: 'local now, step' '1'", "Sentinel's own port"),
            ("Broken pipe (os error 32)", "twemproxy"),
        ] {
            let told = explain(&anyhow::anyhow!(said));
            assert!(told.contains(words) && told.contains("`redis.url`") && !told.contains("local now"), "{told}");
        }
    }
}
