//! Settings that are valid alone, but impossible or unwise together. Differs from the built-in project: other sections
//! are there to combine.

use super::Settings;
use crate::settings::{Advice, Sections};
use crate::users::EMAIL;

pub(super) fn refuse(settings: &Settings, sections: &mut Sections) {
    if settings.mail.timeout >= settings.http.request_timeout {
        let fix = "must be less than http.request_timeout: the request waits for the mail server";
        sections.section("mail").conflict("timeout", &["http.request_timeout"], fix);
    }
    let mut section = sections.section("tokens");
    if section.table("claims").contains_key(EMAIL) {
        section.problem("claims", "has `email`, which cannot be a claim: every token has it already");
    }
    settings.sessions.cookie.refuse_lost(&settings.http, sections);
}

pub(super) fn advise(settings: &Settings, advice: &mut Advice) {
    advice.warn_if(
        settings.redis.url.is_none(),
        "redis.url: sessions, codes and budgets are in the memory of one process, and gone when it restarts; set REDIS_URL",
    );
}
