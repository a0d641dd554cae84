use crate::pages::is_target;
use crate::settings::{Advice, Deployed, Section};
use crate::users::role;

/// The highest role that an invitation can give: Django's positive small integers.
pub(crate) const HIGHEST_ROLE: i64 = 32_767;

/// `[invitations]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether people can be invited.
    pub enabled: bool,
    /// Whether accounts come from invitations alone; nobody signs up then.
    pub only: bool,
    /// The roles that may invite.
    pub allowed_roles: Vec<i64>,
    /// Where the link of an invitation leads; the built-in form if none.
    pub set_password_redirect: Option<String>,
}

impl Settings {
    /// Whether people can be invited, and their links are accepted.
    #[must_use]
    pub fn are_on(&self) -> bool {
        self.enabled || self.only
    }

    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            enabled: section.flag("enabled"),
            only: section.flag("only"),
            allowed_roles: section.whole_numbers("allowed_roles"),
            set_password_redirect: section.optional_text("set_password_redirect"),
        };
        if !settings.allowed_roles.iter().all(|role| (0..=HIGHEST_ROLE).contains(role)) {
            section.problem("allowed_roles", format_args!("must have numbers from 0 to {HIGHEST_ROLE}"));
        }
        if settings.are_on() && settings.allowed_roles.is_empty() {
            section.problem("allowed_roles", "must not be empty where invitations are on: nobody could invite");
        }
        if settings.set_password_redirect.as_deref().is_some_and(|redirect| !is_target(redirect)) {
            section.problem(
                "set_password_redirect",
                "must be an address such as \"https://app.example.com/join\", or a path",
            );
        }
        settings
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.are_on() && self.allowed_roles.contains(&role::USER),
            "invitations.allowed_roles: every user can invite, and so learn which addresses have an account and have mail sent to \
                 any; name the roles that should",
        );
        advice.warn_if(
            self.set_password_redirect.as_deref().is_some_and(|target| target.starts_with("http://")),
            "invitations.set_password_redirect: use https; anybody on the network path can read the password",
        );
    }
}
