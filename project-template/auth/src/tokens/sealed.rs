//! Data that only this server can read or could have made. The signing key's vault seals it; any key's vault opens it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::Tokens;

impl Tokens {
    /// Encrypts data that only this server may read, such as a token of another provider. It can be opened under the
    /// same name, for as long as the key that signs now is among the keys. Each kind of data needs a name of its own.
    ///
    /// ```no_run
    /// use auth::Auth;
    ///
    /// fn keep(auth: &Auth, token: &str) -> Vec<u8> {
    ///     auth.tokens().seal("calendar token", token.as_bytes(), auth.now())
    /// }
    ///
    /// fn kept(auth: &Auth, sealed: &[u8]) -> Option<String> {
    ///     let plain = auth.tokens().open("calendar token", sealed)?;
    ///     String::from_utf8(plain.to_vec()).ok()
    /// }
    /// ```
    #[must_use]
    pub fn seal(&self, thing: &str, plain: &[u8], now: OffsetDateTime) -> Vec<u8> {
        self.keys.signing(now).vault().seal(thing, plain)
    }

    /// Decrypts data that [`Tokens::seal`] encrypted under this name; none if it did not, or the key is gone.
    #[must_use]
    pub fn open(&self, thing: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
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
