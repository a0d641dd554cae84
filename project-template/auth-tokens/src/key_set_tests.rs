//! Rotation: which key signs when, and what the others still verify.

use time::{Duration, OffsetDateTime};

use super::{
    super::{
        jws::Algorithm,
        test_keys::{ED25519, P256, key},
    },
    *,
};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const ACCESS: &str = "at+jwt";

fn new_key(signs: Signs) -> SigningKey {
    let pem = SigningKey::generate(Algorithm::EdDsa).expect("a new key");
    let key = SigningKey::from_pem(&pem).expect("the same key");
    key.signing(signs)
}

fn set(keys: Vec<SigningKey>) -> KeySet {
    KeySet::new(keys).expect("a key set")
}

#[test]
fn after_a_rotation_the_new_key_signs_and_both_verify() {
    let before = set(vec![key(ED25519)]);
    let old = before.signing(NOW).sign(ACCESS, b"{}");
    let after = set(vec![new_key(Signs::AtOnce), key(ED25519)]);
    let new = after.signing(NOW).sign(ACCESS, b"{}");
    assert_eq!(after.signing(NOW).kid(), after.keys[0].kid());
    assert!(after.verify(&old, &[ACCESS]).is_ok());
    assert!(after.verify(&new, &[ACCESS]).is_ok());
    assert_eq!(before.verify(&new, &[ACCESS]), Err(JwsError::UnknownKey));
}

#[test]
fn a_key_is_published_before_its_time_and_signs_from_then_on() {
    let start = NOW + Duration::minutes(10);
    let keys = set(vec![new_key(Signs::From(start)), key(ED25519)]);
    let (next, current) = (keys.keys[0].kid(), keys.keys[1].kid());
    assert_eq!(keys.jwks()["keys"].as_array().map(Vec::len), Some(2));
    assert_eq!(keys.jwks()["keys"][0]["kid"], next);
    assert_eq!(keys.signing(NOW).kid(), current);
    assert_eq!(keys.signing(start - Duration::SECOND).kid(), current);
    assert_eq!(keys.signing(start).kid(), next);
    assert!(keys.verify(&keys.keys[0].sign(ACCESS, b"{}"), &[ACCESS]).is_ok());
}

#[test]
fn when_every_key_is_early_the_oldest_signs() {
    let later = Signs::From(NOW + Duration::days(1));
    let keys = set(vec![new_key(later), new_key(later)]);
    assert_eq!(keys.signing(NOW).kid(), keys.keys[1].kid());
}

#[test]
fn a_key_of_another_algorithm_signs_until_the_time_of_the_new_one_has_come() {
    let start = NOW + Duration::minutes(10);
    let keys = set(vec![new_key(Signs::From(start)), key(P256)]);
    assert_eq!(keys.signing(start - Duration::SECOND).algorithm(), Algorithm::Es256);
    assert_eq!(keys.signing(start).algorithm(), Algorithm::EdDsa);
    let token = key(P256).sign(ACCESS, b"{}");
    assert!(keys.verify(&token, &[ACCESS]).is_ok());
}

#[test]
fn a_key_that_never_signs_verifies() {
    let keys = set(vec![new_key(Signs::Never), key(ED25519)]);
    assert_eq!(keys.signing(NOW).kid(), key(ED25519).kid());
    assert!(keys.verify(&keys.keys[0].sign(ACCESS, b"{}"), &[ACCESS]).is_ok());
    assert_eq!(set(vec![new_key(Signs::Never)]).iter().count(), 1, "it is the only one, so it signs");
}

#[test]
fn the_newest_key_is_the_first_that_may_sign_and_no_keys_are_no_set() {
    let newest = |keys: Vec<SigningKey>| set(keys).newest().algorithm();
    assert_eq!(newest(vec![key(P256), key(ED25519)]), Algorithm::Es256);
    assert_eq!(newest(vec![key(P256).signing(Signs::Never), key(ED25519)]), Algorithm::EdDsa);
    assert_eq!(newest(vec![key(P256).signing(Signs::Never)]), Algorithm::Es256);
    assert!(KeySet::new(Vec::new()).is_none());
}

#[test]
fn access_and_refresh_tokens_are_never_taken_for_each_other() {
    let keys = set(vec![key(ED25519)]);
    let key = keys.signing(NOW);
    let (access, refresh) = (key.sign(ACCESS, b"{}"), key.refresh_key().sign(ACCESS, b"{}"));
    assert!(keys.verify(&access, &[ACCESS]).is_ok());
    assert!(keys.verify_refresh(&refresh, &[ACCESS]).is_ok());
    assert_eq!(keys.verify(&refresh, &[ACCESS]), Err(JwsError::UnknownKey));
    assert_eq!(keys.verify_refresh(&access, &[ACCESS]), Err(JwsError::UnknownKey));
}

#[test]
fn a_copy_of_an_old_key_does_not_sign_again() {
    let keys = set(vec![key(ED25519), new_key(Signs::AtOnce), key(ED25519)]);
    assert_ne!(keys.signing(NOW).kid(), key(ED25519).kid());
    assert!(keys.get(key(ED25519).kid()).is_some());
    assert_eq!(keys.jwks()["keys"].as_array().map(Vec::len), Some(2));
    assert_eq!(keys.iter().count(), 2);
}

#[test]
fn secrets_are_not_published() {
    let secret = SigningKey::from_secret(b"k2Jw8vQz5TnXbL9cRf3HsYp7MdGe4AuC").expect("a secret");
    let keys = KeySet::new(vec![secret]).expect("a key set");
    assert_eq!(*keys.jwks(), json!({ "keys": [] }));
}
