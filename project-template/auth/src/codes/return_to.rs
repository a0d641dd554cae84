//! The address to which the link of a mail redirects: the request for the mail names it in `next`. It is stored in the
//! link's sealed data, so it cannot be changed through the link.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::{Fields, Settings};

/// Characters.
const LIMIT: usize = 1024;
const NOT_ALLOWED: &str = "This return address is not allowed.";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ReturnTo(Option<String>);

impl ReturnTo {
    pub(crate) fn read(settings: &Settings, fields: &mut Fields) -> Self {
        let Some(text) = fields.optional_text("next", LIMIT).filter(|text| !text.is_empty()) else {
            return Self::default();
        };
        let address = settings.return_address(&text);
        if address.is_none() {
            fields.problem("next", NOT_ALLOWED);
        }
        Self(address)
    }

    /// The list may have changed since the mail was sent.
    pub(crate) fn address(&self, settings: &Settings) -> Option<String> {
        settings.return_address(self.0.as_deref()?)
    }

    /// For a program, which redirects its user itself.
    pub(crate) fn tell(&self, settings: &Settings, mut body: Value) -> Value {
        if let Some(address) = self.address(settings) {
            body["next"] = address.into();
        }
        body
    }
}
