//! Differs from the built-in project: it has fewer routes.

use crate::words::words;

words! {
    /// A limited action, configured by the key of `[throttle]` with its name. A further one needs a line here and one in
    /// `defaults.toml`.
    pub Action {
        /// `login/code/`, per client address.
        LoginCode = "login_code",
        /// `login/code/verify/`, per client address.
        LoginCodeVerify = "login_code_verify",
        /// `refresh/`, per session.
        Refresh = "refresh",
        /// `token/verify/`, per client address.
        TokenVerify = "token_verify",
    }
}
