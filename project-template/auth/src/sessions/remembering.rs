//! "Remember me".

use crate::http::Fields;

/// Whether the session that a request begins ends with the browser and lasts for `sessions.unremembered_lifetime`: the
/// opposite of the member `remember`, if the body has it. Every way to sign in reads it here.
pub(crate) fn is_forgotten(fields: &mut Fields) -> Option<bool> {
    fields.optional_flag("remember").map(|remember| !remember)
}
