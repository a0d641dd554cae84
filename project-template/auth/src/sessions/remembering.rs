//! "Remember me".

use crate::http::Fields;

/// Whether the session that a request begins is to be forgotten when the browser is closed, and to live for
/// `sessions.unremembered_lifetime`: the member `remember`, if the body has it. Every way in reads it here.
pub(crate) fn is_forgotten(fields: &mut Fields) -> Option<bool> {
    fields.optional_flag("remember").map(|remember| !remember)
}
