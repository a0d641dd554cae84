//! Sealed tokens: a signed token inside the compact form of RFC 7516 (`dir`, A256GCM). The signature authenticates the
//! claims; the encryption hides them from the holder of the token.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac, rand,
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{jws, keys};

const KEY_BYTES: usize = 32;

/// The entry of the list for tokens that are not sealed.
const PLAIN: &str = "plain";

const SALT: &[u8] = b"jwt-allauth";
const NONCE_KEY: &[u8] = b"jwt-allauth sealed token nonce";

/// The token was not sealed with a known key, or was changed since. The error does not reveal which.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the token cannot be opened")]
pub struct CannotOpen;

/// Seals tokens with the newest key and opens them with any. Without keys, tokens are not sealed.
#[derive(Debug, Default)]
pub struct Seal(Vec<Cover>);

enum Cover {
    Sealed(Box<Jwe>),
    Plain,
}

impl Seal {
    /// A seal from `entries`, newest first: `"kid:base64url of 32 bytes"`, or the word `plain`.
    /// An error names an entry by its place in the list, never its value.
    pub fn new(entries: &[SecretString]) -> Result<Self, Vec<String>> {
        let (mut covers, mut problems) = (Vec::new(), Vec::new());
        let problem = |index, words| format!("entry {} {words}", index + 1);
        for (index, entry) in entries.iter().enumerate() {
            match Cover::parse(entry.expose_secret().trim()) {
                Ok(cover) if covers.iter().any(|other| cover.is_as(other)) => {
                    problems.push(problem(index, "has the name of one before it"));
                }
                Ok(cover) => covers.push(cover),
                Err(words) => problems.push(problem(index, words)),
            }
        }
        if problems.is_empty() { Ok(Self(covers)) } else { Err(problems) }
    }

    /// Seals a signed token before it is issued. The same token gives the same bytes.
    #[must_use]
    pub fn seal(&self, token: String) -> String {
        match self.0.first() {
            Some(Cover::Sealed(key)) => key.seal(&token),
            Some(Cover::Plain) | None => token,
        }
    }

    /// The signed token inside a presented one. An unsealed token is accepted only while the list allows it.
    pub fn open<'t>(&self, token: &'t str) -> Result<Cow<'t, str>, CannotOpen> {
        if token.len() > jws::MAX_TOKEN_BYTES {
            return Err(CannotOpen);
        }
        let header = token.split('.').next().unwrap_or_default();
        let mut keys = self.0.iter().filter_map(Cover::key);
        if let Some(key) = keys.find(|key| key.header == header) {
            return key.open(token).map(Cow::Owned);
        }
        if self.0.is_empty() || self.has_plain() { Ok(Cow::Borrowed(token)) } else { Err(CannotOpen) }
    }

    /// The names of the keys, newest first.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Cover::key).map(|key| key.kid.as_str())
    }

    /// The name of the key that seals new tokens.
    #[must_use]
    pub fn sealing_kid(&self) -> Option<&str> {
        self.0.first().and_then(Cover::key).map(|key| key.kid.as_str())
    }

    /// Whether the list has `plain`, which accepts unsealed tokens.
    #[must_use]
    pub fn has_plain(&self) -> bool {
        self.0.iter().any(|cover| cover.key().is_none())
    }
}

impl Cover {
    fn parse(entry: &str) -> Result<Self, &'static str> {
        if entry == PLAIN {
            return Ok(Self::Plain);
        }
        let (kid, key) = entry.split_once(':').ok_or("is not like \"kid:base64url of 32 bytes\"")?;
        if !jws::is_kid(kid) || kid == PLAIN {
            return Err("has a name that is not 1 to 64 letters, digits, `-` and `_`");
        }
        if keys::has_placeholder(key.as_bytes()) {
            return Err("is a placeholder");
        }
        let bytes = URL_SAFE_NO_PAD.decode(key.trim_end_matches('=')).map(Zeroizing::new);
        match bytes.as_deref().map(Vec::as_slice).map(<&[u8; KEY_BYTES]>::try_from) {
            Ok(Ok(bytes)) if keys::is_random(bytes) => Ok(Self::Sealed(Box::new(Jwe::new(kid, bytes)))),
            Ok(Ok(_)) => Err("is not random, so it can be guessed"),
            _ => Err("is not base64url of 32 bytes"),
        }
    }

    fn key(&self) -> Option<&Jwe> {
        match self {
            Self::Sealed(key) => Some(key),
            Self::Plain => None,
        }
    }

    fn is_as(&self, other: &Self) -> bool {
        self.key().map(|key| &key.kid) == other.key().map(|key| &key.kid)
    }
}

impl fmt::Debug for Cover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key().map_or(PLAIN, |key| &key.kid))
    }
}

/// Generates a new entry of the list.
pub fn generate_encryption_key(kid: &str) -> Result<Zeroizing<String>, String> {
    let bytes = rand::generate::<[u8; KEY_BYTES]>(&rand::SystemRandom::new())
        .map_err(|_| "the operating system gave no random bytes".to_owned())?;
    let key = Zeroizing::new(URL_SAFE_NO_PAD.encode(Zeroizing::new(bytes.expose())));
    Ok(Zeroizing::new(format!("{kid}:{}", *key)))
}

/// One key, and the only protected header it writes and accepts: a token's own `alg`, `enc` or `zip` has no effect.
struct Jwe {
    kid: String,
    header: String,
    key: LessSafeKey,
    nonces: hmac::Key,
}

impl Jwe {
    fn new(kid: &str, key: &[u8; KEY_BYTES]) -> Self {
        let header = format!(r#"{{"alg":"dir","enc":"A256GCM","kid":"{kid}","cty":"JWT"}}"#);
        let derivation = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(key);
        let nonces = derivation.expand(&[NONCE_KEY], hmac::HMAC_SHA256).expect("HKDF gives 32 bytes");
        Self {
            kid: kid.to_owned(),
            header: URL_SAFE_NO_PAD.encode(header),
            key: LessSafeKey::new(
                UnboundKey::new(&AES_256_GCM, key).expect("the key has the length of an AES-256 key"),
            ),
            nonces: nonces.into(),
        }
    }

    fn seal(&self, token: &str) -> String {
        let nonce = self.nonce(token);
        let mut text = token.as_bytes().to_vec();
        let aad = Aad::from(self.header.as_bytes());
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
            .expect("a token is shorter than the 64 GiB that GCM takes");
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}..{}.{}.{}", self.header, encode(&nonce), encode(&text), encode(tag.as_ref()))
    }

    /// The nonce is a MAC over the key's header and the whole token, so it repeats only for the same token, which gives
    /// the same bytes. Two plaintexts under one nonce, which breaks GCM, would need a collision of 96 bits. A refresh
    /// token is the same each time it is issued; an access token never is, because of its `jti`.
    fn nonce(&self, token: &str) -> [u8; NONCE_LEN] {
        let mut mac = hmac::Context::with_key(&self.nonces);
        // The header is base64url, so the dot marks its end.
        for part in [&self.header, ".", token] {
            mac.update(part.as_bytes());
        }
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&mac.sign().as_ref()[..NONCE_LEN]);
        nonce
    }

    fn open(&self, token: &str) -> Result<String, CannotOpen> {
        let mut parts = token.split('.').skip(1);
        let mut next = || parts.next().ok_or(CannotOpen);
        let (encrypted_key, nonce, text, tag) = (next()?, next()?, next()?, next()?);
        if !encrypted_key.is_empty() || parts.next().is_some() {
            return Err(CannotOpen);
        }
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| CannotOpen);
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| CannotOpen)?;
        let (mut text, tag) = (decode(text)?, decode(tag)?);
        if tag.len() != AES_256_GCM.tag_len() {
            return Err(CannotOpen);
        }
        text.extend(tag);
        let aad = Aad::from(self.header.as_bytes());
        let opened = self.key.open_in_place(nonce, aad, &mut text).map_err(|_| CannotOpen)?;
        String::from_utf8(opened.to_vec()).map_err(|_| CannotOpen)
    }
}

#[cfg(test)]
#[path = "jwe_tests.rs"]
mod tests;
