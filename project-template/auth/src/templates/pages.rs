//! Every page: when it is shown, its file and the variables it may use, beside `service` and `nonce`.

use minijinja::{Value, context};

use super::declare::pages;
use super::{Source, source};

/// What several have in common, and the variables that all who use it have.
pub(super) const SHARED: &[(Source, &[&str])] = &[
    (source!("pages/page_layout.html"), &[]),
    (source!("pages/page_colors.css"), &[]),
    (source!("pages/admin_layout.html"), &["path", "csrf_token", "me", "here"]),
    (source!("pages/admin_events.html"), &[]),
];

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

    /// The sign-in to the admin pages.
    AdminSignIn = "admin_sign_in_page.html" {
        /// Where the form is posted to.
        action: String = "/admin/sign-in/";
        /// A field of the form.
        csrf_token: String = "token";
        /// What was typed as the address before.
        email: String = "";
        /// What is wrong with what was posted.
        errors: Vec<String> = Vec::new(), vec!["The address or the password is wrong.".to_owned()];
    }

    /// A link was opened where no cookies are kept.
    CookiesNeeded = "cookies_needed_page.html" {}

    /// There is no such page: most often a link that a mail program cut or added to.
    NotFound = "not_found_page.html" {}

    /// A list of users.
    AdminUsers = "admin_users_page.html" {
        /// Where the admin pages begin.
        path: String = "/admin";
        /// A field of every form.
        csrf_token: String = "token";
        /// The address of whoever looks.
        me: String = "staff@example.com";
        /// The part the page belongs to.
        here: String = "users";
        /// What was searched for.
        query: String = "", "ada", "nobody";
        /// The least role, as it was chosen: `staff`, or nothing.
        role: String = "", "staff";
        /// The users that were found.
        users: Value = samples::users(), samples::users(), Vec::<Value>::new();
        /// The address of the next page.
        next: Option<String> = None, "/admin/?after=1".to_owned(), None;
    }

    /// A user.
    AdminUser = "admin_user_page.html" {
        /// Where the admin pages begin.
        path: String = "/admin";
        /// A field of every form.
        csrf_token: String = "token";
        /// The address of whoever looks.
        me: String = "staff@example.com";
        /// The part the page belongs to.
        here: String = "users";
        /// What was just done.
        done: Option<String> = None, "The session has ended.".to_owned(), None;
        /// Why something was not done.
        problem: Option<String> = "Your role does not reach this account.".to_owned(), None;
        /// The account.
        user: Value = samples::user(true), samples::user(false);
        /// Whether its address waits for a confirmation.
        waits: bool = true, false;
        /// Whether it is whoever looks.
        mine: bool = false, true, false;
        /// Whether they may change it.
        may: bool = true, false, true;
        /// The roles they can give it.
        roles: Value = vec![context! { level => 0, name => "User" }], Vec::<Value>::new();
        /// The sessions that live.
        sessions: Value = samples::sessions(), Vec::<Value>::new();
        /// The latest events.
        events: Value = samples::events(), Vec::<Value>::new();
    }

    /// Before something dangerous is done: the password again.
    AdminConfirm = "admin_confirm_page.html" {
        /// Where the admin pages begin.
        path: String = "/admin";
        /// A field of every form.
        csrf_token: String = "token";
        /// The address of whoever looks.
        me: String = "staff@example.com";
        /// The part the page belongs to.
        here: String = "users";
        /// Where the form is posted to.
        action: String = "/admin/users/1/deactivate/";
        /// What is about to be done.
        act: String = "Deactivate ada@example.com";
        /// What is posted with it.
        fields: Value = vec![context! { name => "role", value => "900" }], Vec::<Value>::new();
        /// Where it leads not to do it.
        back: String = "/admin/users/1/";
        /// What is wrong with what was posted.
        errors: Vec<String> = Vec::new(), vec!["That is not your password.".to_owned()];
    }

    /// The audit log.
    AdminAudit = "admin_audit_page.html" {
        /// Where the admin pages begin.
        path: String = "/admin";
        /// A field of every form.
        csrf_token: String = "token";
        /// The address of whoever looks.
        me: String = "staff@example.com";
        /// The part the page belongs to.
        here: String = "audit";
        /// Every kind of event.
        kinds: Value = vec![context! { word => "sign_in", name => "Sign in" }];
        /// The kind that was chosen.
        kind: String = "", "sign_in";
        /// The user that was typed.
        user: String = "", "ada@example.com";
        /// The id of the admin whose acts are shown.
        actor: String = "", "1";
        /// The events.
        events: Value = samples::events(), Vec::<Value>::new();
        /// The address of the next page.
        next: Option<String> = None, "/admin/audit/?before=1".to_owned();
    }

    /// What has expired.
    AdminUpkeep = "admin_upkeep_page.html" {
        /// Where the admin pages begin.
        path: String = "/admin";
        /// A field of every form.
        csrf_token: String = "token";
        /// The address of whoever looks.
        me: String = "staff@example.com";
        /// The part the page belongs to.
        here: String = "upkeep";
        /// What was just removed.
        done: Option<String> = None, "3 rows were removed.".to_owned();
        /// What can be removed.
        counts: Value = vec![context! { kind => "Expired sessions", count => 3 }];
    }
}

/// Sample values that have parts.
mod samples {
    use minijinja::{Value, context};

    pub(super) fn users() -> Vec<Value> {
        vec![user(true), user(false)]
    }

    pub(super) fn user(is_staff: bool) -> Value {
        context! {
            id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
            email => "ada@example.com",
            name => if is_staff { "Ada Lovelace" } else { "" },
            role => is_staff.then_some("Staff"),
            level => if is_staff { 900 } else { 0 },
            active => is_staff,
            verified => is_staff,
            joined => "2027-01-15 08:00",
            last_login => is_staff.then_some("2027-01-15 08:00"),
            has_password => is_staff,
            may_be_shared => !is_staff,
        }
    }

    pub(super) fn sessions() -> Vec<Value> {
        let session = |current: bool| {
            context! {
                id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
                current,
                ip => current.then_some("203.0.113.7"),
                began => "2027-01-15 08:00",
                used => "2027-01-15 08:30",
                device => "Firefox on Linux",
            }
        };
        vec![session(true), session(false)]
    }

    pub(super) fn events() -> Vec<Value> {
        let event = |full: bool| {
            let id = full.then_some("0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11");
            context! {
                at => "2027-01-15 08:00",
                kind => "Sign in failed",
                tone => full.then_some("bad"),
                detail => full.then_some("wrong password"),
                count => if full { 2 } else { 1 },
                user => id,
                email => full.then_some("a***@example.com"),
                actor => id,
                ip => full.then_some("203.0.113.7"),
                request => id,
            }
        };
        vec![event(true), event(false)]
    }
}
