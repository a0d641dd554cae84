use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use super::environment::Source;
use super::well_known::WELL_KNOWN;

/// The prefix of a variable that names a key: `JWT_ALLAUTH__SESSIONS__TRANSPORT`.
const PREFIX: &str = "JWT_ALLAUTH__";
/// The suffix of a variable that names a file with the value, as container platforms mount secrets.
const FILE: &str = "_FILE";

const DOT_ENV: &str = ".env";

pub(super) fn of_process() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Variables of the process take precedence over those of `.env`.
pub(super) fn with_dot_env(process: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let mut variables = dot_env(&process)?;
    variables.extend(process);
    Ok(variables)
}

/// Without `.env`. A variable takes precedence over the file.
pub(super) fn is_production(process: &BTreeMap<String, String>, file: &str) -> bool {
    let is_named = |name: &str| key_of(name).is_some_and(|key| key == "environment");
    let mut named = process.clone();
    named.retain(|name, _| is_named(name.strip_suffix(FILE).unwrap_or(name)));
    // An unreadable file or invalid TOML is reported later and stops the start.
    let variable = overrides(&named, &[], &mut Vec::new()).pop().map(|entry| entry.value);
    let in_file = || file.parse::<Table>().ok()?.get("environment")?.as_str().map(str::to_owned);
    variable.or_else(in_file).is_some_and(|value| value.eq_ignore_ascii_case("production"))
}

/// A variable that is not a setting, or else the content of the file that `NAME_FILE` names. `None` if empty.
pub(crate) fn variable(name: &str) -> Result<Option<String>, String> {
    let mut environment = Source::of_process().map_err(|problems| problems.to_string())?.environment;
    let value = environment.remove(name).filter(|value| !value.is_empty());
    let file = format!("{name}{FILE}");
    let value = match (value, environment.remove(&file)) {
        (None, Some(path)) => Some(contents(&file, &path)?),
        (value, _) => value,
    };
    Ok(value.filter(|value| !value.is_empty()))
}

fn contents(variable: &str, path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{variable}: cannot read {path}: {error}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn dot_env(process: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    match std::fs::read_to_string(DOT_ENV) {
        Ok(text) => parse(&text, process),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(format!("{DOT_ENV}: {error}")),
    }
}

/// A problem does not quote the line, which may be a secret.
fn parse(text: &str, process: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    // Some Windows editors write a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let trouble = |line: usize, what: &str| Err(format!("{DOT_ENV}: line {}: {what}", line + 1));
    let mut names: BTreeSet<&str> = process.keys().map(String::as_str).collect();
    for (number, line) in text.lines().enumerate() {
        let Some((name, value)) = line.split_once('=').filter(|_| !line.trim_start().starts_with('#')) else {
            continue;
        };
        if refers_to_nothing(value, &names) {
            return trouble(number, "a `$` begins the name of another variable; put the value into single quotes");
        }
        names.insert(name.trim().trim_start_matches("export ").trim());
    }
    let mut variables = BTreeMap::new();
    for line in dotenvy::from_read_iter(text.as_bytes()) {
        match line {
            Ok((name, value)) => variables.insert(name, value),
            Err(dotenvy::Error::LineParse(shown, _)) => {
                let first = shown.lines().next().unwrap_or_default();
                let number = text.lines().position(|line| line.contains(first)).unwrap_or_default();
                return trouble(number, "is not NAME=value; put a value with spaces or quotes into single quotes");
            }
            Err(error) => return Err(format!("{DOT_ENV}: {error}")),
        };
    }
    Ok(variables)
}

/// A `$` before an unknown name: a password would silently lose the characters after it.
fn refers_to_nothing(value: &str, names: &BTreeSet<&str>) -> bool {
    let (mut single, mut double, mut escaped, mut before) = (false, false, false, ' ');
    for (index, character) in value.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            '#' if !single && !double && before.is_whitespace() => return false,
            '$' if !single => {
                let name = value[index..].strip_prefix("${").and_then(|rest| rest.split_once('}'));
                if !name.is_some_and(|(name, _)| names.contains(name)) {
                    return true;
                }
            }
            _ => {}
        }
        before = character;
    }
    false
}

pub(super) struct Override {
    pub(super) variable: String,
    pub(super) key: String,
    pub(super) value: String,
}

/// An empty variable counts as not set, unless it has the long name (`PREFIX`). A variable whose name ends in `_FILE`
/// names a file with the value, unless a key has that name (`mail.ca_file`).
pub(super) fn overrides(
    environment: &BTreeMap<String, String>,
    keys: &[String],
    problems: &mut Vec<String>,
) -> Vec<Override> {
    let mut overrides = Vec::new();
    for (variable, value) in environment {
        let is_key = key_of(variable).is_some_and(|key| keys.contains(&key));
        let (name, value) = match variable.strip_suffix(FILE) {
            Some(name) if key_of(name).is_some() && !is_key => match contents(variable, value) {
                Ok(text) => (name, text),
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
            _ => (variable.as_str(), value.clone()),
        };
        if let Some(key) = key_of(name)
            && (name.starts_with(PREFIX) || !value.is_empty())
        {
            overrides.push(Override { variable: variable.clone(), key, value });
        }
    }
    // Long names come last and win, because they name the key.
    overrides.sort_by_key(|entry| entry.variable.starts_with(PREFIX));
    overrides
}

fn key_of(name: &str) -> Option<String> {
    if let Some(key) = name.strip_prefix(PREFIX) {
        return Some(key.to_lowercase().replace("__", "."));
    }
    WELL_KNOWN.iter().find(|(known, _)| *known == name).map(|(_, key)| (*key).to_owned())
}

/// Variables that set nothing, because only their underscores are wrong: `JWT_ALLAUTH_SESSIONS_TRANSPORT`.
pub(super) fn near_misses<'e>(
    environment: &'e BTreeMap<String, String>,
    keys: &[String],
) -> impl Iterator<Item = String> + use<'e> {
    let short = |name: &str| name.replace("__", "_");
    let long = |key: &String| format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"));
    let known: BTreeMap<String, String> = keys.iter().map(|key| (short(&long(key)), long(key))).collect();
    let candidates = environment.keys().filter(|name| !name.starts_with(PREFIX));
    candidates.filter_map(move |name| {
        let meant = known.get(&short(name))?;
        Some(format!("{name}: there is no such variable; its name is {meant}, with two underscores each"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, String>, String> {
        parse(text, &BTreeMap::new())
    }

    #[test]
    fn values_are_what_stands_there() {
        let text = "\u{feff}# a comment with a $\nA=plain # and a comment with $\nexport B=\"two words\"\nC='pa$$ \"word\"'\n\
                    D=\"pa\\$word\"\nE=${A}s\r\nF=\n";
        let values = read(text).unwrap();
        let expected =
            [("A", "plain"), ("B", "two words"), ("C", "pa$$ \"word\""), ("D", "pa$word"), ("E", "plains"), ("F", "")];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn a_value_that_would_lose_its_end_or_cannot_be_read_is_refused_without_being_shown() {
        for (value, told) in [
            ("\"hunter$2\"", "a `$` begins the name"),
            ("hunter$two", "a `$` begins the name"),
            ("\"hunter${TWO}\"", "a `$` begins the name"),
            ("hunter two", "is not NAME=value"),
            ("\"hunter", "is not NAME=value"),
            ("\"hunter\\two\"", "is not NAME=value"),
        ] {
            let problem = read(&format!("ENVIRONMENT=development\n\nPASSWORD={value}\n")).unwrap_err();
            assert!(problem.starts_with(".env: line 3: ") && problem.contains(told), "{value}: {problem}");
            assert!(!problem.contains("hunter"), "{problem}");
        }
        assert!(read("just words\n").unwrap_err().starts_with(".env: line 1: is not NAME=value"));
    }

    #[test]
    fn production_is_recognised_as_the_setting_is() {
        let is = |variables: &[(&str, &str)], file| {
            is_production(&variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(), file)
        };
        assert!(is(&[("ENVIRONMENT", "Production")], ""));
        assert!(is(&[("JWT_ALLAUTH__ENVIRONMENT", "production"), ("ENVIRONMENT", "development")], ""));
        assert!(!is(&[], "") && !is(&[("ENVIRONMENT", "development")], ""));

        let (production, development) = ("environment = \"production\"", "environment = \"development\"");
        assert!(is(&[], production) && is(&[("ENVIRONMENT", "")], production) && !is(&[], development));
        assert!(is(&[("ENVIRONMENT", "production")], development));
        assert!(!is(&[("ENVIRONMENT", "development")], production));
        assert!(!is(&[], "[tokens]\nenvironment = \"production\"") && !is(&[], "environment = true"));

        let mounted = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(mounted.path(), "production\n").unwrap();
        for name in ["ENVIRONMENT_FILE", "JWT_ALLAUTH__ENVIRONMENT_FILE"] {
            assert!(is(&[(name, mounted.path().to_str().unwrap())], development), "{name}");
        }
    }
}
