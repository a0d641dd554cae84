//! Challenges: random bytes that an authenticator signs. Each is a row, so that it counts once at all instances.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{self, SystemRandom};
use uuid::Uuid;

use super::challenge_store as store;
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::refusals;

refusals! {
    /// The challenge is used, expired, unknown, or another account's.
    ChallengeNotValid = BAD_REQUEST, "challenge_not_valid", "This challenge is no longer valid. Please start again.";
}

/// How long a user may take. Clients get it as `timeout`.
pub(super) const LIFETIME: Duration = Duration::from_mins(5);

/// The random bytes, of which the Web Authentication standard asks for 16 at least.
const BYTES: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Registration,
    SignIn,
    /// Of an account whose first factor was shown, for the sign-in with this name.
    SecondFactor(Uuid),
}

impl Purpose {
    fn name(self) -> Cow<'static, str> {
        match self {
            Self::Registration => "registration".into(),
            Self::SignIn => "sign_in".into(),
            Self::SecondFactor(sign_in) => format!("second_factor {}", sign_in.simple()).into(),
        }
    }
}

/// A challenge that is stored and has not expired, unless another request has used it since.
pub(super) struct Challenge {
    pub(super) bytes: [u8; BYTES],
    /// The account that a new passkey is for, or whose second factor is due.
    pub(super) user: Option<Uuid>,
}

impl Challenge {
    /// Makes one for a sign-in.
    pub(super) async fn for_sign_in(auth: &Auth) -> db::Result<Self> {
        let challenge = Self { bytes: random(), user: None };
        store::insert(auth.db(), &challenge.bytes, (&Purpose::SignIn.name(), None), auth.now() + LIFETIME).await?;
        Ok(challenge)
    }

    /// Makes one for the second factor of an account, in one sign-in. Earlier ones stay valid: somebody else who knows the first factor
    /// must not void the owner's.
    pub(super) async fn for_second_factor(auth: &Auth, user: Uuid, sign_in: Uuid) -> db::Result<Self> {
        let challenge = Self { bytes: random(), user: Some(user) };
        let purpose = Purpose::SecondFactor(sign_in).name();
        store::insert(auth.db(), &challenge.bytes, (&purpose, Some(user)), auth.now() + LIFETIME).await?;
        Ok(challenge)
    }

    /// Makes one for the registration of a passkey. The account's earlier ones become void, so that there is one row per
    /// account.
    pub(super) async fn for_registration(auth: &Auth, tx: &mut Tx, user: Uuid) -> db::Result<Self> {
        let challenge = Self { bytes: random(), user: Some(user) };
        let purpose = Purpose::Registration.name();
        store::replace(tx, &challenge.bytes, &purpose, user, auth.now() + LIFETIME).await?;
        Ok(challenge)
    }

    /// The challenge with this id.
    pub(super) async fn find(auth: &Auth, purpose: Purpose, id: &str) -> db::Result<Option<Self>> {
        let decoded = URL_SAFE_NO_PAD.decode(id).ok();
        let Some(bytes) = decoded.and_then(|bytes| <[u8; BYTES]>::try_from(bytes).ok()) else { return Ok(None) };
        let found = store::find(auth.db(), &bytes, &purpose.name(), auth.now()).await?;
        Ok(found.map(|user| Self { bytes, user }))
    }

    /// Uses it up, in the transaction that acts on the response. False if another request has.
    pub(super) async fn take(&self, auth: &Auth, tx: &mut Tx) -> db::Result<bool> {
        store::take(tx, &self.bytes, auth.now()).await
    }

    /// The id, which clients send back: the same bytes, which are no secret.
    pub(super) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes)
    }
}

fn random() -> [u8; BYTES] {
    rand::generate(&SystemRandom::new()).expect("the operating system gives random bytes").expose()
}
