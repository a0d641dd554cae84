//! Every mail: when it is sent, its files (subject, HTML, text) and the variables they may use, beside `service`.
//!
//! No mail has a variable for what a stranger may have typed, a name above all: it would carry their text to anybody.

use super::declare::mails;
use super::{Source, source};

/// What all of them have in common.
pub(super) const SHARED: &[(Source, &[&str])] = &[(source!("email/email_layout.html"), &[])];

mails! {
    /// To whoever asked to set a new password.
    PassReset = "pass_reset_subject.txt", "pass_reset_email.html", "pass_reset_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// The page that sets a new password.
        link: String = "https://auth.example.com/jwt-allauth/password/reset/confirm/1/secret/";
        /// How long the link is valid, in words.
        lifetime: String = "1 hour";
    }

    /// To the account's address after its password was set anew, whoever did it.
    PasswordChanged = "password_changed_subject.txt", "password_changed.html", "password_changed_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// When it was, in UTC.
        time: String = "1 January 2027, 12:00 UTC";
        /// The page where a link to set a new password is asked for, where the settings name it.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To who has just shown that they read an account's mail, where its password was set before that: it may be that of
    /// somebody else who signed up with the address.
    EarlierPassword = "earlier_password_subject.txt", "earlier_password.html", "earlier_password_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// Whether that password no longer counts.
        is_void: bool = true, true, false;
        /// The page that sets a new password.
        link: String = "https://auth.example.com/jwt-allauth/password/reset/confirm/1/secret/";
        /// How long the link is valid, in words.
        lifetime: String = "1 hour";
    }

    /// To the address of a new account, or again on request. Has a link, a code or both, as
    /// `email_verification.method` says.
    EmailVerification = "email_verification_subject.txt", "email_verification.html", "email_verification_text.txt" {
        /// The address to be confirmed.
        email: String = "ada@example.com";
        /// The page with the button that confirms it.
        link: Option<String> = "https://auth.example.com/jwt-allauth/registration/verification/secret/".to_owned(),
            "https://auth.example.com/jwt-allauth/registration/verification/secret/".to_owned(), None;
        /// How long the link is valid, in words.
        link_lifetime: String = "3 days";
        /// A code to type.
        code: Option<String> = "012345".to_owned(), None, "012345".to_owned();
        /// How long the code is valid, in words.
        code_lifetime: String = "5 minutes";
    }

    /// To the owner of an address that somebody tried to sign up with.
    AccountExists = "account_exists_subject.txt", "account_exists.html", "account_exists_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// The page where a link to set a new password is asked for, where the settings name it.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the new address of an account, which is used once the link is confirmed.
    EmailChange = "email_change_subject.txt", "email_change.html", "email_change_text.txt" {
        /// The new address.
        email: String = "ada@new.example.com";
        /// The page with the button that confirms it.
        link: String = "https://auth.example.com/jwt-allauth/user/email/confirm/secret/";
        /// How long the link is valid, in words.
        lifetime: String = "3 days";
    }

    /// To the present address of an account for which another was asked for.
    EmailChangeNotice =
        "email_change_notice_subject.txt", "email_change_notice.html", "email_change_notice_text.txt" {
        /// The present address.
        email: String = "ada@example.com";
        /// The address that is to replace it.
        new_email: String = "ada@new.example.com";
        /// The page where a link to set a new password is asked for, where the settings name it.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the address that an account had before another took its place.
    EmailChanged = "email_changed_subject.txt", "email_changed.html", "email_changed_text.txt" {
        /// The address it had.
        email: String = "ada@example.com";
        /// The address it has.
        new_email: String = "ada@new.example.com";
        /// When it was, in UTC.
        time: String = "1 January 2027, 12:00 UTC";
    }

    /// To the owner of an account that was deleted.
    AccountDeleted = "account_deleted_subject.txt", "account_deleted.html", "account_deleted_text.txt" {
        /// The address it had.
        email: String = "ada@example.com";
        /// When it was, in UTC.
        time: String = "1 January 2027, 12:00 UTC";
    }

    /// To whoever asked to sign in with a code.
    LoginCode = "login_code_subject.txt", "login_code.html", "login_code_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// The code to type.
        code: String = "012345";
        /// How long it is valid, in words.
        lifetime: String = "5 minutes";
    }

    /// To the owner of an account that somebody signed in to with a device, or from an address, that is new there; where
    /// `audit.notify_new_device` is on.
    NewDevice = "new_device_subject.txt", "new_device.html", "new_device_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// When it was, in UTC.
        time: String = "1 January 2027, 12:00 UTC";
        /// Browser and system, as far as they are known ones.
        device: String = "Firefox on Linux";
        /// The client's address.
        address: String = "203.0.113.7";
        /// The page where a link to set a new password is asked for, where the settings name it.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the owner of an account of which a session was ended because its refresh token was shown again; where
    /// `audit.notify_replay` is on.
    SessionCopied = "session_copied_subject.txt", "session_copied.html", "session_copied_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// When it was, in UTC.
        time: String = "1 January 2027, 12:00 UTC";
        /// The page where a link to set a new password is asked for, where the settings name it.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }
}
