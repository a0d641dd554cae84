//! `.env` belongs to its machine: an update appends missing variables and changes nothing else.

pub(super) struct Added {
    pub(super) names: Vec<String>,
    /// The complete new file.
    pub(super) text: String,
}

/// None if no variable is missing. Commented-out variables are not missing: the owner disabled them.
pub(super) fn with_missing(yours: &str, theirs: &str) -> Option<Added> {
    let known: Vec<&str> = yours.lines().filter_map(|line| name(line.trim_start().trim_start_matches('#'))).collect();
    let mut added = Added { names: Vec::new(), text: String::new() };
    let mut comments = Vec::new();
    for line in theirs.lines() {
        match name(line) {
            Some(name) if !known.contains(&name) => {
                comments.drain(..).chain([line]).for_each(|line| added.text.extend([line, "\n"]));
                added.names.push(name.to_owned());
            }
            None if line.starts_with('#') => comments.push(line),
            _ => comments.clear(),
        }
    }
    let end = if yours.is_empty() || yours.ends_with('\n') { "" } else { "\n" };
    added.text.insert_str(0, &format!("{yours}{end}\n"));
    Some(added).filter(|added| !added.names.is_empty())
}

/// The value of a variable, if it contains no quotation mark.
pub(super) fn value<'e>(env: &'e str, wanted: &str) -> Option<&'e str> {
    let line = env.lines().rfind(|line| name(line) == Some(wanted))?;
    line.split_once('=').map(|(_, value)| value.trim().trim_matches(['"', '\'']))
}

fn name(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().split_once('=')?;
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_added_at_the_end_with_its_comment() {
        let added =
            with_missing("A=\"mine\"", "# Of all.\n\n# One.\nA=\"1\"\n# Two,\n# really.\nB=\"2\"\nC=3\n").unwrap();
        assert_eq!(added.text, "A=\"mine\"\n\n# Two,\n# really.\nB=\"2\"\nC=3\n");
        assert_eq!(added.names, ["B", "C"]);
    }

    #[test]
    fn what_is_set_in_whatever_way_or_commented_out_is_not_missing() {
        for line in ["A=", "export A=1", " A = 1", "#A=1", "# A=\"1\"", "#export A=1"] {
            assert!(with_missing(line, "A=\"2\"\n").is_none(), "{line}");
        }
        assert!(with_missing("AB=1\n# about A\n", "A=\"2\"\n").is_some());
    }

    #[test]
    fn a_value_is_found_without_its_quotation_marks() {
        let env = "# A=\"no\"\nA=\"one\"\nexport B='two'\nA=three\n";
        assert_eq!((value(env, "A"), value(env, "B"), value(env, "C")), (Some("three"), Some("two"), None));
    }
}
