use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::CurrentUser;
use crate::Auth;
use crate::error::{Error, Result};
use crate::users::role;

/// A signed-in user whose role is at least this number; others get 403. The access token tells the role: one that was
/// taken away lasts until the next refresh. If that is too late, check the role of a `DbUser`, where there is one.
///
/// ```no_run
/// use auth::{Role, Staff};
///
/// const EDITOR: i64 = 300;
///
/// async fn publish(editor: Role<EDITOR>) -> String {
///     format!("published by {}", editor.id())
/// }
///
/// async fn reports(staff: Staff) -> String {
///     format!("for {}", staff.id())
/// }
/// # axum::Router::<auth::Auth>::new()
/// #     .route("/publish/", axum::routing::post(publish))
/// #     .route("/reports/", axum::routing::get(reports));
/// ```
#[derive(Clone, Debug)]
pub struct Role<const AT_LEAST: i64>(CurrentUser);

/// Staff or superuser.
pub type Staff = Role<{ role::STAFF }>;
/// Superuser.
pub type Superuser = Role<{ role::SUPERUSER }>;

impl<const AT_LEAST: i64> Deref for Role<AT_LEAST> {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl<const AT_LEAST: i64> FromRequestParts<Auth> for Role<AT_LEAST> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let user = CurrentUser::from_request_parts(parts, auth).await?;
        if user.role() < AT_LEAST {
            let detail = "You do not have permission to perform this action.";
            return Err(Error::refused(StatusCode::FORBIDDEN, detail, "permission_denied"));
        }
        Ok(Self(user))
    }
}
