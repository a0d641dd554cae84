use crate::Auth;
use crate::email::Email;
use crate::error::Result;
use crate::error::refusals;

refusals! {
    /// The domain of the address, or a parent domain, is listed in `registration.blocked_email_domains`.
    EmailDomainNotAllowed = FORBIDDEN, "email_domain_not_allowed", "E-mail addresses of this domain are not accepted.";
}

pub(crate) fn require_allowed(auth: &Auth, email: &Email) -> Result<()> {
    if is_allowed(auth, email) { Ok(()) } else { Err(EmailDomainNotAllowed.into()) }
}

pub(crate) fn is_allowed(auth: &Auth, email: &Email) -> bool {
    !is_below(email.domain(), &auth.settings().registration.blocked_email_domains)
}

fn is_below(domain: &str, blocked: &[String]) -> bool {
    blocked
        .iter()
        .any(|blocked| domain.strip_suffix(blocked.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

pub(super) fn parse(text: &str) -> Option<String> {
    Email::parse(&format!("somebody@{}", text.trim())).map(|email| email.domain().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_blocks_itself_and_what_is_below_it_in_whatever_case() {
        let blocked: Vec<String> =
            ["Mailinator.COM", "b\u{fc}cher.example"].iter().filter_map(|it| parse(it)).collect();
        let is_blocked = |address: &str| is_below(Email::parse(address).unwrap().domain(), &blocked);
        for address in ["a@mailinator.com", "a@MAILINATOR.com", "a@x.y.mailinator.com", "a@xn--bcher-kva.example"] {
            assert!(is_blocked(address), "{address}");
        }
        for address in ["a@notmailinator.com", "a@mailinator.com.example", "mailinator.com@example.com"] {
            assert!(!is_blocked(address), "{address}");
        }
    }

    #[test]
    fn what_is_no_domain_is_none() {
        for text in ["", "com", "*.example.com", ".example.com", "a@example.com", "example.com,example.org"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
