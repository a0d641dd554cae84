use super::{Terms, complete};
use crate::Auth;
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::sessions::{Proof, SignIn};
use crate::users::User;

refusals! {
    /// The account is deactivated, or has changed since it was read.
    NotAdmitted = UNAUTHORIZED, "not_admitted", "This account cannot sign in.";
}

/// How the application authenticated a user. A name such as `"example.com"` is enough where sessions are remembered.
#[derive(Clone, Copy, Debug)]
pub struct OwnProof {
    name: &'static str,
    remembered: bool,
}

impl OwnProof {
    /// The audit log records the name, and [`Hooks::before_login`](crate::Hooks::before_login) sees it.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, remembered: true }
    }

    /// With `false`, the session ends with the browser and lasts for `sessions.unremembered_lifetime`.
    #[must_use]
    pub fn remembered(self, remembered: bool) -> Self {
        Self { remembered, ..self }
    }

    pub(crate) fn terms(self) -> Terms {
        Terms { proof: Proof::Application(self.name), forgotten: !self.remembered }
    }
}

impl From<&'static str> for OwnProof {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl Auth {
    /// Begins a session for a user who was authenticated another way, such as by a provider of yours (see
    /// `docs/extending.md`). `proof` is the name of that way, or an [`OwnProof`]. The rules of other ways apply: the
    /// account must be active and, where mandatory, verified; hooks are asked; a new device is reported to its owner.
    ///
    /// # Errors
    /// 401 `not_admitted` (deactivated or just changed), `email_not_verified`; 403 `too_many_devices`; a hook's error.
    pub async fn sign_in(&self, user: &User, client: &Client, proof: impl Into<OwnProof>) -> Result<SignIn> {
        Ok(complete(self, user, client, proof.into().terms()).await?.ok_or(NotAdmitted)?)
    }
}
