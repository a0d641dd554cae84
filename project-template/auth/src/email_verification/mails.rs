use secrecy::{ExposeSecret, SecretString};

use crate::Auth;
use crate::codes::Sending;
use crate::db::Tx;
use crate::error::Result;
use crate::mail::{Leaves, Mail, Recipient};
use crate::templates::mails::EmailVerification;

pub(super) async fn queue(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    link: &SecretString,
    code: Option<&SecretString>,
    leaves: Leaves,
) -> Result<()> {
    let (settings, to) = (&auth.settings().email_verification, to.into());
    let codes = &auth.settings().codes;
    let code = code.filter(|_| settings.method.has_code()).map(|code| code.expose_secret().to_owned());
    let (printed, code) = if codes.sending == Sending::Console { (code, None) } else { (None, code) };
    if let Some(code) = printed.filter(|_| leaves == Leaves::Yes) {
        eprintln!("--- verification code of {}: {code}", to.written());
    }
    let path = format!("/registration/verification/{}/", link.expose_secret());
    let content = EmailVerification {
        email: to.written(),
        link: settings.method.has_link().then(|| auth.settings().http.link(&path)),
        link_lifetime: settings.link_lifetime,
        code,
        code_lifetime: codes.lifetime,
    };
    let lifetime = if settings.method.has_link() { settings.link_lifetime } else { codes.lifetime };
    let is_empty = content.link.is_none() && content.code.is_none();
    let mail = Mail::new(to, &content).until(auth.now() + lifetime).leaves(leaves == Leaves::Yes && !is_empty);
    auth.mail().write(tx, mail).await
}
