//! Forged, damaged and foreign tokens; the examples of RFC 7515 and RFC 8037.

use serde_json::{Value, json};

use super::{
    super::{
        keys::SigningKey,
        test_keys::{ED25519, P256, RSA, key},
    },
    *,
};

const ACCESS: &str = "at+jwt";
const REFRESH: &str = "rt+jwt";
const CLAIMS: &[u8] = br#"{"sub":"a","exp":1800000000}"#;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn secret_key() -> SigningKey {
    SigningKey::from_secret(&bytes(RFC7515_SECRET)).expect("64 random bytes")
}

fn open(token: &str, key: &SigningKey) -> Result<Map<String, Value>, JwsError> {
    verify(token, &[ACCESS], |kid| (kid == key.kid()).then_some(key))
}

/// A token with any header and payload, properly signed.
fn forge(key: &SigningKey, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", b64(header), b64(payload));
    let signature = b64(key.sign_bytes(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn forge_header(key: &SigningKey, header: &Value) -> String {
    forge(key, &header.to_string(), "{}")
}

#[test]
fn what_a_key_signs_it_verifies_with_each_algorithm() {
    for key in [key(ED25519), key(P256), key(RSA), secret_key()] {
        let token = sign(&key, ACCESS, CLAIMS);
        let claims = open(&token, &key).expect("its own token");
        assert_eq!(Value::Object(claims), json!({"sub": "a", "exp": 1_800_000_000}));
        assert_eq!(verify(&token, &[ACCESS], |_| Some(&key)).expect("again").len(), 2);
    }
}

#[test]
fn the_header_is_exactly_algorithm_key_and_type() {
    let key = key(ED25519);
    let token = sign(&key, ACCESS, CLAIMS);
    let header = bytes(token.split('.').next().expect("a header"));
    let expected = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"at+jwt"}}"#, key.kid());
    assert_eq!(String::from_utf8(header).expect("text"), expected);
}

#[test]
fn deterministic_algorithms_give_the_signatures_of_the_rfcs() {
    for (key, header, payload, signature) in [
        (key(ED25519), "eyJhbGciOiJFZERTQSJ9", RFC8037_PAYLOAD, RFC8037_SIGNATURE),
        (key(RSA), "eyJhbGciOiJSUzI1NiJ9", RFC7515_PAYLOAD, RFC7515_RS256),
        (secret_key(), "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", RFC7515_PAYLOAD, RFC7515_HS256),
    ] {
        let signed = format!("{header}.{payload}");
        assert_eq!(b64(key.sign_bytes(signed.as_bytes())), signature, "{key:?}");
        assert!(key.verify_bytes(signed.as_bytes(), &bytes(signature)));
    }
}

#[test]
fn the_es256_signature_of_rfc_7515_verifies() {
    let signed = format!("eyJhbGciOiJFUzI1NiJ9.{RFC7515_PAYLOAD}");
    assert!(key(P256).verify_bytes(signed.as_bytes(), &bytes(RFC7515_ES256)));
}

#[test]
fn a_token_with_any_bit_flipped_is_refused() {
    for key in [key(ED25519), secret_key()] {
        let token = sign(&key, ACCESS, CLAIMS);
        for position in 0..token.len() {
            for bit in 0..7 {
                let mut changed = token.clone().into_bytes();
                changed[position] ^= 1 << bit;
                let changed = String::from_utf8(changed).expect("ASCII");
                assert!(open(&changed, &key).is_err(), "{position}/{bit}: {changed}");
            }
        }
    }
}

#[test]
fn a_token_cut_or_lengthened_anywhere_is_refused() {
    let key = key(ED25519);
    let token = sign(&key, ACCESS, CLAIMS);
    for position in 0..token.len() {
        assert!(open(&token[..position], &key).is_err());
        for insert in ['A', '.', '=', ' ', '\n', '\0', 'é'] {
            let mut changed = token.clone();
            changed.insert(position, insert);
            assert!(open(&changed, &key).is_err(), "{changed}");
        }
    }
    for tail in ["A", "AA", "=", ".", " ", "\n", ".e30"] {
        assert!(open(&format!("{token}{tail}"), &key).is_err());
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let (ours, theirs) = (key(ED25519), secret_key());
    let token = sign(&theirs, ACCESS, CLAIMS);
    assert_eq!(open(&token, &ours), Err(JwsError::UnknownKey));
    let header = json!({"alg": "EdDSA", "kid": ours.kid(), "typ": ACCESS});
    assert_eq!(open(&forge_header(&theirs, &header), &ours), Err(JwsError::BadSignature));
}

#[test]
fn the_algorithm_is_the_one_of_the_key_whatever_the_header_says() {
    let ours = key(ED25519);
    for alg in ["none", "None", "NONE", "nOnE", "", "eddsa", "HS256", "ES256", "RS256"] {
        let header = json!({"alg": alg, "kid": ours.kid(), "typ": ACCESS});
        let signed = forge_header(&ours, &header);
        assert_eq!(open(&signed, &ours), Err(JwsError::BadSignature), "{alg}");
        let (unsigned, _) = signed.rsplit_once('.').expect("a signature");
        assert_eq!(open(&format!("{unsigned}."), &ours), Err(JwsError::BadSignature), "{alg}");
    }
}

#[test]
fn a_mac_keyed_with_the_public_key_is_refused() {
    for ours in [key(ED25519), key(P256), key(RSA)] {
        let jwk = ours.public_jwk().expect("a public key");
        let members = ["x", "n"].map(|name| jwk[name].as_str().map(bytes));
        let public = members.into_iter().flatten().next().expect("x or n");
        let attacker = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
        for alg in ["HS256", ours.algorithm().name()] {
            let header = json!({"alg": alg, "kid": ours.kid(), "typ": ACCESS}).to_string();
            let signed = format!("{}.{}", b64(header), b64(CLAIMS));
            let signature = b64(ring::hmac::sign(&attacker, signed.as_bytes()));
            let token = format!("{signed}.{signature}");
            assert_eq!(open(&token, &ours), Err(JwsError::BadSignature));
        }
    }
}

#[test]
fn a_token_of_one_type_is_not_one_of_another() {
    let key = key(ED25519);
    let token = sign(&key, REFRESH, CLAIMS);
    assert_eq!(open(&token, &key), Err(JwsError::WrongType));
    for typ in ["AT+JWT", "application/at+jwt", "JWT", "", "at+jwt "] {
        let header = json!({"alg": "EdDSA", "kid": key.kid(), "typ": typ});
        assert_eq!(open(&forge_header(&key, &header), &key), Err(JwsError::WrongType));
    }
}

#[test]
fn a_header_with_any_further_or_missing_member_is_refused() {
    let key = key(ED25519);
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("jwk", json!({"kty": "OKP"})),
        ("x5u", json!("https://attacker.example/cert")),
        ("x5c", json!([])),
        ("cty", json!("JWT")),
        ("Alg", json!("none")),
    ] {
        let mut header = json!({"alg": "EdDSA", "kid": key.kid(), "typ": ACCESS});
        header[name] = value;
        assert_eq!(open(&forge_header(&key, &header), &key), Err(JwsError::Malformed), "{name}");
    }
    for missing in ["alg", "kid", "typ"] {
        let mut header = json!({"alg": "EdDSA", "kid": key.kid(), "typ": ACCESS});
        header.as_object_mut().expect("an object").remove(missing);
        assert_eq!(open(&forge_header(&key, &header), &key), Err(JwsError::Malformed));
    }
}

#[test]
fn a_header_in_any_other_shape_is_refused() {
    let key = key(ED25519);
    let kid = key.kid();
    for header in [
        format!(r#"["EdDSA","{kid}","at+jwt"]"#),
        format!(r#"{{"alg":"EdDSA","alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}{{}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":null}}"#),
        format!(r#"{{"alg":["EdDSA"],"kid":"{kid}","typ":"at+jwt"}}"#),
        format!(r#"{{"\u0061lg":1,"kid":"{kid}","typ":"at+jwt"}}"#),
        r#"{"alg":"EdDSA","kid":"","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"EdDSA","kid":"../../etc/passwd","typ":"at+jwt"}"#.to_owned(),
        r#"{"alg":"EdDSA","kid":"a' or 1=1","typ":"at+jwt"}"#.to_owned(),
        format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"at+jwt"}}"#, "a".repeat(65)),
        String::new(),
        "null".to_owned(),
    ] {
        let token = forge(&key, &header, "{}");
        let verdict = verify(&token, &[ACCESS], |_| Some(&key));
        assert_eq!(verdict, Err(JwsError::Malformed), "{header}");
    }
}

#[test]
fn claims_that_are_no_object_or_have_a_member_twice_are_refused() {
    let key = key(ED25519);
    let header = json!({"alg": "EdDSA", "kid": key.kid(), "typ": ACCESS}).to_string();
    for payload in ["", "[]", "null", r#"{"sub":"a","sub":"b"}"#, r#"{"x":{"y":1,"y":1}}"#, "{}{}"] {
        let token = forge(&key, &header, payload);
        assert_eq!(open(&token, &key), Err(JwsError::Malformed), "{payload}");
    }
}

#[test]
fn a_signature_in_a_second_spelling_is_refused() {
    let key = key(ED25519);
    let token = sign(&key, ACCESS, CLAIMS);
    // 64 bytes leave four unused bits in the last character.
    let (body, last) = token.split_at(token.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).expect("base64url");
    let respelled = format!("{body}{}", &alphabet[index + 1..index + 2]);
    assert_eq!(open(&respelled, &key), Err(JwsError::Malformed));
    for padded in [format!("{token}="), format!("{token}=="), token.replace(['-', '_'], "+")] {
        assert!(open(&padded, &key).is_err() || padded == token);
    }
}

#[test]
fn a_token_above_the_limit_is_not_looked_at() {
    let key = key(ED25519);
    let claims = format!(r#"{{"a":"{}"}}"#, "a".repeat(MAX_TOKEN_BYTES));
    assert_eq!(open(&sign(&key, ACCESS, claims.as_bytes()), &key), Err(JwsError::Malformed));
    assert_eq!(open(&".".repeat(MAX_TOKEN_BYTES), &key), Err(JwsError::Malformed));
}

#[test]
fn the_tokens_printed_in_rfcs_lack_kid_and_type_and_are_refused() {
    let key = key(RSA);
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{RFC7515_PAYLOAD}.{RFC7515_RS256}");
    assert_eq!(open(&token, &key), Err(JwsError::Malformed));
}

const RFC8037_PAYLOAD: &str = "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const RFC8037_SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const RFC7515_PAYLOAD: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RFC7515_SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const RFC7515_HS256: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const RFC7515_RS256: &str = "\
    cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t\
    1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j\
    zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ\
    Ge77Rw";
const RFC7515_ES256: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
