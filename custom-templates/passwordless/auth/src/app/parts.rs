//! The parts of a server that are built before it opens anything, so that all problems are reported at once.
//! Differs from the built-in project: there are no passwords.

use crate::Settings;
use crate::languages::Languages;
use crate::mail;
use crate::redis::Redis;
use crate::settings::{Problem, collect, collect_one};
use crate::templates::Templates;
use crate::tokens::Tokens;

pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) languages: Languages,
    pub(crate) templates: Templates,
    pub(crate) mail: mail::Sender,
    pub(crate) redis: Option<Redis>,
}

impl Parts {
    /// Reads the files that the settings name. Opens no connections. The error has the problems of all parts.
    pub(crate) fn of(settings: &Settings) -> Result<Box<Self>, Vec<Problem>> {
        let mut problems = Vec::new();
        let tokens = collect(Tokens::load(&settings.tokens), &mut problems);
        let (languages, refused) = Languages::load(&settings.languages);
        problems.extend(refused);
        let templates = Templates::load(&settings.templates, &languages, settings.http.host());
        let templates = collect(templates, &mut problems);
        let mail = collect_one(mail::Sender::new(&settings.mail, settings.http.public_host()), &mut problems);
        let redis = Redis::new(&settings.redis, &settings.tokens.audience, "requests are answered with 503");
        let redis = collect_one(redis, &mut problems);
        let parts = || {
            Some(Box::new(Self {
                settings: settings.clone(),
                tokens: tokens?,
                languages,
                templates: templates?,
                mail: mail?,
                redis: redis?,
            }))
        };
        parts().filter(|_| problems.is_empty()).ok_or(problems)
    }
}
