//! The parts of a server that are built before it opens anything, so that all problems are reported at once.

use crate::Settings;
use crate::languages::Languages;
use crate::mail;
use crate::passwords::Hasher;
use crate::redis::Redis;
use crate::settings::{Problem, collect, collect_one};
use crate::social;
use crate::templates::Templates;
use crate::tokens::Tokens;

pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Hasher,
    pub(crate) languages: Languages,
    pub(crate) templates: Templates,
    pub(crate) mail: mail::Sender,
    pub(crate) redis: Option<Redis>,
    pub(crate) social: social::Providers,
}

impl Parts {
    /// Reads the files that the settings name. Opens no connections. The error has the problems of all parts.
    pub(crate) fn of(settings: &Settings) -> Result<Box<Self>, Vec<Problem>> {
        let mut problems = Vec::new();
        let tokens = collect(Tokens::load(&settings.tokens), &mut problems);
        let passwords = collect_one(Hasher::new(settings.password.hash), &mut problems);
        let (languages, refused) = Languages::load(&settings.languages);
        problems.extend(refused);
        let templates = Templates::load(&settings.templates, &languages, settings.http.host());
        let templates = collect(templates, &mut problems);
        let mail = collect_one(mail::Sender::new(&settings.mail, settings.http.public_host()), &mut problems);
        let redis = Redis::new(&settings.redis, &settings.tokens.audience, "the database counts requests");
        let redis = collect_one(redis, &mut problems);
        let social = collect(social::Providers::new(&settings.social, settings.is_production()), &mut problems);
        let parts = || {
            Some(Box::new(Self {
                settings: settings.clone(),
                tokens: tokens?,
                passwords: passwords?,
                languages,
                templates: templates?,
                mail: mail?,
                redis: redis?,
                social: social?,
            }))
        };
        parts().filter(|_| problems.is_empty()).ok_or(problems)
    }
}
