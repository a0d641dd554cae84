//! Every mail: when it is sent, its files (subject, HTML, text) and the variables they may use, beside `service`. None
//! holds text that an unauthenticated client may have typed, such as a name: it would reach any address.
//!
//! `email` is the recipient's address, `link` the page to open, `lifetime` how long the link or code is valid, `time`
//! that of the event, and `reset_page` the page to request a link to set a new password, if the settings have one.

use std::time::Duration;

use time::OffsetDateTime;

use super::declare::mails;

use super::{Source, source};
use crate::languages::{Text, text};

pub(super) const SHARED: &[(Source, &[&str])] = &[(source!("email/email_layout.html"), &[])];

/// 1 January 2027, 12:00 UTC.
pub(super) fn sample_time() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::from_hours(499_668)
}

mails! {
    /// To an account's address, after a request to set a new password.
    PassReset = "pass_reset_subject.txt", "pass_reset_email.html", "pass_reset_text.txt" {
        email: String = "ada@example.com";
        link: String = "https://auth.example.com/jwt-allauth/password/reset/confirm/1/secret/";
        lifetime: Duration = Duration::from_hours(1);
    }

    /// To the account's address after every change of its password.
    PasswordChanged = "password_changed_subject.txt", "password_changed.html", "password_changed_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the owner of a newly proven address whose password is older: another person may have signed up with it.
    EarlierPassword = "earlier_password_subject.txt", "earlier_password.html", "earlier_password_text.txt" {
        email: String = "ada@example.com";
        /// Whether that password was removed.
        is_void: bool = true, true, false;
        link: String = "https://auth.example.com/jwt-allauth/password/reset/confirm/1/secret/";
        lifetime: Duration = Duration::from_hours(1);
    }

    /// To the account's address after a second factor was set up.
    SecondFactorAdded = "second_factor_added_subject.txt", "second_factor_added.html", "second_factor_added_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the account's address after its second factor was removed.
    SecondFactorRemoved = "second_factor_removed_subject.txt", "second_factor_removed.html",
        "second_factor_removed_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the account's address after a sign-in with a recovery code.
    RecoveryCodeUsed = "recovery_code_used_subject.txt", "recovery_code_used.html", "recovery_code_used_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        /// The recovery codes that are left.
        left: u64 = 9_u64, 3_u64, 1_u64, 0_u64;
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the account's address after so many wrong codes that none is accepted for a while.
    SecondFactorGuessed = "second_factor_guessed_subject.txt", "second_factor_guessed.html",
        "second_factor_guessed_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the address of a new account, or again on request; `email_verification.method` decides between link and code.
    EmailVerification = "email_verification_subject.txt", "email_verification.html", "email_verification_text.txt" {
        email: String = "ada@example.com";
        link: Option<String> = "https://auth.example.com/jwt-allauth/registration/verification/secret/".to_owned(),
            "https://auth.example.com/jwt-allauth/registration/verification/secret/".to_owned(), None;
        link_lifetime: Duration = Duration::from_hours(72);
        code: Option<String> = "012345".to_owned(), None, "012345".to_owned();
        code_lifetime: Duration = Duration::from_mins(5);
    }

    /// To an account's address after an attempt to sign up with it.
    AccountExists = "account_exists_subject.txt", "account_exists.html", "account_exists_text.txt" {
        email: String = "ada@example.com";
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the new address of an account, which takes effect once the link is confirmed.
    EmailChange = "email_change_subject.txt", "email_change.html", "email_change_text.txt" {
        email: String = "ada@new.example.com";
        link: String = "https://auth.example.com/jwt-allauth/user/email/confirm/secret/";
        lifetime: Duration = Duration::from_hours(72);
    }

    /// To the current address of an account after a request to change it.
    EmailChangeNotice =
        "email_change_notice_subject.txt", "email_change_notice.html", "email_change_notice_text.txt" {
        email: String = "ada@example.com";
        new_email: String = "ada@new.example.com";
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To the previous address of an account after its change.
    EmailChanged = "email_changed_subject.txt", "email_changed.html", "email_changed_text.txt" {
        email: String = "ada@example.com";
        new_email: String = "ada@new.example.com";
        time: OffsetDateTime = sample_time();
    }

    /// To the owner of an account that was deleted.
    AccountDeleted = "account_deleted_subject.txt", "account_deleted.html", "account_deleted_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
    }

    /// To an address whose reader was invited: the account has no password yet.
    Invitation = "invitation_subject.txt", "invitation.html", "invitation_text.txt" {
        email: String = "grace@example.com";
        /// The address of the account that invites.
        inviter: String = "ada@example.com";
        link: String = "https://auth.example.com/jwt-allauth/registration/verification/secret/";
        lifetime: Duration = Duration::from_hours(72);
    }

    /// To the account that invited, after the password of the invited one was set.
    InvitationAccepted =
        "invitation_accepted_subject.txt", "invitation_accepted.html", "invitation_accepted_text.txt" {
        email: String = "ada@example.com";
        /// The address that was invited.
        guest: String = "grace@example.com";
        time: OffsetDateTime = sample_time();
    }

    /// To an account's address, after a request to sign in with a code.
    LoginCode = "login_code_subject.txt", "login_code.html", "login_code_text.txt" {
        email: String = "ada@example.com";
        code: String = "012345";
        lifetime: Duration = Duration::from_mins(5);
    }

    /// After a sign-in with a new device or from a new address, if `audit.notify_new_device` is on.
    NewDevice = "new_device_subject.txt", "new_device.html", "new_device_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        /// Browser and system, as far as recognized.
        device: Text = text!("{browser} on {system}", browser = "Firefox", system = "Linux");
        /// The client's address, if it is known.
        address: Option<String> = "203.0.113.7".to_owned(), None;
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// After a session was revoked because its refresh token was presented again, if `audit.notify_replay` is on.
    SessionCopied = "session_copied_subject.txt", "session_copied.html", "session_copied_text.txt" {
        email: String = "ada@example.com";
        time: OffsetDateTime = sample_time();
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To an account's address after a passkey was added.
    PasskeyAdded = "passkey_added_subject.txt", "passkey_added.html", "passkey_added_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// Browser and system of the user who added it, as far as recognized.
        device: Text = text!("{browser} on {system}", browser = "Firefox", system = "Linux");
        /// The time of the event.
        time: OffsetDateTime = sample_time();
        /// The page to request a link to set a new password, if the settings have one.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To an account's address after a passkey was removed.
    PasskeyRemoved = "passkey_removed_subject.txt", "passkey_removed.html", "passkey_removed_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// When the passkey was added.
        added: OffsetDateTime = sample_time();
        /// The time of the event.
        time: OffsetDateTime = sample_time();
        /// The page to request a link to set a new password, if the settings have one.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To an account's address after an account at another service was connected.
    ProviderConnected = "provider_connected_subject.txt", "provider_connected.html", "provider_connected_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// What the settings call that service.
        provider: String = "Google";
        /// The time of the event.
        time: OffsetDateTime = sample_time();
        /// The page to request a link to set a new password, if the settings have one.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To an account's address after an account at another service was disconnected.
    ProviderDisconnected = "provider_disconnected_subject.txt", "provider_disconnected.html", "provider_disconnected_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// What the settings call that service.
        provider: String = "Google";
        /// The time of the event.
        time: OffsetDateTime = sample_time();
        /// The page to request a link to set a new password, if the settings have one.
        reset_page: Option<String> = "https://app.example.com/forgot-password".to_owned(), None;
    }

    /// To an account's address after a sign-in with a passkey was refused because there may be a copy of it, at most once
    /// an hour.
    PasskeyCopied = "passkey_copied_subject.txt", "passkey_copied.html", "passkey_copied_text.txt" {
        /// The account's address.
        email: String = "ada@example.com";
        /// When the passkey was added.
        added: OffsetDateTime = sample_time();
        /// The time of the event.
        time: OffsetDateTime = sample_time();
    }
}
