//! What is limited. Differs from the built-in project: it has fewer routes.

use super::limit::actions;

// One more is a line here and its line in `defaults.toml`.
actions! {
    /// `login/code/`, of a client address.
    LoginCode = "login_code",
    /// `login/code/verify/`, of a client address.
    LoginCodeVerify = "login_code_verify",
    /// `refresh/`, of a session.
    Refresh = "refresh",
    /// `token/verify/`, of a client address.
    TokenVerify = "token_verify",
}
