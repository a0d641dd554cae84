//! Apple takes no fixed client secret: it is a token, signed with a key that Apple made (ES256).

use std::time::Duration;

use auth_tokens::{Algorithm, SigningKey};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use time::OffsetDateTime;

use super::provider_settings::AppleKey;
use crate::settings::Problem;

/// Apple takes one of six months; it is used at once.
const LIFETIME: Duration = Duration::from_mins(5);

pub(super) struct ClientSecret {
    key: SigningKey,
    key_id: String,
    team_id: String,
}

impl ClientSecret {
    pub(super) fn new(provider: &str, settings: &AppleKey) -> Result<Self, Problem> {
        let problem = |words: &str| Problem::new(format!("social.providers.{provider}.private_key"), words);
        let written = settings.private_key.expose_secret();
        let text = if written.contains("-----BEGIN") {
            written.to_owned()
        } else {
            let unreadable = "is neither a key in PEM nor the name of a file that can be read";
            std::fs::read_to_string(written).map_err(|_| problem(unreadable))?
        };
        let key = SigningKey::from_pem(&text).ok().filter(|key| key.algorithm() == Algorithm::Es256);
        let key = key.ok_or_else(|| problem("is not a private key for ES256, as Apple's file AuthKey_….p8 has it"))?;
        if !auth_tokens::is_kid(&settings.key_id) {
            return Err(problem("goes with a key_id of letters and digits"));
        }
        Ok(Self { key, key_id: settings.key_id.clone(), team_id: settings.team_id.clone() })
    }

    pub(super) fn make(&self, client_id: &str, issuer: &str, now: OffsetDateTime) -> SecretString {
        let claims = json!({
            "iss": self.team_id,
            "sub": client_id,
            "aud": issuer,
            "iat": now.unix_timestamp(),
            "exp": (now + LIFETIME).unix_timestamp(),
        });
        self.key.sign_as(&self.key_id, "JWT", claims.to_string().as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use auth_tokens::test_keys::{ED25519, P256};

    use super::*;

    fn pem(base64: &str) -> String {
        format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n")
    }

    fn made(private_key: &str) -> Result<ClientSecret, Problem> {
        let key = AppleKey {
            team_id: "TEAM123456".to_owned(),
            key_id: "KEY1234567".to_owned(),
            private_key: private_key.into(),
        };
        ClientSecret::new("apple", &key)
    }

    #[test]
    fn the_secret_is_signed_by_the_key_and_says_what_apple_asks_for() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let secret = made(&pem(P256)).unwrap();
        let jwks = json!({ "keys": [{ "kid": "KEY1234567", "use": "sig" }] });
        let mut jwk = secret.key.public_jwk().unwrap();
        jwk["kid"] = jwks["keys"][0]["kid"].clone();
        let keys = auth_tokens::public_keys(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
        let token = secret.make("com.example.web", "https://appleid.apple.com", now);
        let claims = auth_tokens::verify(token.expose_secret(), &["JWT"], |kid| keys.get(kid)).unwrap();
        let expected = json!({
            "iss": "TEAM123456", "sub": "com.example.web", "aud": "https://appleid.apple.com",
            "iat": 1_800_000_000, "exp": 1_800_000_300,
        });
        assert_eq!(serde_json::Value::Object(claims), expected);
    }

    #[test]
    fn what_is_no_key_for_it_is_refused_without_being_repeated() {
        for text in [pem(ED25519), "secret.p8".to_owned(), pem("c2VjcmV0")] {
            let problem = made(&text).err().unwrap().to_string();
            assert!(problem.starts_with("`social.providers.apple.private_key` is "), "{problem}");
            assert!(!problem.contains("secret.p8") && !problem.contains("c2VjcmV0"), "{problem}");
        }
    }
}
