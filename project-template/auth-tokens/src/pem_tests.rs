//! PEM in the forms that tools write.

use super::{
    super::test_keys::{ED25519, P256, RSA, der},
    *,
};

fn wrapped(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[test]
fn a_key_survives_being_written_and_read() {
    for key in [ED25519, P256, RSA] {
        let text = encode(&der(key));
        assert!(text.lines().all(|line| line.len() <= LINE));
        assert_eq!(*decode(&text).expect("the key"), der(key));
    }
}

#[test]
fn comments_parameters_and_windows_line_ends_do_no_harm() {
    let parameters = wrapped("EC PARAMETERS", "BggqhkjOPQMBBw==");
    let text = format!("a comment\n{parameters}{}", *encode(&der(P256)));
    assert_eq!(*decode(&text).expect("the key"), der(P256));
    assert_eq!(*decode(&text.replace('\n', "\r\n")).expect("the key"), der(P256));
}

#[test]
fn other_forms_are_refused_with_the_command_that_converts_them() {
    for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        let problem = decode(&wrapped(label, "AAAA")).expect_err("not PKCS#8");
        assert!(problem.contains(label) && problem.contains("-topk8"), "{problem}");
    }
    let problem = decode(&wrapped("ENCRYPTED PRIVATE KEY", "AAAA")).expect_err("encrypted");
    assert!(problem.contains("encrypted"));
    assert!(decode(&wrapped("PUBLIC KEY", "AAAA")).is_err());
    assert!(decode(&wrapped(LABEL, "A*AA")).is_err());
    assert!(decode("-----BEGIN ").is_err());
    assert!(decode("").is_err());
}

#[test]
fn the_kind_of_a_key_is_told_from_its_identifier() {
    let kind = |key| Pkcs8::parse(&der(key)).map(|key| key.kind);
    assert_eq!(kind(ED25519), Ok(KeyType::Ed25519));
    assert_eq!(kind(P256), Ok(KeyType::P256));
    assert_eq!(kind(RSA), Ok(KeyType::Rsa));
}
