use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::accepting::{accept, held};
use super::inviting::{Inviting, MayNotInvite, invite, may_invite};
use super::pages::{self as form_pages, filled, last_page, not_valid};
use super::settings::HIGHEST_ROLE;
use crate::Auth;
use crate::audit;
use crate::error::shared::{LinkNotValid, NotAuthenticated, NotFound, Throttled};
use crate::error::{Error, Result};
use crate::guests::Guest;
use crate::http::{Client, Fields, FormFields};
use crate::languages::say;
use crate::login::{self, Terms};
use crate::openapi::{Api, at, bodies, routes};
use crate::pages::Reader;
use crate::passwords::capability::{self, Capability, INVITATION, NewPassword};
use crate::registration::EmailDomainNotAllowed;
use crate::sessions::{DbUser, Delivery, Due, Prefer, Proof, SignIn};
use crate::throttle::Action;
use crate::users::{NAME_LIMIT, User};

pub(crate) fn router() -> Api {
    form_pages::add(at(at(Api::default(), routes!(user_register)), routes!(set_password)))
}

/// The invitation is on its way.
#[derive(utoipa::ToSchema)]
#[schema(example = json!({}))]
struct Invited {}

bodies! {
    /// Whom to invite.
    #[schema(example = json!({
        "email": "grace@example.com", "role": 0, "first_name": "Grace", "last_name": "Hopper",
    }))]
    struct NewInvitation {
        #[schema(format = Email)]
        email: String,
        /// The role of the account to come: at most one's own.
        #[schema(minimum = 0, maximum = 32767)]
        role: i64,
        #[schema(required = false, max_length = 150)]
        first_name: String,
        #[schema(required = false, max_length = 150)]
        last_name: String,
    }

    /// The account is its owner's: tokens, or the second factor that must be set up first.
    #[schema(example = json!({
        "detail": "Password set.",
        "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
        "expires_in": 1800,
    }))]
    struct InvitationAccepted {
        detail: String,
        /// True if a second factor must be set up first, at `mfa/setup/`.
        #[schema(required = false)]
        mfa_setup_required: bool,
        /// To be sent there.
        #[schema(required = false)]
        setup_challenge_id: String,
        /// To be sent as `Authorization: Bearer`.
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
    }
}

/// Invites somebody, who gets an account by setting a password.
///
/// The mail's link is valid for `email_verification.link_lifetime`, and so long the address is nobody else's. Inviting an
/// address again replaces the invitation. Only roles of `invitations.allowed_roles` may invite. If invitations are off, the path
/// does not exist.
#[utoipa::path(
    post, path = "/registration/user-register/", operation_id = "invite", tag = "Invitations",
    request_body = NewInvitation, security(("bearer" = [])),
    responses(
        (status = 201, description = "The mail is on its way.", body = Invited),
        MayNotInvite,
        EmailDomainNotAllowed,
        NotFound,
        Throttled,
    ),
)]
async fn user_register(
    State(auth): State<Auth>,
    user: Result<DbUser>,
    fields: Result<Fields>,
) -> Result<(StatusCode, Json<Value>)> {
    require_on(&auth)?;
    let user = user?;
    let mut fields = fields?;
    auth.throttle().limit_account(Action::Invitation, user.id).await?;
    // Looked at again with the account; but whoever may not invite is not told which field is wrong.
    if !may_invite(&auth, user.role) {
        return Err(MayNotInvite.into());
    }
    let email = fields.email("email");
    let role = fields.integer("role", 0..=HIGHEST_ROLE);
    let first_name = fields.optional_text("first_name", NAME_LIMIT).unwrap_or_default();
    let last_name = fields.optional_text("last_name", NAME_LIMIT).unwrap_or_default();
    let (email, role) = fields.finish_with(email.zip(role))?;
    audit::acting(user.id, invite(&auth, user.id, Inviting { email, first_name, last_name, role })).await?;
    Ok((StatusCode::CREATED, Json(json!({}))))
}

fn require_on(auth: &Auth) -> Result<()> {
    if auth.settings().invitations.are_on() { Ok(()) } else { Err(Error::not_found()) }
}

/// Sets the first password of an invited account, with the cookie that opening the link set, and signs in.
///
/// `X-CSRFToken` takes the value of the cookie `csrftoken`. A rejected password leaves the cookie valid. Of several times that the
/// link was opened, the cookie of the last one counts.
#[utoipa::path(
    post, path = "/registration/set-password/", operation_id = "setInvitedPassword", tag = "Invitations",
    request_body = NewPassword,
    params(Prefer, ("X-CSRFToken" = String, Header, description = "The value of the cookie `csrftoken`.")),
    security(("invitation" = [])), extensions(("x-pages" = json!(true))),
    responses(
        (status = 200, description = "The password is set, and the address verified.", body = InvitationAccepted),
        (
            status = 303, description = "The password is set, for a browser that posts the form.",
            headers(
                ("Location" = String, description = "`email_verification.redirect`, or the last page of the form."),
                ("Set-Cookie" = String, description = "Deletes the cookies of the form."),
            ),
        ),
        NotAuthenticated,
        LinkNotValid,
        NotFound,
    ),
)]
async fn set_password(
    State(auth): State<Auth>,
    reader: Reader,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    fields: Result<FormFields>,
) -> Result<Response> {
    if let Err(error) = require_on(&auth) {
        return reader.refuse(&auth, error);
    }
    let (capability, guest) = match held(&auth, &headers).await {
        Ok(held) => held,
        Err(Error::NotAuthenticated(_) | Error::CapabilityNotValid) if reader == Reader::Person => {
            return not_valid(&auth);
        }
        Err(error) => return reader.refuse(&auth, error),
    };
    let (user, forgotten) = match save(&auth, &headers, fields, &capability, &guest).await {
        Ok(saved) => saved,
        Err(Error::CapabilityNotValid) if reader == Reader::Person => return not_valid(&auth),
        Err(error) if reader == Reader::Person => {
            return match capability::told(error) {
                Ok((status, errors)) => filled(&auth, status, &capability, &guest, errors),
                Err(error) => reader.refuse(&auth, error),
            };
        }
        Err(error) => return Err(error),
    };
    let mut response = if reader == Reader::Person {
        // Tokens are for programs; a form has nothing to keep them in.
        Redirect::to(&last_page(&auth)).into_response()
    } else {
        let sign_in = login::after(&auth, &user, &client, Terms { proof: Proof::Invitation, forgotten }).await;
        answer(&auth, delivery, sign_in)
    };
    INVITATION.delete_cookies(&auth, &mut response);
    Ok(response)
}

fn answer(auth: &Auth, delivery: Delivery, sign_in: Option<SignIn>) -> Response {
    let detail = match &sign_in {
        Some(SignIn::Challenge(challenge)) if matches!(challenge.due(), Due::Setup(_)) => {
            "Password set. Please configure MFA to complete registration."
        }
        _ => "Password set.",
    };
    let body = json!({ "detail": say(detail) });
    match sign_in {
        Some(sign_in) => sign_in.answer(auth, delivery, StatusCode::OK, body),
        None => Json(body).into_response(),
    }
}

async fn save(
    auth: &Auth,
    headers: &HeaderMap,
    fields: Result<FormFields>,
    capability: &Capability,
    guest: &Guest,
) -> Result<(User, bool)> {
    let (password, forgotten) = capability.read_password(auth, headers, fields, &guest.user.attributes())?;
    let user = accept(auth, guest, password).await?.ok_or(Error::CapabilityNotValid)?;
    Ok((user, forgotten))
}
