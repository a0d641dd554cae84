use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::id_token::*;
use super::jws::JwsKey as _;
use super::keys::SigningKey;
use super::public_key::PublicKey;
use super::test_keys::{ED25519, P256, RSA, key};

const NOW: i64 = 1_800_000_000;

fn now() -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

fn published(key: &SigningKey) -> PublicKey {
    let jwks = json!({ "keys": [key.public_jwk().unwrap()] }).to_string();
    provider_keys(jwks.as_bytes()).unwrap().into_values().next().unwrap()
}

fn signed(key: &SigningKey, header: &Value, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign_bytes(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn claims() -> Value {
    json!({ "iss": "https://id.example.com", "aud": "web", "sub": "ada", "iat": NOW, "exp": NOW + 300 })
}

fn rules<'r>(parties: &'r [String], nonce: Option<&'r str>) -> IdTokenRules<'r> {
    let leeway = std::time::Duration::from_secs(30);
    IdTokenRules { issuers: &["https://id.example.com"], client_id: "web", parties, nonce, leeway }
}

/// What comes of these claims, for an application with two ids, in a sign-in with this nonce.
fn checked(claims: &Value, nonce: Option<&str>) -> Result<(), IdTokenFault> {
    let key = key(ED25519);
    let token = signed(&key, &json!({ "alg": "EdDSA", "kid": "1" }), &claims.to_string());
    let public = published(&key);
    let token = IdToken::verify(&token, |_| Some(&public)).unwrap();
    token.check(&rules(&["web".to_owned(), "android".to_owned()], nonce), now()).map(drop)
}

#[test]
fn a_token_by_each_kind_of_key_is_read_whatever_else_its_header_has() {
    for (private, alg) in [(ED25519, "EdDSA"), (P256, "ES256"), (RSA, "RS256")] {
        let key = key(private);
        let public = published(&key);
        for header in [
            json!({ "alg": alg, "kid": "a/b+c=" }),
            json!({ "alg": alg, "kid": "1", "typ": "JWT", "x5t": "0" }),
            json!({ "alg": alg, "kid": "1", "typ": "jwt" }),
        ] {
            let token = signed(&key, &header, &claims().to_string());
            let claims = IdToken::verify(&token, |_| Some(&public)).unwrap().check(&rules(&[], None), now()).unwrap();
            assert_eq!(claims["sub"], "ada", "{header}");
        }
    }
}

#[test]
fn a_header_that_promises_less_or_something_else_is_refused() {
    let (eddsa, rsa) = (key(ED25519), key(RSA));
    let (public, of_rsa) = (published(&eddsa), published(&rsa));
    let claims = claims().to_string();
    for (header, fault) in [
        (json!({ "alg": "none", "kid": "1" }), IdTokenFault::BadSignature),
        (json!({ "alg": "HS256", "kid": "1" }), IdTokenFault::BadSignature),
        (json!({ "alg": "RS256", "kid": "1" }), IdTokenFault::BadSignature),
        (json!({ "kid": "1" }), IdTokenFault::BadSignature),
        (json!({ "alg": "EdDSA" }), IdTokenFault::Malformed),
        (json!({ "alg": "EdDSA", "kid": 1 }), IdTokenFault::Malformed),
        (json!({ "alg": "EdDSA", "kid": "" }), IdTokenFault::Malformed),
        (json!({ "alg": "EdDSA", "kid": "1", "crit": ["b64"], "b64": false }), IdTokenFault::Malformed),
        (json!({ "alg": "EdDSA", "kid": "1", "typ": "at+jwt" }), IdTokenFault::WrongType),
        (json!({ "alg": "EdDSA", "kid": "1", "typ": "logout+jwt" }), IdTokenFault::WrongType),
        (json!({ "alg": "EdDSA", "kid": "1", "typ": null }), IdTokenFault::WrongType),
    ] {
        let token = signed(&eddsa, &header, &claims);
        assert_eq!(IdToken::verify(&token, |_| Some(&public)).err(), Some(fault), "{header}");
    }
    let good = json!({ "alg": "EdDSA", "kid": "1" });
    let token = signed(&eddsa, &good, &claims);
    assert_eq!(IdToken::verify(&token, |_| None).err(), Some(IdTokenFault::UnknownKey));
    assert_eq!(IdToken::verify(&token, |_| Some(&of_rsa)).err(), Some(IdTokenFault::BadSignature));
    let (rest, _) = token.rsplit_once('.').unwrap();
    for broken in
        [format!("{rest}."), format!("{rest}.AAAA"), token.replace('.', ""), format!("{token}.x"), String::new()]
    {
        assert!(IdToken::verify(&broken, |_| Some(&public)).is_err(), "{broken}");
    }
    let long = signed(&eddsa, &good, &json!({ "sub": "x".repeat(MAX_ID_TOKEN_BYTES) }).to_string());
    assert_eq!(IdToken::verify(&long, |_| Some(&public)).err(), Some(IdTokenFault::Malformed));
    let twice = signed(&eddsa, &good, r#"{"sub":"ada","sub":"bob"}"#);
    assert_eq!(IdToken::verify(&twice, |_| Some(&public)).err(), Some(IdTokenFault::Malformed));
}

#[test]
fn each_claim_that_is_not_as_it_must_be_is_refused() {
    assert_eq!(checked(&claims(), None), Ok(()));
    for (name, value, fault) in [
        ("iss", json!("https://id.example.com/"), IdTokenFault::Issuer),
        ("iss", json!(null), IdTokenFault::Issuer),
        ("aud", json!("another"), IdTokenFault::Audience),
        ("aud", json!([]), IdTokenFault::Audience),
        ("aud", json!(["web", "another"]), IdTokenFault::Audience),
        ("azp", json!("another"), IdTokenFault::Audience),
        ("azp", json!(7), IdTokenFault::Audience),
        ("exp", json!(NOW - 30), IdTokenFault::Expired),
        ("exp", json!("1800000300"), IdTokenFault::Malformed),
        ("exp", json!(null), IdTokenFault::Malformed),
        ("nbf", json!(NOW + 31), IdTokenFault::NotYet),
        ("iat", json!(NOW + 31), IdTokenFault::NotYet),
        ("iat", json!(null), IdTokenFault::Malformed),
        ("sub", json!(""), IdTokenFault::Malformed),
        ("sub", json!(7), IdTokenFault::Malformed),
        ("sub", json!("x".repeat(256)), IdTokenFault::Malformed),
        ("events", json!({}), IdTokenFault::WrongType),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        assert_eq!(checked(&claims, None), Err(fault), "{name} {value}");
    }
    for name in ["iss", "aud", "exp", "iat", "sub"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        assert!(checked(&claims, None).is_err(), "without {name}");
    }
}

#[test]
fn a_claim_that_is_nearly_too_old_or_is_for_several_is_taken() {
    for (name, value) in [
        ("exp", json!(NOW - 29)),
        ("exp", json!(1_800_000_000.5)),
        ("nbf", json!(NOW + 30)),
        ("iat", json!(NOW - 86_400)),
        ("aud", json!(["web"])),
        ("azp", json!("web")),
        ("azp", json!("android")),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        assert_eq!(checked(&claims, None), Ok(()), "{name} {value}");
    }
    let mut claims = claims();
    (claims["aud"], claims["azp"]) = (json!(["web", "another"]), json!("web"));
    assert_eq!(checked(&claims, None), Ok(()));
    claims["azp"] = json!("android");
    assert_eq!(checked(&claims, None), Err(IdTokenFault::Audience));
}

#[test]
fn a_nonce_that_the_sign_in_had_must_be_in_the_token() {
    assert_eq!(checked(&claims(), Some("n-1")), Err(IdTokenFault::Nonce));
    let mut claims = claims();
    claims["nonce"] = json!("n-1");
    assert_eq!(checked(&claims, Some("n-1")), Ok(()));
    assert_eq!(checked(&claims, Some("n-2")), Err(IdTokenFault::Nonce));
    assert_eq!(checked(&claims, None), Ok(()), "the caller may have none to compare");
}
