//! The steps of signing in.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::Place;
use super::door::Door;
use super::gate::LONGEST;
use super::own::recovery_codes_page;
use super::proof::credential;
use crate::audit::{Event, Kind, Reason};
use crate::codes;
use crate::error::{Error, Result, rounded};
use crate::factors::{
    self, ChallengeNotValid, CodeWrong, Enrollee, Locked, Presented, RecoveryCodeWrong, Shown, TooManyGuesses,
};
use crate::http::Fields;
use crate::languages::{say, text};
use crate::login::{self, Terms};
use crate::passkeys::{self, PasskeyRefused};
use crate::second_factor;
use crate::sessions::{self, Due, SignIn};
use crate::throttle::Action;
use crate::users::User;

pub(super) enum Entered {
    Session(Uuid),
    /// The id of the challenge.
    CodeDue(String),
    SetupDue {
        /// The id of the challenge.
        challenge: String,
        user: Box<User>,
        shown: Shown,
    },
}

impl Door {
    /// A password of an account that may use these pages. Others get the same answer as a wrong one.
    pub(super) async fn enter(&self, fields: &mut Fields) -> Result<Entered> {
        let (auth, place, client) = (&self.auth, self.place, &self.client);
        self.check_form(fields)?;
        let (Some(email), Some(password)) = (fields.email("email"), fields.secret("password")) else {
            return Err(wrong(place));
        };
        auth.throttle().limit_client(Action::Login, client).await?;
        let user = login::checked(auth, client, &email, password).await?.ok_or_else(|| wrong(place))?;
        if !place.admits(&user) {
            auth.audit().note(Event::of(Kind::SignInFailed, &user).because(Reason::NotStaff));
            return Err(wrong(place));
        }
        let terms = Terms { proof: place.proof(), forgotten: true };
        let sign_in = login::complete(auth, &user, client, terms).await?.ok_or_else(|| wrong(place))?;
        self.entered(sign_in).await
    }

    /// How far a sign-in has come.
    pub(super) async fn entered(&self, sign_in: SignIn) -> Result<Entered> {
        match &sign_in {
            SignIn::Session(issued) => self.begun(issued.session).await.map(Entered::Session),
            SignIn::Challenge(challenge) => match challenge.due() {
                Due::Code(id) => Ok(Entered::CodeDue(id.clone())),
                Due::Setup(id) => {
                    let enrollee = factors::find_setup(&self.auth, id).await?;
                    let user = enrollee.and_then(|enrollee| enrollee.user).ok_or(ChallengeNotValid)?;
                    let shown = factors::begin(&self.auth, &Enrollee::from(&user)).await?;
                    Ok(Entered::SetupDue { challenge: id.clone(), user: Box::new(user), shown })
                }
                Due::Passkey => Err(passkey_due()),
                Due::None => Err(challenged()),
            },
        }
    }

    /// A code of the authenticator app, or a recovery code.
    pub(super) async fn enter_with_code(&self, challenge: &str, fields: &mut Fields) -> Result<Uuid> {
        let (auth, client) = (&self.auth, &self.client);
        self.check_form(fields)?;
        auth.throttle().limit_client(Action::SecondFactor, client).await?;
        let found = factors::find(auth, challenge).await?;
        found.filter(|challenge| self.place.admits(&challenge.user)).ok_or(ChallengeNotValid)?;
        let code = fields.secret("code").ok_or(CodeWrong)?;
        let presented = match codes::typed_digits(factors::DIGITS, &code) {
            Some(code) => Presented::Code(code),
            None => Presented::RecoveryCode(code),
        };
        let issued = second_factor::sign_in(auth, client, challenge, presented, self.place.proof()).await?;
        self.begun(issued.session).await
    }

    /// The first code of an app. Answers with the recovery codes, or with the same secret after a wrong code.
    pub(super) async fn enter_with_setup(&self, fields: &mut Fields) -> Result<Response> {
        let (auth, place, client) = (&self.auth, self.place, &self.client);
        self.check_form(fields)?;
        auth.throttle().limit_client(Action::SecondFactor, client).await?;
        let id = self.challenge(fields).ok_or(ChallengeNotValid)?;
        let enrollee = factors::find_setup(auth, &id).await?.ok_or(ChallengeNotValid)?;
        let user = enrollee.user.as_ref().filter(|user| place.admits(user)).ok_or(ChallengeNotValid)?;
        let ready = match fields.secret("code") {
            Some(code) => factors::compare(auth, &enrollee, &code).await,
            None => Err(CodeWrong.into()),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(error) if is_wrong_code(&error) => {
                let shown = factors::show_again(auth, &enrollee).await?;
                return self.setup_page(error.status(), (&id, user), &shown, vec![error.message()]);
            }
            Err(error) => return Err(error),
        };
        let (codes, sign_in) = second_factor::before_session(auth, &enrollee, client, place.proof(), &ready).await?;
        let page = recovery_codes_page(auth, place, &codes, place.path(auth, "/"))?;
        // Without a session, the next page is that of the sign-in.
        let Some(SignIn::Session(issued)) = sign_in else { return Ok(page) };
        let session = self.begun(issued.session).await?;
        Ok((self.cookies(session), page).into_response())
    }

    /// A passkey, which is two factors in one: it also stands in for the password and the code.
    pub(super) async fn enter_with_passkey(&self, fields: &Fields) -> Result<Uuid> {
        let (auth, client) = (&self.auth, &self.client);
        self.check_form(fields)?;
        auth.throttle().limit_client(Action::LoginPasskey, client).await?;
        if !auth.settings().passkeys.enabled {
            return Err(Error::not_found());
        }
        let credential = credential(fields, "credential").ok_or(PasskeyRefused)?;
        let challenge = fields.typed("challenge").unwrap_or_default();
        let assertion = passkeys::check(auth, challenge, credential).await?;
        if !self.place.admits(&assertion.user) {
            auth.audit().note(Event::of(Kind::SignInFailed, &assertion.user).because(Reason::NotStaff));
            return Err(PasskeyRefused.into());
        }
        match passkeys::complete(auth, client, &assertion, true).await? {
            SignIn::Session(issued) => self.begun(issued.session).await,
            SignIn::Challenge(_) => Err(challenged()),
        }
    }

    async fn begun(&self, session: Uuid) -> Result<Uuid> {
        sessions::shorten(&self.auth, session, self.auth.now() + LONGEST).await?;
        Ok(session)
    }
}

/// After which the same page is shown again.
pub(super) fn is_wrong_code(error: &Error) -> bool {
    let wrong = [CodeWrong::REFUSAL.code, RecoveryCodeWrong::REFUSAL.code];
    matches!(error, Error::Refused { code, .. } if wrong.contains(code))
}

/// What a person is told whose sign-in has to begin again. The API's words are for programs, which know of challenges.
pub(super) fn told_to_begin_again(refused: &Error) -> String {
    let Error::Refused { code, retry_after, .. } = refused else { return refused.message() };
    match retry_after {
        Some(wait) if *code == Locked::REFUSAL.code => {
            say(text!("Too many wrong codes. No code is accepted for the next {wait}.", wait = rounded(*wait)))
        }
        _ if *code == TooManyGuesses::REFUSAL.code => say("Too many wrong codes. Please sign in again."),
        _ if *code == ChallengeNotValid::REFUSAL.code => {
            say("This sign-in took too long, or was used already. Please sign in again.")
        }
        _ => refused.message(),
    }
}

fn wrong(place: Place) -> Error {
    let detail = match place {
        Place::Admin => "The address or the password is wrong, or the account is not staff.",
        Place::Account => "The address or the password is wrong.",
    };
    Error::refused(StatusCode::UNAUTHORIZED, detail, "incorrect_credentials")
}

/// The account has no app, and a passkey.
fn passkey_due() -> Error {
    let detail = "This account's second factor is its passkey. Sign in with that.";
    Error::refused(StatusCode::FORBIDDEN, detail, "second_factor_required")
}

fn challenged() -> Error {
    let detail = "Signing in to this account takes another step, which these pages do not have.";
    Error::refused(StatusCode::FORBIDDEN, detail, "challenged")
}
