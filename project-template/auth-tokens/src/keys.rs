//! A key that signs tokens: parsed once, for one algorithm, named by the thumbprint of its public half.

use std::{collections::HashSet, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac, rand,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    jwk,
    jws::{self, Algorithm, JwsKey, VerifyingKey},
    mac::{Derivation, MacKey},
    pem::{self, KeyType, Pkcs8},
    vault::Vault,
};

/// Shortest HS256 secret, in bytes (RFC 7518 section 3.2), and length of a new one.
const SECRET_BYTES: usize = 32;

/// A secret with fewer different bytes was typed: 32 random bytes have 30 on average, and never under 16.
const SECRET_VARIETY: usize = 16;

/// Words that occur in examples and never in a random secret; compared without case and punctuation.
const PLACEHOLDERS: [&str; 5] = ["changeme", "placeholder", "replaceme", "yoursecret", "insecure"];

/// A private key or secret, with the keys derived from it. Callers wipe the bytes it is parsed from (`Zeroizing`);
/// `ring` does not wipe its copy.
pub struct SigningKey {
    kid: String,
    secret: Secret,
    refresh: MacKey,
    vault: Vault,
    signs: Signs,
}

/// When a key signs. It always verifies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signs {
    /// Immediately.
    #[default]
    AtOnce,
    /// From this time on. Verifiers that cache the published keys have fetched the key by then.
    From(OffsetDateTime),
    /// Only as the oldest key, while no other key's time has come.
    Never,
}

impl Signs {
    pub(crate) fn is_due(self, now: OffsetDateTime) -> bool {
        match self {
            Self::AtOnce => true,
            Self::From(when) => when <= now,
            Self::Never => false,
        }
    }
}

enum Secret {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    Hs256(hmac::Key),
}

impl Secret {
    fn public_members(&self) -> Option<jwk::Members> {
        match self {
            Self::EdDsa(pair) => Some(jwk::ed25519(pair.public_key().as_ref())),
            Self::Es256(pair) => Some(jwk::p256(pair.public_key().as_ref())),
            Self::Rs256(pair) => Some(jwk::rsa(&pair.public().into())),
            Self::Hs256(_) => None,
        }
    }
}

impl SigningKey {
    /// A key from PKCS#8 DER: Ed25519 (with or without its public half), P-256, or RSA of 2048 to 4096 bits.
    /// The error is the second half of a sentence that names the key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, String> {
        let unsound = |error: ring::error::KeyRejected| match error.to_string().as_str() {
            "TooSmall" => "is an RSA key of fewer than 2048 bits; make one of 2048 to 4096".to_owned(),
            "TooLarge" => "is an RSA key of more than 4096 bits; make one of 2048 to 4096".to_owned(),
            _ => format!("is not a usable key ({error}); make another"),
        };
        let pkcs8 = Pkcs8::parse(der)?;
        let secret = match pkcs8.kind {
            KeyType::Ed25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Secret::EdDsa),
            KeyType::P256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &rand::SystemRandom::new())
                    .map(Secret::Es256)
            }
            KeyType::Rsa => RsaKeyPair::from_pkcs8(der).map(Secret::Rs256),
        };
        Ok(Self::new(secret.map_err(unsound)?, pkcs8.private))
    }

    /// A key from the text of a PEM file.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        Self::from_pkcs8(&pem::decode(text)?)
    }

    /// An HS256 key from at least 32 random bytes. Rejects a secret that was typed or copied from an example.
    pub fn from_secret(secret: &[u8]) -> Result<Self, String> {
        if secret.len() < SECRET_BYTES {
            let length = secret.len();
            return Err(format!("has {length} bytes where HS256 needs {SECRET_BYTES} random ones"));
        }
        if !is_random(secret) || has_placeholder(secret) {
            return Err("is not random, so it can be guessed".into());
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Self::new(Secret::Hs256(key), secret))
    }

    /// A key from its bytes: PKCS#8, or else a secret.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        // A random secret is not mistaken for PKCS#8, which has ten fixed bytes in fixed places.
        if Pkcs8::parse(bytes).is_ok() { Self::from_pkcs8(bytes) } else { Self::from_secret(bytes) }
    }

    /// The same key, published now but signing at another time (see `KeySet::signing`).
    #[must_use]
    pub fn signing(mut self, when: Signs) -> Self {
        self.signs = when;
        self
    }

    fn new(secret: Secret, private: &[u8]) -> Self {
        let derivation = Derivation::of(private);
        let kid = match secret.public_members() {
            Some(members) => jwk::thumbprint(&members),
            None => derivation.secret_id(),
        };
        Self { kid, secret, refresh: derivation.refresh_key(), vault: derivation.vault(), signs: Signs::default() }
    }

    /// The key's name: the thumbprint of its public half (RFC 7638), or a name derived from the secret.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.secret {
            Secret::EdDsa(_) => Algorithm::EdDsa,
            Secret::Es256(_) => Algorithm::Es256,
            Secret::Rs256(_) => Algorithm::Rs256,
            Secret::Hs256(_) => Algorithm::Hs256,
        }
    }

    /// Signs `claims`, a JSON object as text, as a token of type `typ`.
    #[must_use]
    pub fn sign(&self, typ: &'static str, claims: &[u8]) -> String {
        jws::sign(self, typ, claims)
    }

    /// As [`SigningKey::sign`], for somebody who knows the key by another name.
    ///
    /// # Panics
    /// If that is none by [`is_kid`](crate::is_kid).
    #[must_use]
    pub fn sign_as(&self, kid: &str, typ: &'static str, claims: &[u8]) -> String {
        assert!(jws::is_kid(kid), "a name that needs no escaping");
        jws::sign_as(self, kid, typ, claims)
    }

    /// The key for refresh tokens, derived from this one.
    #[must_use]
    pub fn refresh_key(&self) -> &MacKey {
        &self.refresh
    }

    /// The keys for data in the database, derived from this one.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// When it signs.
    #[must_use]
    pub fn signs(&self) -> Signs {
        self.signs
    }

    /// The public half as a JWK (RFC 7517 section 4); `None` for HS256, which has none.
    #[must_use]
    pub fn public_jwk(&self) -> Option<Value> {
        let mut members = self.secret.public_members()?;
        members.insert("kid", self.kid.clone());
        members.insert("alg", self.algorithm().to_string());
        members.insert("use", "sig".into());
        Some(json!(members))
    }

    /// Generates the text of a new key file: PEM, or for HS256 the secret in base64url. `ring` makes no RSA keys.
    pub fn generate(algorithm: Algorithm) -> Result<Zeroizing<String>, String> {
        let random = rand::SystemRandom::new();
        let failed = |_| "the operating system gave no random bytes".to_owned();
        let der = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
            Algorithm::Rs256 => return Err("RSA keys are made by OpenSSL".into()),
            Algorithm::Hs256 => {
                let secret = rand::generate::<[u8; SECRET_BYTES]>(&random).map_err(failed)?;
                let secret = Zeroizing::new(secret.expose());
                return Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret)));
            }
        };
        Ok(pem::encode(der.map_err(failed)?.as_ref()))
    }
}

impl JwsKey for SigningKey {
    fn kid(&self) -> &str {
        &self.kid
    }

    /// Panics without random bytes: ES256 needs them for each signature, RS256 for blinding.
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        const RANDOM: &str = "the operating system gives random bytes";
        let random = rand::SystemRandom::new();
        match &self.secret {
            Secret::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Secret::Es256(pair) => {
                let signature = pair.sign(&random, message).expect(RANDOM);
                signature.as_ref().to_vec()
            }
            Secret::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect(RANDOM);
                signature
            }
            Secret::Hs256(key) => hmac::sign(key, message).as_ref().to_vec(),
        }
    }
}

impl VerifyingKey for SigningKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }

    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        let check = |algorithm: &'static dyn VerificationAlgorithm, public: &[u8]| {
            let key = UnparsedPublicKey::new(algorithm, public);
            key.verify(message, signature).is_ok()
        };
        match &self.secret {
            Secret::EdDsa(pair) => check(&ED25519, pair.public_key().as_ref()),
            Secret::Es256(pair) => check(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
            Secret::Rs256(pair) => check(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
            Secret::Hs256(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm(), self.kid)
    }
}

/// Whether `text` contains a placeholder word, in any case and with any punctuation.
#[must_use]
pub fn has_placeholder(text: &[u8]) -> bool {
    let letters: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect());
    PLACEHOLDERS.iter().any(|word| letters.windows(word.len()).any(|part| part == word.as_bytes()))
}

pub(crate) fn is_random(secret: &[u8]) -> bool {
    secret.iter().collect::<HashSet<_>>().len() >= SECRET_VARIETY
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
