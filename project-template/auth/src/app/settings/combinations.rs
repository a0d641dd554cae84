//! Settings that are valid alone, but impossible or unwise together.

use super::Settings;
use super::redirect::refuse_useless_redirect;
use crate::passwords::capability::{CSRF_COOKIE, INVITATION};
use crate::settings::{Advice, Sections};
use crate::{password_reset, portal, sessions, social};

/// Paths that no setting changes.
const FIXED_PATHS: [&str; 4] = ["/docs", "/openapi.json", "/health", "/.well-known"];

const OTHER_COOKIES: [&str; 4] = [password_reset::FORM.cookie, INVITATION.cookie, CSRF_COOKIE, social::LOGIN_COOKIE];

pub(super) fn refuse(settings: &Settings, sections: &mut Sections) {
    if settings.audit.notify_new_device && !settings.sessions.collect_device {
        let fix = "needs sessions.collect_device: what is not kept cannot be recognized";
        sections.section("audit").conflict("notify_new_device", &["sessions.collect_device"], fix);
    }
    let (admin, prefix) = (&settings.admin.path, &settings.http.prefix);
    let is_taken = FIXED_PATHS.iter().any(|fixed| is_below(admin, fixed))
        || (!prefix.is_empty() && (is_below(admin, prefix) || is_below(prefix, admin)));
    if settings.admin.enabled && is_taken {
        let fix = "must not lie within http.prefix or the other way round, nor within /docs, /openapi.json, /health or \
                   /.well-known: something else is served there";
        sections.section("admin").conflict("path", &["http.prefix"], fix);
    }
    let cookie = &settings.sessions.cookie;
    let name = sessions::split_name(&cookie.name).1;
    if OTHER_COOKIES.contains(&name) || portal::COOKIES.contains(&name) {
        sections.section("sessions").problem("cookie_name", "is the name of another cookie of this server");
    }
    cookie.refuse_lost(&settings.http, sections);
    for (section, key, page) in [
        ("password", "reset_redirect", &settings.password.reset_redirect),
        ("invitations", "set_password_redirect", &settings.invitations.set_password_redirect),
    ] {
        refuse_useless_redirect((key, page.as_deref()), &settings.http, cookie, &mut sections.section(section));
    }
    if settings.invitations.only && settings.login_codes.create_accounts {
        let fix =
            "is on, but with login_codes.create_accounts a mailed code makes an account too; turn one of them off";
        sections.section("invitations").conflict("only", &["login_codes.create_accounts"], fix);
    }
}

pub(super) fn advise(settings: &Settings, advice: &mut Advice) {
    advice.warn_if(
        settings.passkeys.is_without_site(&settings.http),
        "passkeys.enabled: browsers make no passkeys for an IP address; let http.public_url have a name, or set this to false",
    );
    // A response head can exceed nginx's default limit: a user with a long name could not sign in.
    advice.warn_if(
        settings.sessions.access_cookie && settings.claims.personal().next().is_some(),
        "tokens.claims: with sessions.access_cookie, names of any length are in both cookies, and an answer's head can be longer \
         than 4 KiB; leave them out, or let the proxy take 16 KiB (nginx: `proxy_buffer_size 16k;`)",
    );
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
