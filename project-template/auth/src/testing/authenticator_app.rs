//! An authenticator app, for tests.

use std::time::Duration;

use serde_json::json;

use super::{Client, TestApp};
use crate::factors;

/// An authenticator app with the secret of an account, and the recovery codes shown with it.
#[derive(Clone, Debug)]
pub struct AuthenticatorApp {
    secret: Vec<u8>,
    /// The account's recovery codes.
    pub recovery_codes: Vec<String>,
}

impl AuthenticatorApp {
    /// An app with a secret in Base32.
    ///
    /// # Panics
    /// If it is not Base32.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
        for character in secret.bytes() {
            let value = match character {
                b'A'..=b'Z' => character - b'A',
                b'2'..=b'7' => character - b'2' + 26,
                _ => panic!("{secret} is not Base32"),
            };
            held = (held << 5 | u32::from(value)) & 0xffff;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push(u8::try_from(held >> bits & 0xff).expect("eight bits"));
            }
        }
        Self { secret: bytes, recovery_codes: Vec::new() }
    }

    /// The secret.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The code that the app shows now.
    #[must_use]
    pub fn code(&self, app: &TestApp) -> String {
        self.code_in(app, 0)
    }

    /// The code that the app shows so many steps of 30 seconds later.
    #[must_use]
    pub fn code_in(&self, app: &TestApp, steps: i64) -> String {
        factors::code_at(&self.secret, app.auth.now() + time::Duration::seconds(30 * steps))
    }

    /// Waits for the next code: each counts once.
    #[must_use]
    pub fn next_code(&self, app: &TestApp) -> String {
        app.advance(Duration::from_secs(30));
        self.code(app)
    }

    /// A code that is wrong now, and one step earlier and later.
    #[must_use]
    pub fn wrong_code(&self, app: &TestApp) -> String {
        let right = [-1, 0, 1].map(|step| self.code_in(app, step));
        let wrong =
            ["000000", "111111", "222222", "333333"].into_iter().find(|code| !right.iter().any(|it| it == code));
        wrong.unwrap_or_default().to_owned()
    }
}

impl Client {
    /// Sets up a second factor for the signed-in user.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn enrol(&self, app: &TestApp) -> AuthenticatorApp {
        let setup = self.post("/jwt-allauth/mfa/setup/", &json!({})).await;
        assert_eq!(setup.status, 200, "{setup:?}");
        let authenticator = AuthenticatorApp::of(setup.text("secret"));
        let body = json!({ "code": authenticator.code(app) });
        let activated = self.post("/jwt-allauth/mfa/activate/", &body).await;
        assert_eq!(activated.status, 200, "{activated:?}");
        let codes = activated.body["recovery_codes"].as_array().expect("recovery codes");
        let recovery_codes = codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect();
        AuthenticatorApp { recovery_codes, ..authenticator }
    }
}
