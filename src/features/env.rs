//! The names of secrets in `.env` and `.env.example`, never their values.

use crate::ends;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) variable: String,
    pub(super) about: String,
}

/// As comments: an empty variable with a long name counts as set, so it would replace a value in `settings.toml`.
pub(super) fn with_names(text: &str, secrets: &[Secret]) -> String {
    let is_new = |secret: &&Secret| !text.contains(&secret.variable);
    let names = secrets.iter().filter(is_new).map(|Secret { variable, about }| {
        format!("\n# {about}: fill in, and take away the mark before the name.\n# {variable}=\"\"\n")
    });
    let names: String = names.collect();
    let end = if names.is_empty() || text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{}", ends::as_in(text, &format!("{end}{names}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> [Secret; 1] {
        [Secret { variable: "A__KEY".into(), about: "A key".into() }]
    }

    #[test]
    fn a_name_is_a_comment_at_the_end_with_the_line_ends_of_the_file() {
        let added = |end: &str| {
            format!("{end}# A key: fill in, and take away the mark before the name.{end}# A__KEY=\"\"{end}")
        };
        for (text, expected) in [
            ("B=1\n", format!("B=1\n{}", added("\n"))),
            ("B=1", format!("B=1\n{}", added("\n"))),
            ("B=1\r\n", format!("B=1\r\n{}", added("\r\n"))),
        ] {
            assert_eq!(with_names(text, &secret()), expected);
        }
    }

    #[test]
    fn a_name_that_is_there_is_left_alone() {
        for text in ["A__KEY=secret", "# A__KEY=\"\"\n", "export A__KEY_FILE=/run/key\r\n", ""] {
            let secrets = if text.is_empty() { Vec::new() } else { Vec::from(secret()) };
            assert_eq!(with_names(text, &secrets), text);
        }
    }
}
