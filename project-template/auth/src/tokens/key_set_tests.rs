//! Rotation: which key signs when, and what the others still verify.

use time::{Duration, OffsetDateTime};

use super::{
    super::test_keys::{ED25519, P256, key},
    *,
};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const ACCESS: &str = "at+jwt";

fn new_key(signs_from: Option<OffsetDateTime>) -> SigningKey {
    let pem = SigningKey::generate(Algorithm::EdDsa).expect("a new key");
    let key = SigningKey::from_pem(&pem).expect("the same key");
    key.signing_from(signs_from)
}

fn set(keys: Vec<SigningKey>) -> KeySet {
    KeySet::new(keys, Algorithm::EdDsa).expect("a key set")
}

#[test]
fn after_a_rotation_the_new_key_signs_and_both_verify() {
    let before = set(vec![key(ED25519)]);
    let old = before.signing(NOW).sign(ACCESS, b"{}");
    let after = set(vec![new_key(None), key(ED25519)]);
    let new = after.signing(NOW).sign(ACCESS, b"{}");
    assert_eq!(after.signing(NOW).kid(), after.keys[0].kid());
    assert!(after.verify(&old, ACCESS).is_ok());
    assert!(after.verify(&new, ACCESS).is_ok());
    assert_eq!(before.verify(&new, ACCESS), Err(JwsError::UnknownKey));
}

#[test]
fn a_key_is_published_before_its_time_and_signs_from_then_on() {
    let start = NOW + Duration::minutes(10);
    let keys = set(vec![new_key(Some(start)), key(ED25519)]);
    let (next, current) = (keys.keys[0].kid(), keys.keys[1].kid());
    assert_eq!(keys.jwks()["keys"].as_array().map(Vec::len), Some(2));
    assert_eq!(keys.jwks()["keys"][0]["kid"], next);
    assert_eq!(keys.signing(NOW).kid(), current);
    assert_eq!(keys.signing(start - Duration::SECOND).kid(), current);
    assert_eq!(keys.signing(start).kid(), next);
    assert!(keys.verify(&keys.keys[0].sign(ACCESS, b"{}"), ACCESS).is_ok());
}

#[test]
fn when_every_key_is_early_the_oldest_signs() {
    let later = Some(NOW + Duration::days(1));
    let keys = set(vec![new_key(later), new_key(later)]);
    assert_eq!(keys.signing(NOW).kid(), keys.keys[1].kid());
}

#[test]
fn a_key_of_another_algorithm_verifies_and_never_signs() {
    let early = new_key(Some(NOW + Duration::days(1)));
    let keys = set(vec![early, key(P256)]);
    assert_eq!(keys.signing(NOW).algorithm(), Algorithm::EdDsa);
    let token = key(P256).sign(ACCESS, b"{}");
    assert!(keys.verify(&token, ACCESS).is_ok());
}

#[test]
fn the_newest_key_must_be_of_the_configured_algorithm() {
    let problem = KeySet::new(vec![key(P256), key(ED25519)], Algorithm::EdDsa);
    let problem = problem.expect_err("ES256 on top").to_string();
    assert!(problem.contains("ES256") && problem.contains("keys rotate"), "{problem}");
    assert!(KeySet::new(Vec::new(), Algorithm::EdDsa).is_err());
}

#[test]
fn access_and_refresh_tokens_are_never_taken_for_each_other() {
    let keys = set(vec![key(ED25519)]);
    let key = keys.signing(NOW);
    let (access, refresh) = (key.sign(ACCESS, b"{}"), key.refresh_key().sign(ACCESS, b"{}"));
    assert!(keys.verify(&access, ACCESS).is_ok());
    assert!(keys.verify_refresh(&refresh, ACCESS).is_ok());
    assert_eq!(keys.verify(&refresh, ACCESS), Err(JwsError::UnknownKey));
    assert_eq!(keys.verify_refresh(&access, ACCESS), Err(JwsError::UnknownKey));
}

#[test]
fn a_key_listed_twice_counts_where_it_stands_first() {
    let later = Some(NOW + Duration::days(1));
    let keys = set(vec![key(ED25519), key(ED25519).signing_from(later)]);
    let kid = key(ED25519);
    assert_eq!(keys.get(kid.kid()).and_then(SigningKey::signs_from), None);
    assert_eq!(keys.jwks()["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(keys.iter().count(), 1);
}

#[test]
fn secrets_are_not_published() {
    let secret = SigningKey::from_secret(b"k2Jw8vQz5TnXbL9cRf3HsYp7MdGe4AuC").expect("a secret");
    let keys = KeySet::new(vec![secret], Algorithm::Hs256).expect("a key set");
    assert_eq!(*keys.jwks(), json!({ "keys": [] }));
}
