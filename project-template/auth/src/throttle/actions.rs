//! What is limited.

use super::limit::actions;

// One more is a line here and its line in `defaults.toml`.
actions! {
    /// `login/`, of a client address.
    Login = "login",
    /// `registration/`, of a client address.
    Registration = "registration",
    /// `registration/verification/resend/`, of a client address.
    VerificationResend = "verification_resend",
    /// `registration/verify-otp/`, of a client address.
    VerificationCode = "verification_code",
    /// `login/code/`, of a client address.
    LoginCode = "login_code",
    /// `login/code/verify/`, of a client address.
    LoginCodeVerify = "login_code_verify",
    /// `password/reset/`, of a client address.
    PasswordReset = "password_reset",
    /// `user/email/`, of an account and of a client address.
    EmailChange = "email_change",
    /// `refresh/`, of a session.
    Refresh = "refresh",
    /// `token/verify/`, of a client address.
    TokenVerify = "token_verify",
    /// `cron/flush-tokens/`, of a client address.
    FlushTokens = "flush_tokens",
}
