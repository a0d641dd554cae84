//! Why a provider's word is not taken.

use std::time::Duration;

use auth_tokens::IdTokenFault;

use super::provider::Provider;
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::{Error, in_one_line, refusals};

/// A provider that is down is rarely back sooner.
const RETRY: Duration = Duration::from_secs(10);

refusals! {
    /// The token or the code is not one that the provider issued for this application, is used or has expired.
    CredentialRefused = UNAUTHORIZED, "invalid_social_token", "The provider rejected the credential.";
    /// The provider cannot be reached, or its answers make no sense; nothing has happened. `Retry-After` says when to try
    /// again.
    ProviderUnavailable =
        SERVICE_UNAVAILABLE, "provider_unavailable", "The provider cannot be reached at the moment. Please try again.";
}

#[derive(Debug)]
pub(super) enum Trouble {
    /// The credential is wrong.
    Refused(anyhow::Error),
    /// The provider is.
    Unavailable(anyhow::Error),
}

impl Trouble {
    pub(super) fn refused(words: impl std::fmt::Display) -> Self {
        Self::Refused(anyhow::anyhow!("{words}"))
    }

    /// The refusal for the client, which learns no more; the cause is logged.
    pub(super) fn told(self, auth: &Auth, provider: &Provider) -> Error {
        let provider = provider.id();
        match self {
            Self::Refused(cause) => {
                tracing::info!(provider, error = in_one_line(&cause), "a credential of a provider was refused");
                auth.audit().note(Event::new(Kind::SignInFailed).because(Reason::Provider));
                CredentialRefused.into()
            }
            Self::Unavailable(cause) => {
                tracing::warn!(provider, error = in_one_line(&cause), "a provider cannot be used");
                Error::from(ProviderUnavailable).retry_after(RETRY)
            }
        }
    }
}

impl From<IdTokenFault> for Trouble {
    fn from(fault: IdTokenFault) -> Self {
        Self::Refused(fault.into())
    }
}
