use super::jwe::CannotOpen;
use super::jws::JwsError;

/// Why a token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not a token of this server, or changed since it was issued.
    Invalid,
    /// It was valid once.
    Expired,
    /// A token of the other kind.
    WrongType,
}

impl Refusal {
    /// The message of the wire format.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Invalid => "Token is invalid",
            Self::Expired => "Token is expired",
            Self::WrongType => "Token has wrong type",
        }
    }
}

impl From<CannotOpen> for Refusal {
    fn from(_: CannotOpen) -> Self {
        Self::Invalid
    }
}

impl From<JwsError> for Refusal {
    fn from(error: JwsError) -> Self {
        if error == JwsError::WrongType { Self::WrongType } else { Self::Invalid }
    }
}
