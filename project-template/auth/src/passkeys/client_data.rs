//! Client data: the JSON of the browser, whose hash the authenticator signs (Web Authentication, section 5.8.1).

use auth_tokens::strict_json;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::verification::Fault;

/// The ceremony that a response belongs to. An attacker must not be able to use the response of one in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    Registration,
    Authentication,
}

impl Ceremony {
    const fn word(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Authentication => "webauthn.get",
        }
    }
}

/// Checks that a browser made `bytes` for this ceremony and challenge, on a page of one of `origins` that was in no
/// frame of another origin.
pub(super) fn check(bytes: &[u8], ceremony: Ceremony, challenge: &[u8], origins: &[String]) -> Result<(), Fault> {
    let data = strict_json::object(bytes).ok_or(Fault::Malformed)?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("type") != ceremony.word() {
        return Err(Fault::Ceremony);
    }
    if text("challenge") != URL_SAFE_NO_PAD.encode(challenge) {
        return Err(Fault::Challenge);
    }
    if !origins.iter().any(|allowed| allowed == text("origin")) {
        return Err(Fault::Origin);
    }
    let is_framed = data.get("crossOrigin").is_some_and(|value| *value != Value::Bool(false));
    if is_framed || data.contains_key("topOrigin") {
        return Err(Fault::Framed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CHALLENGE: [u8; 3] = [1, 2, 3];

    fn checked(data: &str) -> Result<(), Fault> {
        let origins = ["https://example.com".to_owned(), "android:apk-key-hash:abc".to_owned()];
        check(data.as_bytes(), Ceremony::Authentication, &CHALLENGE, &origins)
    }

    fn with(name: &str, value: Value) -> Result<(), Fault> {
        let mut data = json!({ "type": "webauthn.get", "challenge": "AQID", "origin": "https://example.com" });
        data[name] = value;
        checked(&data.to_string())
    }

    #[test]
    fn data_of_the_ceremony_the_challenge_and_an_allowed_origin_is_accepted() {
        assert_eq!(with("crossOrigin", false.into()), Ok(()));
        assert_eq!(with("origin", "android:apk-key-hash:abc".into()), Ok(()));
        assert_eq!(with("other_keys_can_be_added_here", "do not compare clientDataJSON".into()), Ok(()));
    }

    #[test]
    fn each_other_value_is_refused_with_its_fault() {
        for kind in ["webauthn.create", "webauthn.Get", "payment.get", ""] {
            assert_eq!(with("type", kind.into()), Err(Fault::Ceremony), "{kind}");
        }
        for challenge in ["AQIE", "AQID=", "AQI", "", "aqid"] {
            assert_eq!(with("challenge", challenge.into()), Err(Fault::Challenge), "{challenge}");
        }
        for origin in
            ["https://example.com/", "https://EXAMPLE.com", "http://example.com", "https://a.example.com", "null", ""]
        {
            assert_eq!(with("origin", origin.into()), Err(Fault::Origin), "{origin}");
        }
        for framed in [json!(true), json!("false"), json!(null), json!(0)] {
            assert_eq!(with("crossOrigin", framed), Err(Fault::Framed));
        }
        assert_eq!(with("topOrigin", "https://example.com".into()), Err(Fault::Framed));
        for (name, fault) in [("type", Fault::Ceremony), ("challenge", Fault::Challenge), ("origin", Fault::Origin)] {
            for value in [json!(null), json!(1), json!(["webauthn.get"]), json!({})] {
                assert_eq!(with(name, value), Err(fault), "{name}");
            }
        }
    }

    #[test]
    fn data_that_readers_could_read_differently_is_refused() {
        let twice = r#"{"type":"webauthn.get","challenge":"AQID","origin":"https://evil.example","origin":"https://example.com"}"#;
        for data in [twice, "", "[]", "null", "{} {}", "\u{feff}{}", "{\"type\":\"webauthn.get\""] {
            assert_eq!(checked(data), Err(Fault::Malformed), "{data}");
        }
    }
}
