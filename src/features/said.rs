//! Features as they are written: `social=google+github,invitations,mfa=required`.

use super::known::{Entry, Feature, KNOWN, Takes};
use crate::failure::{Failure, Kind};
use crate::near;

const SEPARATOR: char = ',';
const AND: char = '+';

/// Reports everything that is not a feature at once.
pub(crate) fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Vec<Feature>, Failure> {
    let mut features: Vec<Feature> = Vec::new();
    let mut refused = Vec::new();
    for text in texts.into_iter().flat_map(|text| text.split(SEPARATOR)).map(str::trim) {
        for said in one(text) {
            match said {
                Err(failure) => refused.push(failure),
                Ok(said) => match features.iter().find(|other| other.contradicts(&said)) {
                    Some(other) => refused.push(usage(format!("`{other}` and `{said}` exclude each other"))),
                    None if features.contains(&said) => {}
                    None => features.push(said),
                },
            }
        }
    }
    Failure::gathered(refused).map(|()| features)
}

/// The features there are, for `--help`.
pub(crate) fn listed() -> String {
    let lines = KNOWN.iter().map(|entry| format!("\n  {}\n      {}", written(entry), entry.about));
    format!("Features:{}", lines.collect::<String>())
}

fn one(text: &str) -> Vec<Result<Feature, Failure>> {
    let (name, values) = text.split_once('=').map_or((text, None), |(name, values)| (name, Some(values)));
    let Some(entry) = KNOWN.iter().find(|entry| entry.name == name) else { return vec![Err(unknown(name))] };
    // The case of a language tag does not count (RFC 5646, section 2.1.1).
    let value = |value: &str| entry.takes.values().iter().find(|known| known.eq_ignore_ascii_case(value));
    let feature = |text| value(text).map(|value| Feature { entry, value }).ok_or_else(|| unknown_value(entry, text));
    match (&entry.takes, values) {
        (Takes::Nothing, None) => vec![Ok(Feature { entry, value: "" })],
        (Takes::Nothing, Some(_)) => vec![Err(usage(format!("`{name}` takes no value")))],
        (_, None | Some("")) => vec![Err(usage(format!("`{name}` needs a value: `{}`", written(entry))))],
        (Takes::One(_), Some(value)) => vec![feature(value)],
        (Takes::Several(_), Some(values)) => values.split(AND).map(feature).collect(),
    }
}

/// How it is written, with all that it takes.
fn written(entry: &Entry) -> String {
    match &entry.takes {
        Takes::Nothing => entry.name.to_owned(),
        Takes::One(values) => format!("{}={}", entry.name, values.join("|")),
        Takes::Several(values) => format!("{}={}, several with `{AND}`", entry.name, values.join("|")),
    }
}

fn unknown(name: &str) -> Failure {
    let message =
        if name.is_empty() { "a feature has no name".into() } else { format!("there is no feature `{name}`") };
    let failure = meant(usage(message), near::nearest(name, KNOWN.iter().map(|entry| entry.name)));
    KNOWN.iter().map(written).fold(failure, |failure, written| failure.hint(format!("there is {written}")))
}

fn unknown_value(entry: &Entry, value: &str) -> Failure {
    let (name, values) = (entry.name, entry.takes.values());
    // `pt-BR` for `pt`, and `de` for `de-AT`.
    let related = values.iter().copied().find(|known| is_part(value, known) || is_part(known, value));
    let likely = related.or_else(|| near::nearest(value, values.iter().copied()));
    let failure = meant(usage(format!("`{value}` is no value of `{name}`")), likely);
    let failure = failure.hint(format!("the values are {}", values.join(", ")));
    entry.otherwise.into_iter().fold(failure, Failure::hint)
}

/// Whether a tag is another one's beginning, whatever the case.
fn is_part(tag: &str, longer: &str) -> bool {
    longer
        .split_at_checked(tag.len())
        .is_some_and(|(begin, rest)| begin.eq_ignore_ascii_case(tag) && rest.starts_with('-'))
}

fn meant(failure: Failure, likely: Option<&str>) -> Failure {
    likely.into_iter().fold(failure, |failure, likely| failure.hint(format!("did you mean `{likely}`?")))
}

fn usage(message: String) -> Failure {
    Failure::new(Kind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(texts: &[&str]) -> Result<Vec<String>, Failure> {
        parse(texts.iter().copied()).map(|features| features.iter().map(Feature::to_string).collect())
    }

    #[test]
    fn commas_and_repeated_flags_separate_features_and_plus_separates_values() {
        let expected = ["social=google", "social=github", "invitations", "mfa=required"];
        assert_eq!(said(&["social=google+github,invitations,mfa=required"]).unwrap(), expected);
        assert_eq!(said(&["social=google", "social=github, invitations", "mfa=required"]).unwrap(), expected);
        assert_eq!(said(&["invitations,invitations", "invitations"]).unwrap(), ["invitations"]);
        assert!(said(&[]).unwrap().is_empty());
    }

    #[test]
    fn everything_that_is_no_feature_is_reported_at_once() {
        let failure = said(&["socal,social=gogle+github,mfa,invitations=yes,,mfa=required,mfa=optional"]).unwrap_err();
        let messages: Vec<&str> = failure.problems().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "there is no feature `socal`",
                "`gogle` is no value of `social`",
                "`mfa` needs a value: `mfa=optional|required|disabled`",
                "`invitations` takes no value",
                "a feature has no name",
                "`mfa=required` and `mfa=optional` exclude each other",
            ]
        );
        let hints: Vec<&str> =
            failure.problems().map(|problem| problem.hints.first().map_or("", |hint| hint)).collect();
        assert_eq!(hints[..2], ["did you mean `social`?", "did you mean `google`?"]);
    }

    #[test]
    fn the_case_of_a_value_does_not_count_and_a_language_leads_to_its_regions() {
        assert_eq!(
            said(&["languages=DE+pt-br+zh-HANT"]).unwrap(),
            ["languages=de", "languages=pt-BR", "languages=zh-Hant"]
        );
        for (tag, meant) in [("pt", "pt-BR"), ("PT", "pt-BR"), ("zh", "zh-Hans"), ("de-AT", "de"), ("dee", "de")] {
            let failure = said(&[&format!("languages={tag}")]).unwrap_err();
            let hint = &failure.problems().next().unwrap().hints[0];
            assert_eq!(*hint, format!("did you mean `{meant}`?"), "{tag}");
        }
        for tag in ["dutch", "pt_BR-x", "-", ""] {
            let failure = said(&[&format!("languages={tag}+de")]).unwrap_err();
            assert!(!failure.problems().next().unwrap().hints[0].starts_with("did you mean"), "{tag}");
        }
    }

    #[test]
    fn the_help_has_every_feature_with_every_value() {
        let listed = listed();
        for entry in &KNOWN {
            assert!(listed.contains(entry.name) && entry.takes.values().iter().all(|value| listed.contains(value)));
        }
    }
}
