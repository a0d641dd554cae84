//! Inputs from the user, the machine and the clock. They are recorded in the stamp like answers, and reused by updates;
//! otherwise a project would count as outdated for another user, or the next day.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use regex::{Captures, Regex};

use super::complete::Person;
use super::complete::config::FILE;
use super::complete::stage::SCRIPT;
use super::source::Source;
use super::tags::{self, Tag};
use crate::answers::Value;

/// Time of the first render, in seconds since 1970. Liquid accepts it as a date.
pub(crate) const MOMENT: &str = "rendered_at";

/// Matches the clock in a Liquid text, up to the filter that reads it.
static CLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)(?:"\s*(?:now|today)\s*"|'\s*(?:now|today)\s*')(\s*\|\s*date\b)"#).ok());

/// All inputs that these files use.
pub(super) fn of(sources: &[Source], is_complete: bool) -> BTreeMap<String, Value> {
    let mut asked = BTreeMap::new();
    if sources.iter().any(|source| asks_the_clock(&source.path) || source.text().is_some_and(asks_the_clock)) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        asked.insert(MOMENT.to_owned(), now.to_string());
    }
    let asks = |name: &str| is_complete && sources.iter().any(|source| names(source, name));
    if asks("os-arch") {
        asked.insert("os-arch".into(), format!("{}-{}", env::consts::OS, env::consts::ARCH));
    }
    let asked_for: Vec<&str> = ["authors", "username"].into_iter().filter(|name| asks(name)).collect();
    if !asked_for.is_empty() {
        let person = Person::here();
        asked.extend(
            asked_for
                .into_iter()
                .map(|name| (name.to_owned(), if name == "authors" { person.authors() } else { person.name.clone() })),
        );
    }
    asked.into_iter().map(|(name, text)| (name, Value::Text(text))).collect()
}

/// Replaces the clock by the recorded time.
pub(super) fn at_moment<'t>(text: &'t str, answers: impl Fn(&str) -> Option<&'t Value>) -> Cow<'t, str> {
    let moment = answers(MOMENT).map(ToString::to_string).filter(|moment| moment.parse::<u64>().is_ok());
    let Some((clock, moment)) = CLOCK.as_ref().zip(moment).filter(|_| asks_the_clock(text)) else { return text.into() };
    let mut still = String::with_capacity(text.len());
    let mut rest = 0;
    for tag in tags::tags(text) {
        let start = tag.offset + "{{".len();
        still.push_str(&text[rest..start]);
        still.push_str(&clock.replace_all(tag.text, |found: &Captures| format!("\"{moment}\"{}", &found[1])));
        rest = start + tag.text.len();
    }
    still.push_str(&text[rest..]);
    still.into()
}

fn asks_the_clock(text: &str) -> bool {
    CLOCK.as_ref().is_some_and(|clock| clock.is_match(text))
}

/// Whether a file uses a name: in a tag, in its own path, or anywhere in a script or a condition.
fn names(source: &Source, name: &str) -> bool {
    let uses = |text: &str| tags::tags(text).iter().flat_map(Tag::uses).any(|used| used == name);
    let is_code = source.path.ends_with(SCRIPT) || source.path.ends_with(FILE);
    uses(&source.path) || source.text().is_some_and(|text| if is_code { text.contains(name) } else { uses(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_still_in_tags_and_nowhere_else() {
        let moment = Value::Text("12".into());
        let still = |text| at_moment(text, |_| Some(&moment)).into_owned();
        assert_eq!(
            still("\"now\" | date {{ \"now\" | date: \"%Y\" }}{%- assign a = 'Today'|date: b -%} {{ \"now\" }}"),
            "\"now\" | date {{ \"12\" | date: \"%Y\" }}{%- assign a = \"12\"|date: b -%} {{ \"now\" }}"
        );
        let raw = "{% raw %}{{ \"now\" | date: \"%Y\" }}{% endraw %}";
        assert_eq!(still(raw), raw);
        let unknown = Value::Text("in spring".into());
        assert_eq!(at_moment("{{ 'now' | date: a }}", |_| Some(&unknown)), "{{ 'now' | date: a }}");
    }

    #[test]
    fn only_what_is_asked_for_is_an_answer() {
        let source = |text: &str| Source::embedded("a", text.as_bytes().to_vec());
        let asked = |text: &str, is_complete| of(&[source(text)], is_complete).into_keys().collect::<Vec<_>>();
        assert_eq!(asked("authors now {{ project-name }}", true), Vec::<String>::new());
        assert_eq!(asked("{{authors}} {{ os-arch }} {{ 'now' | date: x }}", true), ["authors", "os-arch", MOMENT]);
        assert_eq!(asked("{{ authors }} {{ 'now' | date: x }}", false), [MOMENT]);
    }
}
