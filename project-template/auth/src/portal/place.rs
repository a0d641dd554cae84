use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::audit::Reason;
use crate::metrics::Way;
use crate::sessions::Proof;
use crate::users::{User, role};
use crate::{Auth, Settings};

pub(super) const COOKIES: [&str; 6] =
    ["admin_session", "admin_form", "admin_done", "account_session", "account_form", "account_done"];

/// Where the pages are. A cookie or a form of one place is worth nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// With the admin pages.
    Admin,
    /// At `account/`.
    Account,
}

impl Place {
    /// Where the pages begin, for the router: without a slash at the end.
    pub(crate) fn base(self, settings: &Settings) -> String {
        match self {
            Self::Admin => settings.admin.path.clone(),
            Self::Account => format!("{}/account", settings.http.prefix),
        }
    }

    /// A path as a browser sees it.
    pub(crate) fn path(self, auth: &Auth, rest: &str) -> String {
        auth.settings().http.outer_path(&format!("{}{rest}", self.base(auth.settings())))
    }

    /// Where the pages about one's own account begin.
    pub(super) fn own(self) -> &'static str {
        match self {
            Self::Admin => "/me",
            Self::Account => "",
        }
    }

    pub(super) fn own_path(self, auth: &Auth, rest: &str) -> String {
        self.path(auth, &format!("{}{rest}", self.own()))
    }

    pub(super) fn session_cookie(self) -> &'static str {
        match self {
            Self::Admin => COOKIES[0],
            Self::Account => COOKIES[3],
        }
    }

    /// It binds the sign-in form to a browser, which has no session yet.
    pub(super) fn form_cookie(self) -> &'static str {
        match self {
            Self::Admin => COOKIES[1],
            Self::Account => COOKIES[4],
        }
    }

    pub(super) fn done_cookie(self) -> &'static str {
        match self {
            Self::Admin => COOKIES[2],
            Self::Account => COOKIES[5],
        }
    }

    /// Under what name something is sealed or authenticated.
    pub(super) fn name(self, what: &str) -> String {
        match self {
            Self::Admin => format!("admin {what}"),
            Self::Account => format!("account {what}"),
        }
    }

    pub(super) fn admits(self, user: &User) -> bool {
        self == Self::Account || user.role >= role::STAFF
    }

    pub(super) fn proof(self) -> Proof {
        match self {
            Self::Admin => Proof::AdminPassword,
            Self::Account => Proof::Password,
        }
    }

    pub(super) fn way(self) -> Way {
        match self {
            Self::Admin => Way::Admin,
            Self::Account => Way::Password,
        }
    }

    pub(super) fn reason(self) -> Reason {
        match self {
            Self::Admin => Reason::Admin,
            Self::Account => Reason::Reauthentication,
        }
    }
}

/// The place that the request is for; the gate has said which.
impl FromRequestParts<Auth> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Auth) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self::Account))
    }
}
