//! Data that only this server can read or could have made. The signing key's vault seals it; any key's vault opens it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::Tokens;

impl Tokens {
    pub(crate) fn seal(&self, thing: &str, plain: &[u8], now: OffsetDateTime) -> Vec<u8> {
        self.keys.signing(now).vault().seal(thing, plain)
    }

    pub(crate) fn open(&self, thing: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.keys.iter().find_map(|key| key.vault().open(thing, sealed))
    }

    /// A MAC that the database stores in place of a short secret.
    pub(crate) fn mac(&self, message: &[u8], now: OffsetDateTime) -> Vec<u8> {
        self.keys.signing(now).vault().mac(message)
    }

    pub(crate) fn has_mac(&self, message: &[u8], mac: &[u8]) -> bool {
        self.keys.iter().any(|key| key.vault().has_mac(message, mac))
    }

    /// For values that a client sends back.
    pub(crate) fn mac_text(&self, message: &str, now: OffsetDateTime) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(message.as_bytes(), now))
    }

    /// In constant time.
    pub(crate) fn has_mac_text(&self, message: &str, text: &str) -> bool {
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|mac| self.has_mac(message.as_bytes(), &mac))
    }
}
