use crate::words::words;

words! {
    /// A limited action, configured by the key of `[throttle]` with its name. A further one needs a line here and one in
    /// `defaults.toml`.
    pub Action {
        /// `login/`, per client address.
        Login = "login",
        /// `registration/`, per client address.
        Registration = "registration",
        /// `registration/verification/resend/`, per client address.
        VerificationResend = "verification_resend",
        /// `registration/verify-otp/`, per client address.
        VerificationCode = "verification_code",
        /// `login/code/`, per client address.
        LoginCode = "login_code",
        /// `login/code/verify/`, per client address.
        LoginCodeVerify = "login_code_verify",
        /// `mfa/` and `reauthenticate/`, per client address.
        SecondFactor = "second_factor",
        /// `login/passkey/options/`, per client address.
        LoginPasskeyOptions = "login_passkey_options",
        /// `login/passkey/`, per client address.
        LoginPasskey = "login_passkey",
        /// `social/`, per client address.
        Social = "social",
        /// `password/reset/`, per client address.
        PasswordReset = "password_reset",
        /// `registration/user-register/`, per account.
        Invitation = "invitation",
        /// `user/email/`, per account and per client address.
        EmailChange = "email_change",
        /// `refresh/`, per session.
        Refresh = "refresh",
        /// `token/verify/`, per client address.
        TokenVerify = "token_verify",
        /// `cron/flush-tokens/`, per client address.
        FlushTokens = "flush_tokens",
    }
}
