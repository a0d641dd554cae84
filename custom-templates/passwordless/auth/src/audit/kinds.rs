//! What happened, and why. Differs from the built-in project: fewer kinds of events happen.

use crate::words::words;

words! {
    pub(crate) Kind {
        SignIn = "sign_in",
        SignInFailed = "sign_in_failed",
        LockedOut = "locked_out",
        CodeSent = "code_sent",
        CodeWrong = "code_wrong",
        /// The detail is the cause, `count` the number of sessions.
        SessionsEnded = "sessions_ended",
        Replayed = "replayed",
        /// A token was presented that is bound to another device or address.
        ShownElsewhere = "shown_elsewhere",
    }
}

impl Kind {
    pub(super) fn is_alarming(self) -> bool {
        matches!(self, Self::Replayed | Self::ShownElsewhere | Self::LockedOut)
    }
}

words! {
    pub(crate) Reason {
        Inactive = "inactive",
        Login = "login",
        Device = "device",
        Address = "address",
    }
}
