//! Encrypts data in the database, or stores its MAC, against anyone who has a copy of it.

use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::{hmac, rand};
use zeroize::Zeroizing;

/// Two keys derived from one signing key.
pub struct Vault {
    pub(crate) seal: LessSafeKey,
    pub(crate) mac: hmac::Key,
}

impl Vault {
    /// Encrypts with AES-256-GCM under a random nonce. Data sealed as one thing cannot be opened as another.
    ///
    /// # Panics
    /// When the operating system gives no random bytes.
    #[must_use]
    pub fn seal(&self, thing: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] =
            rand::generate(&rand::SystemRandom::new()).expect("the operating system gives random bytes").expose();
        let mut text = plain.to_vec();
        self.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(thing), &mut text)
            .expect("AES-GCM seals 64 GiB, and a request has less");
        [&nonce[..], &text].concat()
    }

    /// Decrypts what was sealed as `thing` under the same key; none if it was not, or was changed since.
    #[must_use]
    pub fn open(&self, thing: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length = self.seal.open_in_place(nonce, Aad::from(thing), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    /// A MAC of the message.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.mac, message).as_ref().to_vec()
    }

    /// Whether this key made the MAC of the message. In constant time.
    #[must_use]
    pub fn has_mac(&self, message: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.mac, message, mac).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::mac::Derivation;

    #[test]
    fn what_is_sealed_opens_under_the_same_key_as_the_same_thing_and_unchanged() {
        let vault = Derivation::of(b"one key").vault();
        let sealed = vault.seal("mail", b"the text");
        assert!(!sealed.windows(8).any(|part| part == b"the text"));
        assert_ne!(sealed, vault.seal("mail", b"the text"), "a nonce is used once");
        assert_eq!(vault.open("mail", &sealed).unwrap().as_slice(), b"the text");
        assert_eq!(vault.open("link", &sealed), None);
        assert_eq!(Derivation::of(b"another key").vault().open("mail", &sealed), None);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(vault.open("mail", &changed), None, "byte {position}");
        }
        for length in 0..sealed.len() {
            assert_eq!(vault.open("mail", &sealed[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn a_mac_belongs_to_one_message_and_one_key() {
        let vault = Derivation::of(b"one key").vault();
        let mac = vault.mac(b"012345");
        assert!(vault.has_mac(b"012345", &mac));
        assert!(!vault.has_mac(b"012346", &mac));
        assert!(!Derivation::of(b"another key").vault().has_mac(b"012345", &mac));
    }
}
