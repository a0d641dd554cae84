//! Every page: when it is shown, its file and the variables it may use, beside `service` and `nonce`.

use super::declare::pages;

pages! {
    /// The form that sets a new password.
    PasswordReset = "password_reset_page.html" {
        /// Where the form is posted to.
        action: String = "/jwt-allauth/password/reset/set-new/";
        /// The value of the form's field `csrfmiddlewaretoken`.
        csrf_token: String = "token";
        /// The account's address, for password managers.
        email: String = "ada@example.com";
        /// Fewest characters of a password.
        min_length: usize = 8_u16;
        /// Most characters of a password.
        max_length: usize = 256_u16;
        /// What is wrong with what was posted.
        errors: Vec<String> = Vec::new(), vec!["This password is too common.".to_owned()];
    }

    /// A new password has been set.
    PasswordResetComplete = "password_reset_complete_page.html" {}

    /// The link of a sign-up or a password reset is used, expired or unknown; with a form to ask for another.
    LinkNotValid = "link_not_valid_page.html" {
        /// Where the form is posted to.
        action: String = "/jwt-allauth/password/reset/";
        /// What was typed as the address before.
        email: String = "";
        /// What is wrong with what was posted.
        errors: Vec<String> = Vec::new(), vec!["Enter a valid email address.".to_owned()];
    }

    /// A mail was asked for on one of these pages: the same words whether or not one was sent.
    CheckMail = "check_mail_page.html" {}

    /// The button that confirms an address.
    ConfirmEmail = "confirm_email_page.html" {
        /// Where the button posts to.
        action: String = "/jwt-allauth/registration/verification/secret/";
        /// The address to be confirmed.
        email: String = "ada@example.com";
    }

    /// An address was confirmed.
    EmailVerified = "email_verified_page.html" {}

    /// The button that makes another address the account's.
    ConfirmEmailChange = "confirm_email_change_page.html" {
        /// Where the button posts to.
        action: String = "/jwt-allauth/user/email/confirm/secret/";
        /// The new address.
        email: String = "ada@new.example.com";
    }

    /// Another address is now the account's.
    EmailChanged = "email_changed_page.html" {}

    /// A link that changes an address is used, expired or unknown.
    EmailChangeFailed = "email_change_failed_page.html" {}

    /// A form was refused for a reason that has no page of its own: too many requests, an overloaded server.
    Refused = "refused_page.html" {
        /// What a person should know and do.
        message: String = "The server is busy. Please try again.";
    }
}
