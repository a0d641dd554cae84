//! What happened, and why.

use crate::words::words;

words! {
    pub(crate) Kind {
        SignUp = "sign_up",
        SignUpRefused = "sign_up_refused",
        SignIn = "sign_in",
        SignInFailed = "sign_in_failed",
        SignInChallenged = "sign_in_challenged",
        LockedOut = "locked_out",
        CodeSent = "code_sent",
        CodeWrong = "code_wrong",
        /// At the re-authentication of a signed-in user.
        PasswordWrong = "password_wrong",
        PasswordChanged = "password_changed",
        PasswordResetAsked = "password_reset_asked",
        PasswordReset = "password_reset",
        EmailVerified = "email_verified",
        EmailChangeAsked = "email_change_asked",
        EmailChanged = "email_changed",
        /// The detail is the cause, `count` the number of sessions.
        SessionsEnded = "sessions_ended",
        Replayed = "replayed",
        /// A token was presented that is bound to another device or address.
        ShownElsewhere = "shown_elsewhere",
        PasskeyAdded = "passkey_added",
        PasskeyRemoved = "passkey_removed",
        /// The counter of a passkey did not go up: somebody may have a copy.
        PasskeyCopied = "passkey_copied",
        /// An account at another service.
        ProviderConnected = "provider_connected",
        ProviderDisconnected = "provider_disconnected",
        TokensInvalidated = "tokens_invalidated",
        Deactivated = "deactivated",
        Activated = "activated",
        RoleChanged = "role_changed",
        Deleted = "deleted",
        Exported = "exported",
        Reauthenticated = "reauthenticated",
        SecondFactorAdded = "second_factor_added",
        SecondFactorRemoved = "second_factor_removed",
        RecoveryCodeUsed = "recovery_code_used",
        RecoveryCodesRenewed = "recovery_codes_renewed",
        Invited = "invited",
        InvitationAccepted = "invitation_accepted",
        InvitationRevoked = "invitation_revoked",
        Flushed = "flushed",
    }
}

impl Kind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    pub(crate) fn is_failure(self) -> bool {
        self.is_alarming()
            || matches!(self, Self::SignUpRefused | Self::SignInFailed | Self::CodeWrong | Self::PasswordWrong)
    }

    pub(super) fn is_alarming(self) -> bool {
        matches!(self, Self::Replayed | Self::ShownElsewhere | Self::LockedOut | Self::PasskeyCopied)
    }
}

words! {
    pub(crate) Reason {
        UnknownAddress = "unknown_address",
        WrongPassword = "wrong_password",
        Inactive = "inactive",
        NotStaff = "not_staff",
        NotVerified = "not_verified",
        Vetoed = "vetoed",
        /// The account was changed at the same time.
        Changed = "changed",
        TooManyDevices = "too_many_devices",
        AddressTaken = "address_taken",
        /// The address is not confirmed yet.
        Again = "again",
        Verification = "verification",
        Login = "login",
        PasswordChange = "password_change",
        EmailChange = "email_change",
        Deletion = "deletion",
        Passkey = "passkey",
        /// Another service, with an account of which the user signs in here.
        Provider = "provider",
        Device = "device",
        Address = "address",
        Access = "access",
        Refresh = "refresh",
        All = "all",
        /// A code of the second factor.
        SecondFactor = "second_factor",
        RecoveryCode = "recovery_code",
        /// A second factor that must be set up first.
        Setup = "setup",
        Reauthentication = "reauthentication",
        Invitation = "invitation",
        Admin = "admin",
        Command = "command",
    }
}
