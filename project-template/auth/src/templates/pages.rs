//! Every page: when it is shown, its file and the variables it may use, beside `service` and `nonce`.
//!
//! `action` is where the form is posted to, `csrf_token` a field of every form, `errors` the problems of the posted
//! form and `next` the address of the next page. On admin pages, `path` is where they begin, `me` the address of the
//! signed-in admin and `here` the section that the page belongs to.

use minijinja::{Value, context};

use super::declare::pages;
use super::{Source, source};

pub(super) const SHARED: &[(Source, &[&str])] = &[
    (source!("pages/page_layout.html"), &[]),
    (source!("pages/page_colors.css"), &[]),
    (source!("pages/password_form.html"), &["action", "csrf_token", "email", "min_length", "max_length", "errors"]),
    (source!("pages/admin_layout.html"), &["path", "csrf_token", "me", "here"]),
    (source!("pages/admin_events.html"), &[]),
    (source!("pages/proof_fields.html"), &[]),
];

pages! {
    /// The form that sets a new password.
    PasswordReset = "password_reset_page.html" {
        action: String = "/jwt-allauth/password/reset/set-new/";
        /// The value of the form's field `csrfmiddlewaretoken`.
        csrf_token: String = "token";
        /// The account's address, for password managers.
        email: String = "ada@example.com";
        /// Fewest characters of a password.
        min_length: usize = 8_u16;
        /// Most characters of a password.
        max_length: usize = 256_u16;
        errors: Vec<String> = Vec::new(), vec!["This password is too common.".to_owned()];
    }

    /// The form that sets the first password of an invited account.
    SetPassword = "set_password_page.html" {
        action: String = "/jwt-allauth/registration/set-password/";
        /// The value of the form's field `csrfmiddlewaretoken`.
        csrf_token: String = "token";
        /// The account's address, for password managers.
        email: String = "grace@example.com";
        /// Fewest characters of a password.
        min_length: usize = 8_u16;
        /// Most characters of a password.
        max_length: usize = 256_u16;
        errors: Vec<String> = Vec::new(), vec!["This password is too common.".to_owned()];
    }

    /// The password of an invited account has been set.
    InvitationAccepted = "invitation_accepted_page.html" {}

    /// The link of an invitation is used, expired, replaced or unknown.
    InvitationNotValid = "invitation_not_valid_page.html" {}

    /// A new password has been set.
    PasswordResetComplete = "password_reset_complete_page.html" {}

    /// The link of a sign-up or a password reset is used, expired or unknown; with a form to ask for another.
    LinkNotValid = "link_not_valid_page.html" {
        action: String = "/jwt-allauth/password/reset/";
        /// The address that was entered before.
        email: String = "";
        errors: Vec<String> = Vec::new(), vec!["Enter a valid email address.".to_owned()];
    }

    /// A mail was requested on one of these pages. The text is the same whether or not one was sent.
    CheckMail = "check_mail_page.html" {}

    /// The button that confirms an address.
    ConfirmEmail = "confirm_email_page.html" {
        action: String = "/jwt-allauth/registration/verification/secret/";
        email: String = "ada@example.com";
    }

    /// An address was confirmed.
    EmailVerified = "email_verified_page.html" {}

    /// The button that makes another address the account's.
    ConfirmEmailChange = "confirm_email_change_page.html" {
        action: String = "/jwt-allauth/user/email/confirm/secret/";
        email: String = "ada@new.example.com";
    }

    /// Another address is now the account's.
    EmailChanged = "email_changed_page.html" {}

    /// A link that changes an address is used, expired or unknown.
    EmailChangeFailed = "email_change_failed_page.html" {}

    /// A form was refused for a reason that has no page of its own: too many requests, an overloaded server.
    Refused = "refused_page.html" {
        /// The reason, and the remedy.
        message: String = "The server is busy. Please try again.";
    }

    /// A person has signed in with an account at another service.
    SignedIn = "signed_in_page.html" {
        /// The provider of an account that was just connected instead.
        connected: Option<String> = None, "Google".to_owned();
        /// Where the browser is led by itself.
        next: Option<String> = None, "/jwt-allauth/account/".to_owned();
    }

    /// The browser is led to a provider, to connect an account there.
    OnTheWay = "on_the_way_page.html" {
        /// Its name.
        provider: String = "Google";
        /// Its page, with the request.
        address: String = "https://accounts.google.com/o/oauth2/v2/auth?client_id=web&state=x";
    }

    /// The sign-in to the admin pages, and to the pages at `account/`.
    SignInForm = "sign_in_page.html" {
        action: String = "/admin/sign-in/";
        csrf_token: String = "token";
        /// The address that was entered before.
        email: String = "";
        /// Whether it leads to the admin pages.
        for_staff: bool = true, false;
        /// Where the script asks for the options of a passkey, if they can be used.
        passkey: Option<String> = "/jwt-allauth/login/passkey/options/".to_owned(), None;
        /// The providers to sign in with.
        providers: Value = samples::providers(), Vec::<Value>::new();
        /// Where the script is.
        script: String = "/admin/page.js";
        errors: Vec<String> = Vec::new(), vec!["The address or the password is wrong.".to_owned()];
    }

    /// The second half of a sign-in, for an account with a second factor.
    SignInCode = "sign_in_code_page.html" {
        action: String = "/admin/sign-in/code/";
        /// Where the sign-in begins again.
        back: String = "/admin/sign-in/";
        csrf_token: String = "token";
        /// A field of the form.
        challenge: String = "9f86d081884c7d659a2feaa0c55ad015";
        /// Where the script asks for the options of a passkey, if they can be used.
        passkey: Option<String> = "/jwt-allauth/login/passkey/options/".to_owned(), None;
        /// Where the script is.
        script: String = "/admin/page.js";
        errors: Vec<String> = Vec::new(), vec!["Invalid code.".to_owned()];
    }

    /// A secret for an authenticator app, and the field for its first code.
    SecondFactorSetup = "second_factor_page.html" {
        action: String = "/admin/sign-in/set-up/";
        back: String = "/admin/sign-in/";
        csrf_token: String = "token";
        /// Whether there is no session before it is set up.
        must: bool = true, false;
        /// A field of the form; empty within a session.
        challenge: String = "9f86d081884c7d659a2feaa0c55ad015", "";
        /// The address of the account.
        me: String = "ada@example.com";
        /// An image, as the address of one.
        qr_code: String = "data:image/svg+xml;base64,PHN2Zy8+";
        /// In groups.
        secret: String = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
        /// The same as an address that an app on this device opens.
        uri: String = "otpauth://totp/Acme:ada@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme";
        errors: Vec<String> = Vec::new(), vec!["Invalid code.".to_owned()];
    }

    /// Recovery codes, shown once.
    RecoveryCodes = "recovery_codes_page.html" {
        codes: Vec<String> = vec!["04829175".to_owned(), "19384756".to_owned()];
        /// Where it goes on.
        next: String = "/admin/";
        /// Where the script is.
        script: String = "/admin/page.js";
    }

    /// One's own ways to sign in: the authenticator app and passkeys.
    WaysToSignIn = "ways_to_sign_in_page.html" {
        /// Before the paths of its forms.
        path: String = "/admin/me";
        csrf_token: String = "token";
        /// The address of the account.
        me: String = "ada@example.com";
        /// The act that succeeded.
        done: Option<String> = None, "remove".to_owned(), "another".to_owned();
        problem: Option<String> = None, "TOTP not activated.".to_owned();
        /// Whether accounts can have an authenticator app.
        offers_app: bool = true, true, false;
        /// Whether this one must.
        must_have_app: bool = true, false;
        factor: Option<Value> = samples::factor(true), samples::factor(false), None;
        /// Whether browsers can make passkeys here.
        offers_passkeys: bool = true, true, false;
        passkeys: Value = samples::passkeys(), Vec::<Value>::new();
        /// The providers that can be connected.
        providers: Value = samples::providers(), Vec::<Value>::new();
        /// Those that are.
        connections: Value = samples::connections(), Vec::<Value>::new();
        /// Where the admin pages are, on those.
        back: Option<String> = "/admin/".to_owned(), None;
        sign_out: String = "/admin/sign-out/";
    }

    /// A new passkey is about to be made.
    NewPasskey = "new_passkey_page.html" {
        action: String = "/admin/me/passkeys/new/";
        back: String = "/admin/me/";
        csrf_token: String = "token";
        /// For the script.
        challenge: String = "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o";
        /// For the script: JSON.
        options: String = "{}";
        /// The most characters of a name.
        name_limit: usize = 100_u16;
        /// Where the script is.
        script: String = "/admin/page.js";
    }

    /// Re-authentication before a way to sign in is changed.
    ProveAgain = "prove_again_page.html" {
        action: String = "/admin/me/remove/";
        csrf_token: String = "token";
        me: String = "ada@example.com";
        /// The act that waits: `set-up`, `remove`, `recovery-codes`, `passkeys`, `remove-passkey`, `connect` or
        /// `disconnect`.
        act: String = "set-up", "remove", "recovery-codes", "passkeys", "remove-passkey", "connect", "disconnect", "another";
        /// The name of the passkey or the service it concerns.
        what: String = "Ada's phone";
        /// The ways the account has: `password` or else `code`, and `passkey`, where the script asks for its options.
        proof: Value = samples::proof(true), samples::proof(false);
        back: String = "/admin/me/";
        /// Where the script is.
        script: String = "/admin/page.js";
        errors: Vec<String> = Vec::new(), vec!["That is not your password.".to_owned()];
    }

    /// A link was opened in a browser that keeps no cookies.
    CookiesNeeded = "cookies_needed_page.html" {}

    /// There is no such page: most often a mail program cut off part of a link or added to it.
    NotFound = "not_found_page.html" {}

    /// A list of users.
    AdminUsers = "admin_users_page.html" {
        path: String = "/admin";
        csrf_token: String = "token";
        me: String = "staff@example.com";
        here: String = "users";
        query: String = "", "ada", "nobody";
        /// The chosen minimum role: `staff`, or empty.
        role: String = "", "staff";
        users: Value = samples::users(), samples::users(), Vec::<Value>::new();
        /// Whether people can be invited.
        invites: bool = true, false;
        next: Option<String> = None, "/admin/?after=1".to_owned(), None;
    }

    /// A user.
    AdminUser = "admin_user_page.html" {
        path: String = "/admin";
        csrf_token: String = "token";
        me: String = "staff@example.com";
        here: String = "users";
        /// The act that succeeded, by its name in paths.
        done: Option<String> = None, "end-session".to_owned(), "another".to_owned();
        problem: Option<String> = "Your role does not reach this account.".to_owned(), None;
        user: Value = samples::user(true), samples::user(false);
        /// Whether its address awaits confirmation.
        waits: bool = true, false;
        /// Whether it is the admin's own account.
        mine: bool = false, true, false;
        /// Whether the admin may change it.
        may: bool = true, false, true;
        /// The roles that the admin can assign to it.
        roles: Value = vec![0, 900], Vec::<i64>::new();
        /// The second factor.
        factor: Option<Value> = samples::factor(true), samples::factor(false), None;
        passkeys: Value = samples::passkeys(), Vec::<Value>::new();
        connections: Value = samples::connections(), Vec::<Value>::new();
        /// Whether the admin may remove the second factor, the passkeys and the connections.
        may_remove_ways: bool = true, false;
        sessions: Value = samples::sessions(), Vec::<Value>::new();
        events: Value = samples::events(), Vec::<Value>::new();
    }

    /// Re-authentication before a dangerous action.
    AdminConfirm = "admin_confirm_page.html" {
        path: String = "/admin";
        csrf_token: String = "token";
        me: String = "staff@example.com";
        here: String = "users";
        action: String = "/admin/users/1/deactivate/";
        /// The act to confirm, by its name in paths.
        act: String = "deactivate", "activate", "role", "role", "end-sessions", "invite", "another";
        /// The admin's ways to prove who they are, as at [`ProveAgain`].
        proof: Value = samples::proof(true), samples::proof(false);
        /// Where the script is.
        script: String = "/admin/page.js";
        email: String = "ada@example.com";
        /// The role to be given, with the act `role`.
        level: Option<i64> = None, None, 900;
        /// The fields posted with it.
        fields: Value = vec![context! { name => "role", value => "900" }], Vec::<Value>::new();
        /// The page to return to without the action.
        back: String = "/admin/users/1/";
        errors: Vec<String> = Vec::new(), vec!["That is not your password.".to_owned()];
    }

    /// The open invitations, and a form to invite.
    AdminInvitations = "admin_invitations_page.html" {
        path: String = "/admin";
        csrf_token: String = "token";
        me: String = "staff@example.com";
        here: String = "users";
        /// The act that succeeded: `invite` or `revoke`.
        done: Option<String> = None, "invite".to_owned(), "revoke".to_owned();
        errors: Vec<String> = Vec::new(), vec!["Enter a valid email address.".to_owned()];
        /// Whether the admin's role may invite.
        may: bool = true, true, false;
        /// The address that was entered before.
        email: String = "", "grace";
        /// The names that were entered before.
        first_name: String = "", "Grace";
        last_name: String = "", "Hopper";
        /// The role that was chosen before.
        level: i64 = 0, 900;
        /// The roles that the admin can give.
        roles: Value = vec![0, 900], vec![0, 900, 1000];
        invitations: Value = samples::invitations(), samples::invitations(), Vec::<Value>::new();
        next: Option<String> = None, "/admin/invitations/?before=1".to_owned(), None;
    }

    /// The audit log.
    AdminAudit = "admin_audit_page.html" {
        path: String = "/admin";
        csrf_token: String = "token";
        me: String = "staff@example.com";
        here: String = "audit";
        kinds: Value = vec!["sign_in", "sign_in_failed"];
        kind: String = "", "sign_in";
        user: String = "", "ada@example.com";
        /// The id of the admin whose acts are shown.
        actor: String = "", "1";
        events: Value = samples::events(), Vec::<Value>::new();
        next: Option<String> = None, "/admin/audit/?before=1".to_owned();
    }

    /// The removal of expired rows.
    AdminUpkeep = "admin_upkeep_page.html" {
        path: String = "/admin";
        csrf_token: String = "token";
        me: String = "staff@example.com";
        here: String = "upkeep";
        /// How many rows the last removal removed.
        done: Option<u64> = None, 0_u64, 1_u64, 3_u64;
        /// The rows that can be removed, by kind.
        counts: Value = vec![context! { kind => "sessions", count => 3 }, context! { kind => "others", count => 0 }];
    }
}

mod samples {
    use minijinja::{Value, context};

    use crate::templates::Variable;
    use crate::templates::mails::sample_time;

    fn time() -> Value {
        sample_time().to_value()
    }

    pub(super) fn users() -> Vec<Value> {
        vec![user(true), user(false)]
    }

    pub(super) fn user(is_staff: bool) -> Value {
        context! {
            id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
            email => "ada@example.com",
            name => if is_staff { "Ada Lovelace" } else { "" },
            role => is_staff.then_some(900),
            level => if is_staff { 900 } else { 0 },
            active => is_staff,
            verified => is_staff,
            joined => time(),
            last_login => is_staff.then(time),
            has_password => is_staff,
            may_be_shared => !is_staff,
            invited => !is_staff,
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the value of an optional variable")]
    pub(super) fn factor(is_used: bool) -> Option<Value> {
        Some(context! {
            since => time(),
            used => is_used.then(time),
            recovery_codes => if is_used { 9 } else { 10 },
        })
    }

    pub(super) fn passkeys() -> Vec<Value> {
        let passkey = |is_used: bool| {
            context! {
                id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12",
                name => "Ada's phone",
                since => time(),
                used => is_used.then(time),
                synced => is_used,
            }
        };
        vec![passkey(true), passkey(false)]
    }

    pub(super) fn providers() -> Vec<Value> {
        vec![context! { id => "google", name => "Google", path => "/jwt-allauth/account/sign-in/with/google/" }]
    }

    pub(super) fn connections() -> Vec<Value> {
        let connection = |is_used: bool| {
            context! {
                id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12",
                name => "Google",
                uid => "110169484474386276334",
                since => time(),
                used => is_used.then(time),
            }
        };
        vec![connection(true), connection(false)]
    }

    pub(super) fn proof(is_password: bool) -> Value {
        let options = "/jwt-allauth/login/passkey/options/";
        context! { password => is_password, code => !is_password, passkey => is_password.then_some(options) }
    }

    pub(super) fn sessions() -> Vec<Value> {
        let session = |current: bool| {
            context! {
                id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
                current,
                ip => current.then_some("203.0.113.7"),
                began => time(),
                used => time(),
                device => "Firefox on Linux",
            }
        };
        vec![session(true), session(false)]
    }

    pub(super) fn invitations() -> Vec<Value> {
        let invitation = |full: bool| {
            context! {
                id => "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
                email => "grace@example.com",
                name => if full { "Grace Hopper" } else { "" },
                role => if full { 900 } else { 0 },
                inviter => "ada@example.com",
                invited => time(),
                expires => time(),
                first_name => if full { "Grace" } else { "" },
                last_name => if full { "Hopper" } else { "" },
                in_reach => full,
            }
        };
        vec![invitation(true), invitation(false)]
    }

    pub(super) fn events() -> Vec<Value> {
        let event = |full: bool| {
            let id = full.then_some("0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11");
            context! {
                at => time(),
                kind => "sign_in_failed",
                tone => full.then_some("bad"),
                detail => full.then_some("wrong_password"),
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
