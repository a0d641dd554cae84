//! An authenticator in software, for tests without a browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{Client, Reply, TestApp};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKED_UP: u8 = 3 << 3;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// A device with one passkey (Ed25519), and the browser it is used with. A test changes a field to be another device.
pub struct Authenticator {
    /// The origin of the page, as the browser writes it.
    pub origin: String,
    /// The site that the passkey is for, instead of the one in the options.
    pub site: Option<String>,
    /// Whether it verifies its user.
    pub verifies: bool,
    /// Whether the passkey is on other devices too.
    pub is_synced: bool,
    /// Signatures so far; it counts before each. None: it does not count.
    pub counter: Option<u32>,
    /// The id of the passkey.
    pub credential: Vec<u8>,
    /// The user handle that it was given.
    pub user: Vec<u8>,
    key: Ed25519KeyPair,
}

impl TestApp {
    /// A new authenticator, in a browser that displays a page of this application.
    ///
    /// # Panics
    /// If the system gives no random bytes.
    #[must_use]
    pub fn authenticator(&self) -> Authenticator {
        let random = SystemRandom::new();
        let key = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
        let mut credential = vec![0; 16];
        random.fill(&mut credential).expect("random bytes");
        Authenticator {
            origin: self.auth.settings().http.origin(),
            site: None,
            verifies: true,
            is_synced: false,
            counter: Some(0),
            credential,
            user: Vec::new(),
            key: Ed25519KeyPair::from_pkcs8(key.as_ref()).expect("the key"),
        }
    }
}

impl Authenticator {
    /// The response to the options of a registration (`RegistrationResponseJSON`).
    ///
    /// # Panics
    /// If they are not such options.
    pub fn register(&mut self, options: &Value) -> Value {
        self.user = decoded(&options["user"]["id"]);
        let mut data = self.data(options["rp"]["id"].as_str().expect("a site"), HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential.len()).expect("a short id").to_be_bytes());
        data.extend(&self.credential);
        // A map: key type OKP, algorithm EdDSA, curve Ed25519, and the 32 bytes of the key.
        data.extend([0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]);
        data.extend(self.key.public_key().as_ref());
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).expect("less than 256 bytes"));
        object.extend(data);
        json!({
            "type": "public-key",
            "id": encoded(&self.credential),
            "rawId": encoded(&self.credential),
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encoded(self.client_data("webauthn.create", options).as_bytes()),
                "attestationObject": encoded(&object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
    }

    /// The response to the options of a sign-in (`AuthenticationResponseJSON`).
    ///
    /// # Panics
    /// If they are not such options.
    pub fn sign(&mut self, options: &Value) -> Value {
        let data = self.data(options["rpId"].as_str().expect("a site"), 0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        json!({
            "type": "public-key",
            "id": encoded(&self.credential),
            "rawId": encoded(&self.credential),
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": encoded(client_data.as_bytes()),
                "authenticatorData": encoded(&data),
                "signature": encoded(self.key.sign(&signed).as_ref()),
                "userHandle": encoded(&self.user),
            },
            "clientExtensionResults": {},
        })
    }

    fn data(&mut self, site: &str, more: u8) -> Vec<u8> {
        let site = self.site.as_deref().unwrap_or(site);
        let verified = if self.verifies { USER_VERIFIED } else { 0 };
        let synced = if self.is_synced { BACKED_UP } else { 0 };
        self.counter = self.counter.map(|counter| counter.wrapping_add(1));
        let mut data = digest(&SHA256, site.as_bytes()).as_ref().to_vec();
        data.push(USER_PRESENT | verified | synced | more);
        data.extend(self.counter.unwrap_or_default().to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
    }
}

impl Client {
    /// Adds the passkey of an authenticator to the account. The session must have begun within the last five minutes.
    pub async fn add_passkey(&self, authenticator: &mut Authenticator) -> Reply {
        let begun = self.post("/jwt-allauth/passkeys/options/", &json!({})).await;
        if begun.status != 200 {
            return begun;
        }
        let credential = authenticator.register(&begun.body["options"]);
        let body = json!({ "challenge_id": begun.body["challenge_id"], "credential": credential });
        self.post("/jwt-allauth/passkeys/", &body).await
    }

    /// Signs in with the passkey of an authenticator, and keeps the tokens in the response.
    pub async fn login_with_passkey(&mut self, authenticator: &mut Authenticator) -> Reply {
        let begun = self.post("/jwt-allauth/login/passkey/options/", &json!({})).await;
        if begun.status != 200 {
            return begun;
        }
        let credential = authenticator.sign(&begun.body["options"]);
        let body = json!({ "challenge_id": begun.body["challenge_id"], "credential": credential });
        let reply = self.post("/jwt-allauth/login/passkey/", &body).await;
        self.keep(reply)
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("base64url")).expect("base64url")
}
