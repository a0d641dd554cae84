use crate::http::Fields;

/// The opposite of `remember`: the session ends with the browser, and lasts for `sessions.unremembered_lifetime`.
pub(crate) fn is_forgotten(fields: &mut Fields) -> Option<bool> {
    fields.optional_flag("remember").map(|remember| !remember)
}
