//! The secrets of a second factor, and how they are stored.

use ring::{hmac, rand};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::totp::SECRET_BYTES;
use crate::tokens::Tokens;

const RECOVERY_KEY_BYTES: usize = 32;

/// The secret of the authenticator app, and the key of the recovery codes' MACs. The key is random, not derived from a
/// signing key: codes that are only stored as MACs could not follow to the next one. The key comes first.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(super) fn random() -> Self {
        Self::of(random::<SECRET_BYTES>().as_slice())
    }

    /// The secret of an app, and a random key.
    pub(super) fn of(totp: &[u8]) -> Self {
        Self(Zeroizing::new([random::<RECOVERY_KEY_BYTES>().as_slice(), totp].concat()))
    }

    pub(super) fn totp(&self) -> &[u8] {
        self.0.split_at(RECOVERY_KEY_BYTES).1
    }

    /// The MAC of a recovery code, as it is stored.
    pub(super) fn mac(&self, recovery_code: &str) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.split_at(RECOVERY_KEY_BYTES).0);
        hmac::sign(&key, recovery_code.as_bytes()).as_ref().to_vec()
    }

    /// Encrypts the secrets for an account, with a key outside the database. Also returns the name of that key.
    pub(super) fn seal(&self, tokens: &Tokens, user: Uuid, now: OffsetDateTime) -> (Vec<u8>, String) {
        (tokens.seal(&sealed_as(user), &self.0, now), tokens.signing_key(now).kid().to_owned())
    }

    /// None if the key is missing, or the row is another account's.
    pub(super) fn open(tokens: &Tokens, user: Uuid, sealed: &[u8]) -> Option<Self> {
        tokens.open(&sealed_as(user), sealed).filter(|plain| plain.len() > RECOVERY_KEY_BYTES).map(Self)
    }
}

fn random<const N: usize>() -> Zeroizing<[u8; N]>
where
    [u8; N]: rand::RandomlyConstructable,
{
    let bytes = rand::generate(&rand::SystemRandom::new()).expect("the operating system gives random bytes");
    Zeroizing::new(bytes.expose())
}

fn sealed_as(user: Uuid) -> String {
    format!("second factor {user}")
}
