//! File names that are not valid on every system.

use std::collections::BTreeMap;

const DEVICES: [&str; 6] = ["aux", "con", "conin$", "conout$", "nul", "prn"];
/// Windows takes the digits of Latin-1 that stand higher for digits of a device's name.
const DIGITS: &str = "123456789¹²³";
/// Characters that Windows does not allow in names.
const FORBIDDEN: [char; 8] = ['<', '>', ':', '"', '|', '?', '*', '\\'];

/// Paths that are invalid or collide on Windows or macOS, and why.
pub(super) fn complaints<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<(&'p str, String)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut complaints = Vec::new();
    for path in paths {
        if let Some(part) = path.split('/').find(|part| !is_portable(part)) {
            complaints.push((path, format!("Windows can have no file called `{part}`")));
        }
        if let Some(other) = seen.insert(path.to_lowercase(), path) {
            let why = format!("only capitals tell it from `{other}`: Windows and macOS keep one of the two");
            complaints.push((path, why));
        }
    }
    complaints
}

fn is_portable(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_digit = |text: &str| text.chars().count() == 1 && DIGITS.contains(text);
    let is_device = DEVICES.contains(&&*stem) || numbered.is_some_and(is_digit);
    !is_device && !part.ends_with(['.', ' ']) && !part.contains(FORBIDDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&'static str]) -> Vec<&'static str> {
        complaints(paths.iter().copied()).into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn names_that_windows_or_macos_cannot_keep_are_found() {
        for path in [
            "src/aux.rs",
            "NUL",
            "com1.txt",
            "LPT¹",
            "com².tar.gz",
            "a/Com³ .md",
            "CONOUT$",
            "a/trail.",
            "b /c",
            "a:b",
            "q?.md",
            "back\\slash",
        ] {
            assert_eq!(of(&[path]), [path]);
        }
        assert_eq!(of(&["README.md", "docs/x", "Readme.md"]), ["Readme.md"]);
    }

    #[test]
    fn ordinary_names_are_not() {
        assert!(
            of(&[
                ".env",
                "src/auxiliary.rs",
                "a.b.c",
                "com10",
                "com¹²",
                "com⁴",
                "lpt",
                "note¹",
                "console/mod.rs",
                "it's",
                "Zoë.md",
                "a/b",
                "a/c",
            ])
            .is_empty()
        );
    }
}
