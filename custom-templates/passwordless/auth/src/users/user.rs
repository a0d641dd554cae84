//! Differs from the built-in project: there are no accounts.

use ring::hmac;
use uuid::{Builder, Uuid};

use super::{Email, Settings};
use crate::audit;

/// Somebody who reads the mail to an address.
#[derive(Clone, Debug)]
pub struct User {
    /// Follows from the address.
    pub id: Uuid,
    /// The address as it is compared, whoever wrote it how.
    pub email: String,
    /// The same, in its parts.
    pub address: Email,
}

impl User {
    pub(crate) fn of(settings: &Settings, address: &Email) -> Self {
        let mac = hmac::sign(&settings.id_key, address.key().as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&mac.as_ref()[..16]);
        // UUIDv8 (RFC 9562, section 5.8): the application's own way to make them.
        let id = Builder::from_custom_bytes(id).into_uuid();
        Self { id, email: address.key().to_owned(), address: address.clone() }
    }
}

impl audit::Account for User {
    fn id(&self) -> Uuid {
        self.id
    }

    fn address(&self) -> &str {
        &self.email
    }
}
