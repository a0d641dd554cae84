use secrecy::{ExposeSecret, SecretString};

use super::redeem::subject_of;
use super::routes::MailUnavailable;
use super::{account, may_join};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{Asked, Limits, RequestId, Sending};
use crate::error::{Error, Result};
use crate::http::Client;
use crate::languages::{self, Language};
use crate::mail::{self, Mail};
use crate::templates::mails::LoginCode;
use crate::users::{Email, User};

enum Recipient {
    User(Box<User>),
    Newcomer,
    Nobody,
}

/// Without a recipient, it does the same and takes as long. 503 if mail cannot be sent: a code that arrives expired
/// would only use up the address's share of mails.
pub(super) async fn request(auth: &Auth, email: &Email, client: &Client) -> Result<RequestId> {
    if are_mailed(auth) && !auth.mail().is_reachable() {
        return Err(MailUnavailable.into());
    }
    let recipient = match account(auth, email).await? {
        // A guest has the mail of the invitation.
        Some(user) if user.is_active && !user.is_guest() => Recipient::User(Box::new(user)),
        None if may_join(auth, email) => Recipient::Newcomer,
        _ => Recipient::Nobody,
    };
    let user = if let Recipient::User(user) = &recipient { Some(&**user) } else { None };
    let known = auth.throttle().known_at(email.key(), client).await?;
    let subject = subject_of(email, user).known_at(known);
    let limits = Limits::from(&auth.settings().codes);
    let mut tx = auth.db().begin().await?;
    let Some(Asked { code, request }) = auth.codes().ask(&mut tx, subject, limits).await? else {
        return Err(Error::Throttled(auth.codes().wait(tx, subject, limits).await?.0));
    };
    let is_hooked = user.is_some() && auth.hooks().delivers_codes();
    let is_mailed = !matches!(recipient, Recipient::Nobody) && !is_hooked;
    queue(auth, &mut tx, (email, user), &code, is_mailed).await?;
    auth.audit()
        .write(&mut tx, Event::at(Kind::CodeSent, email, user.map(|user| user.id)).because(Reason::Login))
        .await?;
    tx.commit().await?;
    if let Some(user) = user.filter(|_| is_hooked) {
        // In the background: the answer's time must not reveal whether there is an account.
        let delivering = deliver(auth.clone(), email.clone(), user.clone(), code);
        tokio::spawn(languages::in_same_language(delivering));
    }
    Ok(request)
}

/// If the application delivers some, the answer must not reveal whose.
fn are_mailed(auth: &Auth) -> bool {
    auth.settings().codes.sending == Sending::Mail && !auth.hooks().delivers_codes()
}

async fn queue(
    auth: &Auth,
    tx: &mut crate::db::Tx,
    (email, user): (&Email, Option<&User>),
    code: &SecretString,
    leaves: bool,
) -> Result<()> {
    let settings = &auth.settings().codes;
    let to = user.map_or_else(|| email.into(), mail::Recipient::from);
    let is_printed = leaves && settings.sending == Sending::Console;
    if is_printed {
        eprintln!("--- code to sign in as {}: {}", to.written(), code.expose_secret());
    }
    let content = LoginCode { email: to.written(), code: code.expose_secret().to_owned(), lifetime: settings.lifetime };
    let mail = Mail::new(to, &content).until(auth.now() + settings.lifetime).leaves(leaves && !is_printed);
    auth.mail().write(tx, mail).await
}

async fn deliver(auth: Auth, email: Email, user: User, code: SecretString) {
    let delivered = match auth.hooks().deliver_code(&auth, &user, &code).await {
        Ok(delivered) => delivered,
        Err(error) => {
            tracing::error!(user = %user.id, error = error.message_in(Language::english()), "the application could not deliver a code");
            return;
        }
    };
    if delivered {
        return;
    }
    let mailed = async {
        let mut tx = auth.db().begin().await?;
        queue(&auth, &mut tx, (&email, Some(&user)), &code, true).await?;
        tx.commit().await?;
        Ok::<_, Error>(())
    };
    if let Err(error) = mailed.await {
        tracing::error!(user = %user.id, error = error.message_in(Language::english()), "a code could not be mailed");
    }
}
