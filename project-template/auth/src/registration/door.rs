use super::{SignUp, With, require_allowed, sign_up};
use crate::Auth;
use crate::email::Email;
use crate::email_verification::Wish;
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::login::{OwnProof, Terms};
use crate::sessions::SignIn;
use crate::users::{self, NewUser};

refusals! {
    /// The address already has an account, whose owner is not authenticated by this request.
    AddressHasAccount = CONFLICT, "address_has_account", "This address has an account already.";
}

impl Auth {
    /// Creates an account without a password for an address that a provider vouches for, and signs it in, or neither.
    /// Never pass another address: it would count as verified. `proof` is as at [`Auth::sign_in`]. Names are cut to
    /// 150 characters, and null characters left out: databases do not store them.
    ///
    /// ```
    /// use auth::http::Client;
    /// use auth::sessions::SignIn;
    /// use auth::users::{self, Email};
    /// use auth::{Auth, Error, Result};
    /// use axum::http::StatusCode;
    ///
    /// async fn enter(auth: &Auth, client: &Client, vouched_for: &Email) -> Result<SignIn> {
    ///     match users::by_email(auth, vouched_for.as_written()).await? {
    ///         // An attacker may have signed up with the address.
    ///         Some(user) if !user.email_verified => {
    ///             let detail = "Sign in with a mailed code first: it confirms your address.";
    ///             Err(Error::refused(StatusCode::CONFLICT, detail, "local_account_unverified"))
    ///         }
    ///         Some(user) => auth.sign_in(&user, client, "example.com").await,
    ///         None => auth.sign_up(vouched_for, ("Ada", "Lovelace"), client, "example.com").await,
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// 409 `address_has_account`; 403 `email_domain_not_allowed`; the error of a hook. `registration.open` is ignored.
    pub async fn sign_up(
        &self,
        email: &Email,
        (first_name, last_name): (&str, &str),
        client: &Client,
        proof: impl Into<OwnProof>,
    ) -> Result<SignIn> {
        require_allowed(self, email)?;
        let new = NewUser::without_password(email.clone(), users::cut_name(first_name), users::cut_name(last_name));
        let Terms { proof, forgotten } = proof.into().terms();
        let wish = Wish { forgotten, ..Wish::default() };
        match sign_up(self, &new, (client, proof), &wish, With::Nothing).await? {
            SignUp::Done(sign_in) => Ok(sign_in),
            SignUp::Taken | SignUp::CodeUsed => Err(AddressHasAccount.into()),
        }
    }
}
