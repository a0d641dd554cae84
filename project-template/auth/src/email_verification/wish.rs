//! What whoever has an address confirmed wants to come of it.

use serde::{Deserialize, Serialize};

use crate::Auth;
use crate::http::{Fields, ReturnTo};
use crate::sessions;

/// Read from the body that has the mail sent, and kept in its link.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Wish {
    /// Where the person is led afterwards.
    pub(crate) next: ReturnTo,
    /// Whether a session that begins is to be forgotten with the browser.
    pub(crate) forgotten: bool,
}

impl Wish {
    pub(crate) fn read(auth: &Auth, fields: &mut Fields) -> Self {
        let next = ReturnTo::read(&auth.settings().http, fields);
        Self { next, forgotten: sessions::is_forgotten(fields).unwrap_or_default() }
    }
}
