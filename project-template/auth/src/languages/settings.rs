//! `[languages]`.

use std::path::PathBuf;

use super::catalog::SHIPPED;
use crate::settings::{Deployed, Section};

/// `[languages]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For requests that ask for no language that is offered.
    pub default: String,
    /// The tags of the languages that are offered.
    pub offered: Vec<String>,
    /// Where the owner's texts are.
    pub directory: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = section.required_text("default");
        let offered = section.list("offered");
        for (place, tag) in offered.iter().enumerate() {
            if !is_tag(tag) {
                let shipped = SHIPPED.iter().map(|(tag, _)| *tag).collect::<Vec<_>>().join(", ");
                section.problem("offered", format_args!("has `{tag}`, which is no language tag such as {shipped}"));
            } else if offered[..place].iter().any(|before| before.eq_ignore_ascii_case(tag)) {
                section.problem("offered", format_args!("has `{tag}` twice"));
            }
        }
        if !offered.iter().any(|tag| tag.eq_ignore_ascii_case(&default)) {
            let words = format_args!("is `{default}`, which `languages.offered` does not have; add it there");
            section.conflict("default", &["languages.offered"], words);
        }
        Self { default, offered, directory: section.optional_text("directory").map(PathBuf::from) }
    }
}

impl Deployed for Settings {}

/// Whether it has the form of a language tag (RFC 5646, section 2.1), as far as it is used here.
pub(super) fn is_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_language =
        |part: &str| matches!(part.len(), 2..=8) && part.bytes().all(|letter| letter.is_ascii_alphabetic());
    let is_more = |part: &str| matches!(part.len(), 1..=8) && part.bytes().all(|letter| letter.is_ascii_alphanumeric());
    parts.next().is_some_and(is_language) && parts.all(is_more)
}
