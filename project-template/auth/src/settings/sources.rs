//! Where settings come from beside the file: environment variables, `.env`, and files that hold a secret.

use std::collections::BTreeMap;

use super::WELL_KNOWN;

/// The prefix of a variable that names a key: `JWT_ALLAUTH__SESSIONS__TRANSPORT`.
const PREFIX: &str = "JWT_ALLAUTH__";
/// The ending of a variable that names a file with the value, as container platforms mount secrets.
const FILE: &str = "_FILE";

/// The variables of this process; outside production those of `.env` below them.
pub(super) fn environment() -> Result<BTreeMap<String, String>, String> {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    if !std::env::var("ENVIRONMENT").is_ok_and(|value| value.eq_ignore_ascii_case("production")) {
        match dotenvy::dotenv_iter() {
            Ok(lines) => {
                for line in lines {
                    let (name, value) = line.map_err(|error| explain(&error))?;
                    variables.insert(name, value);
                }
            }
            Err(error) if error.not_found() => {}
            Err(error) => return Err(explain(&error)),
        }
    }
    variables.extend(
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    Ok(variables)
}

/// What is wrong with `.env`. The library repeats the line, in which there may be a secret.
fn explain(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(line, _) => {
            let which =
                line.split_once('=').map_or("that has no `=`".to_owned(), |(name, _)| format!("of `{}`", name.trim()));
            format!(
                ".env: the line {which} is not understood; write NAME=\"value\", with single quotes where the value has a `$`"
            )
        }
        error => format!(".env: {error}"),
    }
}

/// One setting of the environment: the variable it came from, the key it sets and the value.
pub(super) struct Override {
    pub(super) variable: String,
    pub(super) key: String,
    pub(super) value: String,
}

/// The settings among the variables. A variable that is set but empty counts as not set, except by its long name.
pub(super) fn overrides(environment: &BTreeMap<String, String>, problems: &mut Vec<String>) -> Vec<Override> {
    let mut overrides = Vec::new();
    for (variable, value) in environment {
        let (name, value) = match variable.strip_suffix(FILE) {
            Some(name) if key_of(name).is_some() && key_of(variable).is_none() => {
                match std::fs::read_to_string(value) {
                    Ok(text) => (name, text.trim_end_matches(['\r', '\n']).to_owned()),
                    Err(error) => {
                        problems.push(format!("{variable}: cannot read {value}: {error}"));
                        continue;
                    }
                }
            }
            _ => (variable.as_str(), value.clone()),
        };
        if let Some(key) = key_of(name)
            && (name.starts_with(PREFIX) || !value.is_empty())
        {
            overrides.push(Override { variable: variable.clone(), key, value });
        }
    }
    // The long names come last and win: they say which key they mean.
    overrides.sort_by_key(|entry| entry.variable.starts_with(PREFIX));
    overrides
}

fn key_of(name: &str) -> Option<String> {
    if let Some(key) = name.strip_prefix(PREFIX) {
        // `…__KEYS_FILE` is the file form of `…__KEYS`; no key ends in `_file`.
        return (!name.ends_with(FILE)).then(|| key.to_lowercase().replace("__", "."));
    }
    WELL_KNOWN.iter().find(|(known, _)| *known == name).map(|(_, key)| (*key).to_owned())
}
