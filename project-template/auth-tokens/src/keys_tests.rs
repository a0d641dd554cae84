//! Names and halves of keys, against RFC 7638 and RFC 8037; secrets and keys that must be refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rsa::PublicKeyComponents;
use serde_json::json;

use super::{
    super::test_keys::{ED448, ED25519, P256, P384, RSA, RSA_1024, der, key},
    *,
};

const RANDOM: [u8; 32] = *b"k2Jw8vQz5TnXbL9cRf3HsYp7MdGe4AuC";

#[test]
fn the_key_id_of_an_ed25519_key_is_the_thumbprint_of_rfc_8037() {
    assert_eq!(key(ED25519).kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_thumbprint_of_an_rsa_key_is_that_of_rfc_7638() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj\
             hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ\
             vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK\
             nqDKgw";
    let n = URL_SAFE_NO_PAD.decode(n).expect("base64url");
    let members = jwk::rsa(&PublicKeyComponents { n, e: vec![1, 0, 1] });
    assert_eq!(jwk::thumbprint(&members), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn a_public_key_shows_its_public_members_and_no_others() {
    assert_eq!(
        key(ED25519).public_jwk(),
        Some(json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig",
        }))
    );
    let p256 = key(P256);
    assert_eq!(
        p256.public_jwk(),
        Some(json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "kid": p256.kid(), "alg": "ES256", "use": "sig",
        }))
    );
    let rsa = key(RSA).public_jwk().expect("a public half");
    let names: Vec<&String> = rsa.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(rsa["e"], "AQAB");
}

#[test]
fn a_secret_has_no_public_half_and_its_id_tells_nothing() {
    let key = SigningKey::from_secret(&RANDOM).expect("a random secret");
    assert_eq!(key.public_jwk(), None);
    assert_eq!(key.kid().len(), 43);
    let hash = ring::digest::digest(&ring::digest::SHA256, &RANDOM);
    assert_ne!(key.kid(), URL_SAFE_NO_PAD.encode(hash));
    assert_ne!(key.kid(), URL_SAFE_NO_PAD.encode(RANDOM));
}

#[test]
fn every_algorithm_generates_a_key_but_rsa() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let text = SigningKey::generate(algorithm).expect("a new key");
        let key = SigningKey::from_pem(&text).expect("the same key");
        assert_eq!(key.algorithm(), algorithm);
        assert!(key.verify_bytes(b"message", &key.sign_bytes(b"message")));
        assert_ne!(*SigningKey::generate(algorithm).expect("another"), *text);
    }
    let secret = SigningKey::generate(Algorithm::Hs256).expect("a new secret");
    let secret = URL_SAFE_NO_PAD.decode(secret.as_bytes()).expect("base64url");
    assert_eq!(SigningKey::from_secret(&secret).expect("a secret").algorithm(), Algorithm::Hs256);
    let problem = SigningKey::generate(Algorithm::Rs256).expect_err("no RSA");
    assert!(problem.contains("OpenSSL"));
}

#[test]
fn both_versions_of_pkcs8_are_the_same_key() {
    let plain = der(ED25519);
    let with_public = [
        &[0x30, 0x51, 0x02, 0x01, 0x01][..],
        &plain[5..],
        &[0x81, 0x21, 0x00][..],
        &URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").expect("base64url"),
    ]
    .concat();
    let (one, two) = (key(ED25519), SigningKey::from_pkcs8(&with_public).expect("version 2"));
    assert_eq!(one.kid(), two.kid());
    assert_eq!(one.refresh_key().kid(), two.refresh_key().kid());
    assert_eq!(one.refresh_key().sign("rt+jwt", b"{}"), two.refresh_key().sign("rt+jwt", b"{}"));
}

#[test]
fn the_refresh_key_is_the_same_each_time_and_another_for_each_key() {
    let keys = [key(ED25519), key(P256), key(RSA), SigningKey::from_secret(&RANDOM).expect("a secret")];
    let mut tokens: Vec<String> = keys.iter().map(|key| key.refresh_key().sign("rt+jwt", b"{}")).collect();
    assert_eq!(tokens[0], key(ED25519).refresh_key().sign("rt+jwt", b"{}"));
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), keys.len());
}

#[test]
fn neither_the_key_nor_its_refresh_key_answers_for_the_other() {
    let key = SigningKey::from_secret(&RANDOM).expect("a secret");
    let refresh = key.refresh_key();
    assert_ne!(key.kid(), refresh.kid());
    assert!(!refresh.verify_bytes(b"message", &key.sign_bytes(b"message")));
    assert!(!key.verify_bytes(b"message", &refresh.sign_bytes(b"message")));
}

#[test]
fn short_guessable_and_example_secrets_are_refused() {
    let refused = |secret: &[u8]| SigningKey::from_secret(secret).expect_err("a bad secret");
    assert!(refused(&RANDOM[..31]).contains("31 bytes"));
    assert!(refused(b"").contains("0 bytes"));
    assert!(refused(&[7; 64]).contains("not random"));
    assert!(refused(b"abcabcabcabcabcabcabcabcabcabcabcabc").contains("not random"));
    assert!(refused(b"django-Insecure-9f8g7h6j5k4l3z2x1c0v").contains("not random"));
    assert!(refused(b"CHANGE_ME_1234567890_qwertzuiopasdfgh").contains("not random"));
}

#[test]
fn keys_of_other_kinds_or_sizes_are_refused_with_the_reason() {
    let refused = |pkcs8: &[u8]| SigningKey::from_pkcs8(pkcs8).expect_err("not usable");
    assert!(refused(&der(RSA_1024)).contains("fewer than 2048 bits"));
    assert!(refused(&der(P384)).contains("neither"));
    assert!(refused(&der(ED448)).contains("neither"));
    assert!(refused(b"").contains("PKCS#8"));
    let whole = der(P256);
    for length in 0..whole.len() {
        assert!(SigningKey::from_pkcs8(&whole[..length]).is_err(), "{length}");
    }
    assert!(SigningKey::from_pkcs8(&[whole, vec![0]].concat()).is_err());
}

#[test]
fn debug_output_shows_no_private_material() {
    for (pkcs8, private) in [
        (ED25519, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"),
        (P256, "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"),
    ] {
        let key = key(pkcs8);
        let text = format!("{key:?} {:?}", key.refresh_key());
        assert!(!text.contains(private));
        assert_eq!(text, format!("SigningKey({} {}) MacKey({})", key.algorithm(), key.kid(), key.refresh_key().kid()));
    }
}
