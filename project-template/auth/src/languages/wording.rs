//! Words in a language.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use time::OffsetDateTime;

use super::catalog::{Catalog, SHIPPED, shipped};
use super::own::{self, Folder, Texts};
use super::text::fill;
use super::{Text, text};
use crate::settings::Problem;

static ENGLISH: LazyLock<Spoken> = LazyLock::new(|| {
    let (texts, _) = shipped("en").map(|(tag, text)| Catalog::parse(tag, text)).unwrap_or_default();
    Spoken { tag: "en".into(), texts, otherwise: None }
});

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A language with its texts, which live as long as the program. Copying it is free.
#[derive(Clone, Copy)]
pub struct Language(&'static Spoken);

struct Spoken {
    tag: Cow<'static, str>,
    texts: Catalog,
    /// For texts that it lacks.
    otherwise: Option<Language>,
}

impl Language {
    /// English, as it is built in.
    #[must_use]
    pub fn english() -> Self {
        Self(&ENGLISH)
    }

    /// Such as `de` or `zh-Hans`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        &self.0.tag
    }

    /// Words a text.
    #[must_use]
    pub fn word(self, text: &Text) -> String {
        text.fill(self.translate(text.english(), text.count()), |duration| self.duration(duration))
    }

    /// A text before anything is filled in; in English if there is no translation.
    pub(crate) fn translate(self, english: &str, count: Option<u64>) -> &str {
        let otherwise = || self.0.otherwise.map(|language| language.translate(english, count));
        self.0.texts.find(self.tag(), english, count).or_else(otherwise).unwrap_or(english)
    }

    /// Fills in a text whose values are worded already.
    pub(crate) fn fill<'v>(
        self,
        english: &str,
        count: Option<u64>,
        escape: impl Fn(&str) -> String,
        value: impl Fn(&str) -> Option<Cow<'v, str>>,
    ) -> String {
        fill(&escape(self.translate(english, count)), value)
    }

    /// Words a duration in the largest unit that divides it: "3 days".
    #[must_use]
    pub fn duration(self, duration: Duration) -> String {
        let seconds = duration.as_secs();
        let is_in = |unit: u64| seconds >= unit && seconds.is_multiple_of(unit);
        self.word(&match seconds {
            _ if is_in(DAY) => text!("{count} days", count = seconds / DAY),
            _ if is_in(HOUR) => text!("{count} hours", count = seconds / HOUR),
            _ if is_in(MINUTE) => text!("{count} minutes", count = seconds / MINUTE),
            _ => text!("{count} seconds", count = seconds),
        })
    }

    /// Words a time in UTC: "1 January 2027, 12:00 UTC".
    #[must_use]
    pub fn time(self, time: OffsetDateTime) -> String {
        let month = MONTHS[usize::from(u8::from(time.month())) - 1];
        self.word(&text!(
            "{day} {month} {year}, {hour}:{minute} UTC",
            day = i64::from(time.day()),
            month = self.translate(month, None),
            year = i64::from(time.year()),
            hour = format!("{:02}", time.hour()),
            minute = format!("{:02}", time.minute()),
        ))
    }

    /// None, with a problem, if there is no such language. Texts that cannot be used are left out, each with a problem.
    pub(super) fn load(
        tag: &str,
        folder: Option<&Folder>,
        otherwise: Self,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let built_in = shipped(tag);
        let own = folder.map_or(&Texts::Missing, |folder| &folder.texts);
        let spelled = built_in.map_or_else(|| Cow::Owned(canonical(tag)), |(tag, _)| Cow::Borrowed(tag));
        if built_in.is_none() && matches!(own, Texts::Missing) {
            let known = SHIPPED.iter().map(|(tag, _)| *tag).collect::<Vec<_>>().join(", ");
            let words = format_args!(
                "has `{spelled}`, which is neither built in ({known}) nor a folder of `languages.directory` with a \
                 texts.toml; add one, or remove it from the list"
            );
            problems.push(Problem::new("languages.offered", words));
            return None;
        }
        if spelled == "en" && !matches!(own, Texts::Read { .. }) {
            return Some(Self::english());
        }
        let mut texts = Catalog::default();
        if let Some((tag, text)) = built_in {
            let (catalog, refused) = Catalog::parse(tag, text);
            problems
                .extend(refused.iter().map(|words| Problem::new("languages.offered", format_args!("{tag}: {words}"))));
            texts.lay_over(catalog);
        }
        if let Texts::Read { path, text } = own {
            let (catalog, refused) = Catalog::parse(&spelled, text);
            problems.extend(refused.iter().map(|words| own::problem(path, format_args!("in which {words}"))));
            texts.lay_over(catalog);
        }
        // Read once, when the program starts.
        Some(Self(Box::leak(Box::new(Spoken { tag: spelled, texts, otherwise: Some(otherwise) }))))
    }
}

/// The usual spelling of a tag: `zh-Hant-TW`.
fn canonical(tag: &str) -> String {
    let spelled = tag.split('-').enumerate().map(|(place, part)| match part.len() {
        2 if place > 0 => part.to_ascii_uppercase(),
        4 if place > 0 => part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase(),
        _ => part.to_ascii_lowercase(),
    });
    spelled.collect::<Vec<_>>().join("-")
}

impl Default for Language {
    fn default() -> Self {
        Self::english()
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.tag == other.0.tag
    }
}

impl Eq for Language {}

impl std::fmt::Debug for Language {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.tag())
    }
}
