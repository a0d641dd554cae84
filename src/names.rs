//! Valid project names: those that compile on every platform.

use std::fmt;
use std::ops::RangeInclusive;

use crate::failure::{Failure, Kind};

const MAX_LENGTH: usize = 64;
const FALLBACK: &str = "myproject";
const APPENDED: &str = "-app";

/// Strict and reserved words of edition 2024.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
/// Crates that come with the compiler: those of the standard library and their dependencies.
const STANDARD_CRATES: [&str; 29] = [
    "addr2line",
    "adler2",
    "alloc",
    "cfg_if",
    "compiler_builtins",
    "core",
    "getopts",
    "gimli",
    "hashbrown",
    "libc",
    "memchr",
    "miniz_oxide",
    "object",
    "panic_abort",
    "panic_unwind",
    "proc_macro",
    "profiler_builtins",
    "rustc_demangle",
    "rustc_literal_escaper",
    "rustc_std_workspace_alloc",
    "rustc_std_workspace_core",
    "rustc_std_workspace_std",
    "std",
    "std_detect",
    "sysroot",
    "test",
    "unicode_width",
    "unwind",
    "windows_targets",
];
/// Directories in cargo's target directory, with which a binary of that name would collide.
const ARTIFACTS: [&str; 4] = ["build", "deps", "examples", "incremental"];
const WINDOWS_DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectName(String);

impl ProjectName {
    /// `taken` are the crates that the rendered workspace contains or depends on.
    pub(crate) fn parse(text: &str, taken: &[&str]) -> Result<Self, Failure> {
        match refusal(text, taken) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(refused(text, &reason, &suggestion(text, taken))),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the form used by Rust code, databases and image registries.
    pub(crate) fn snake_case(&self) -> String {
        self.0.replace('-', "_").to_ascii_lowercase()
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn refusal(name: &str, taken: &[&str]) -> Option<String> {
    malformed(name).or_else(|| reserved(name, taken))
}

fn malformed(name: &str) -> Option<String> {
    let first = name.chars().next();
    let reason = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.contains(['/', '\\']) || name == "." || name == ".." {
        "it is a path; the directory is the argument after the name".to_owned()
    } else if !name.is_ascii() {
        "it has characters that are not ASCII".to_owned()
    } else if let Some(other) = name.chars().find(|c| !is_allowed(*c)) {
        format!("it has {other:?}; only letters, digits, `-` and `_` can be in a crate's name")
    } else if first.is_some_and(|c| c.is_ascii_digit()) {
        "it starts with a digit".to_owned()
    } else if name.starts_with('-') {
        "it starts with a dash".to_owned()
    } else if name.chars().all(|c| c == '_' || c == '-') {
        "it has neither a letter nor a digit".to_owned()
    } else if name.len() > MAX_LENGTH {
        format!("it has {} characters; {MAX_LENGTH} are the most", name.len())
    } else {
        return None;
    };
    Some(reason)
}

fn reserved(name: &str, taken: &[&str]) -> Option<String> {
    let identifier = name.replace('-', "_");
    let folded = name.to_ascii_lowercase();
    let reason = if KEYWORDS.contains(&identifier.as_str()) {
        "it is a keyword of Rust"
    } else if identifier == "test" {
        "it is the crate of Rust's test harness"
    } else if STANDARD_CRATES.contains(&identifier.as_str()) {
        "it is a crate of Rust's standard library"
    } else if ARTIFACTS.contains(&folded.as_str()) {
        "cargo keeps a folder of that name where the program would be built"
    } else if is_windows_device(&folded) {
        "it is a device on Windows, where no directory can have that name"
    } else if taken.iter().any(|crate_name| crate_name.replace('-', "_") == identifier) {
        "the project contains or depends on a crate of that name"
    } else {
        return None;
    };
    Some(reason.to_owned())
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-' || character == '_'
}

fn is_windows_device(folded: &str) -> bool {
    let port = folded.strip_prefix("com").or_else(|| folded.strip_prefix("lpt"));
    WINDOWS_DEVICES.contains(&folded) || port.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
}

fn refused(name: &str, reason: &str, suggestion: &str) -> Failure {
    let failure = Failure::new(Kind::Answer, format!("`{name}` cannot be a project's name: {reason}"));
    if name.contains('/') {
        failure.hint(format!("try `jwt-allauth startproject {suggestion} {name}`"))
    } else if name == "." {
        failure.hint(format!("try `jwt-allauth startproject {suggestion} .`"))
    } else {
        failure.hint(format!("try `{suggestion}`"))
    }
}

/// Latin letters, and what they are without their marks.
const LETTERS: [(&str, &str); 30] = [
    ("àáâãäåāăąǎạảấầẩẫậắằẳẵặ", "a"),
    ("æ", "ae"),
    ("çćĉċč", "c"),
    ("ðďđ", "d"),
    ("èéêëēĕėęěẹẻẽếềểễệ", "e"),
    ("ĝğġģǧ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįıǐỉị", "i"),
    ("ĳ", "ij"),
    ("ĵ", "j"),
    ("ķĸ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņňŉ", "n"),
    ("ŋ", "ng"),
    ("òóôõöøōŏőơǒọỏốồổỗộớờởỡợ", "o"),
    ("œ", "oe"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ß", "ss"),
    ("ţťŧț", "t"),
    ("þ", "th"),
    ("ùúûüũūŭůűųưǔụủứừửữự", "u"),
    ("ŵẁẃẅ", "w"),
    ("ýÿŷỳỵỷỹ", "y"),
    ("źżž", "z"),
    ("ﬁ", "fi"),
    ("ﬂ", "fl"),
    ("ﬀ", "ff"),
    ("ﬃ", "ffi"),
    ("ﬄ", "ffl"),
];
/// Marks that follow their letter.
const MARKS: RangeInclusive<char> = '\u{300}'..='\u{36f}';

/// The name in small ASCII letters, if it has others. Empty if less than half of its letters can be told: what is left
/// would be no word.
fn in_ascii(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let (mut told, mut lost) = (0, 0);
    let mut plain = String::with_capacity(name.len());
    for character in name.to_lowercase().chars().filter(|character| !MARKS.contains(character)) {
        match LETTERS.iter().find(|(letters, _)| letters.contains(character)) {
            Some((_, letter)) => plain.push_str(letter),
            None => plain.push(character),
        }
        let is_lost = character.is_alphabetic() && !plain.ends_with(|last: char| last.is_ascii());
        told += usize::from(character.is_alphabetic() && !is_lost);
        lost += usize::from(is_lost);
    }
    if told < lost { String::new() } else { plain }
}

/// The valid name that is closest to the refused one.
fn suggestion(name: &str, taken: &[&str]) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
    let plain = in_ascii(last);
    let words: Vec<&str> = plain.split(|c: char| !is_allowed(c)).filter(|word| !word.is_empty()).collect();
    let mut stem = words.join("-").trim_matches(['-', '_']).to_owned();
    if stem.starts_with(|c: char| c.is_ascii_digit()) {
        stem.insert_str(0, "app-");
    }
    stem.truncate(MAX_LENGTH - APPENDED.len());
    // The numbered names never run out, whatever the project depends on.
    let numbered = (2..).map(|number| format!("{FALLBACK}{number}"));
    let near = [stem.trim_end_matches(['-', '_']).to_owned(), format!("{stem}{APPENDED}"), FALLBACK.to_owned()];
    let mut candidates = near.into_iter().chain(numbered);
    candidates.find(|candidate| refusal(candidate, taken).is_none()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: [&str; 3] = ["auth", "axum", "tower-http"];

    fn reason(name: &str) -> String {
        ProjectName::parse(name, &TAKEN).expect_err(name).message
    }

    #[test]
    fn ordinary_names_are_accepted_as_they_are() {
        let longest = "a".repeat(64);
        for name in
            ["myproject", "my-project", "my_project", "MyProject", "a", "_a", "a1", "__a_", "union", "com10", &longest]
        {
            assert_eq!(ProjectName::parse(name, &TAKEN).expect(name).as_str(), name);
        }
    }

    #[test]
    fn each_refusal_says_why() {
        let long = "a".repeat(65);
        for (name, why) in [
            ("", "empty"),
            ("async", "keyword"),
            ("gen", "keyword"),
            ("Self", "keyword"),
            ("test", "test harness"),
            ("std", "standard library"),
            ("proc-macro", "standard library"),
            ("panic_unwind", "standard library"),
            ("panic-abort", "standard library"),
            ("_", "neither a letter"),
            ("__", "neither a letter"),
            ("build", "cargo keeps a folder"),
            ("Deps", "cargo keeps a folder"),
            ("axum", "depends on"),
            ("auth", "contains"),
            ("tower_http", "depends on"),
            ("tower-http", "depends on"),
            ("CON", "Windows"),
            ("lpt1", "Windows"),
            ("café", "not ASCII"),
            ("2fa", "digit"),
            ("-x", "dash"),
            ("a/b", "path"),
            ("a\\b", "path"),
            ("..", "path"),
            ("my project", "' '"),
            ("a.b", "'.'"),
            (&long, "65 characters"),
        ] {
            assert!(reason(name).contains(why), "{name}: {}", reason(name));
        }
    }

    #[test]
    fn every_suggestion_is_itself_accepted() {
        let long = ["é".repeat(100), "a".repeat(100)].concat();
        let odd = ["", "--", "-x-", "2fa", "日本", "a/b/", "/", "..", "nul", "my project!", "café", &long, "9"];
        for name in odd.iter().chain(&KEYWORDS).chain(&STANDARD_CRATES).chain(&ARTIFACTS).chain(&TAKEN) {
            let suggested = suggestion(name, &TAKEN);
            assert_eq!(refusal(&suggested, &TAKEN), None, "{name} -> {suggested}");
        }
    }

    /// Tries all short names of relevant letters, before and after refused parts.
    #[test]
    fn every_refused_name_of_many_is_answered_with_one_that_is_accepted() {
        let letters =
            ["", "a", "A", "9", "-", "_", "é", " ", "/", "\\", ".", "std", "test", "auth", "nul", "com1", "build"];
        let long = ["x".repeat(59), "x".repeat(60), "x-".repeat(40), "9".repeat(70), "_".repeat(65)];
        let parts: Vec<&str> = letters.into_iter().chain(long.iter().map(String::as_str)).collect();
        let taken = ["auth", "axum", "myproject", "myproject2", "a-app"];
        let mut refused = 0;
        for a in &parts {
            for b in &parts {
                for c in &parts {
                    let name = [*a, *b, *c].concat();
                    if let Err(failure) = ProjectName::parse(&name, &taken) {
                        let suggested = suggestion(&name, &taken);
                        assert_eq!(refusal(&suggested, &taken), None, "{name} -> {suggested}");
                        assert!(failure.hints[0].contains(&suggested), "{name}");
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused > 5000, "{refused}");
    }

    #[test]
    fn suggestions_stay_near_what_was_meant() {
        for (name, near) in
            [("my project", "my-project"), ("2fa", "app-2fa"), ("axum", "axum-app"), ("work/shop", "shop")]
        {
            assert_eq!(suggestion(name, &TAKEN), near);
        }
    }

    #[test]
    fn letters_with_marks_are_suggested_without_them() {
        for (name, near) in [
            ("Über", "uber"),
            ("U\u{308}ber", "uber"),
            ("café", "cafe"),
            ("Straße", "strasse"),
            ("Łódź-Œuvre", "lodz-oeuvre"),
            ("smørrebrød", "smorrebrod"),
            ("İstanbul", "istanbul"),
            ("Đà Nẵng", "da-nang"),
            ("日本shop", "shop"),
            ("日本", "myproject"),
            ("Магазин x", "myproject"),
            ("shop 🦀", "shop"),
            ("ÀXUM", "axum-app"),
            ("ñ9", "n9"),
        ] {
            assert_eq!(suggestion(name, &TAKEN), near, "{name}");
        }
        // Every letter of the Latin supplements is told.
        for letter in ('\u{c0}'..='\u{17e}').filter(|letter| letter.is_alphabetic()) {
            assert!(in_ascii(&letter.to_string()).is_ascii(), "{letter}");
            assert!(!in_ascii(&letter.to_string()).is_empty(), "{letter}");
        }
    }

    /// Every character of the first plane, alone and within a word.
    #[test]
    fn whatever_character_is_in_a_name_the_suggestion_is_accepted() {
        for character in ('\0'..='\u{ffff}').chain(['🦀', '\u{e0041}']) {
            for name in [format!("{character}"), format!("a{character}b")] {
                let suggested = suggestion(&name, &TAKEN);
                assert_eq!(refusal(&suggested, &TAKEN), None, "{name} -> {suggested}");
            }
        }
    }

    #[test]
    fn a_path_is_answered_with_the_command_that_was_meant() {
        let failure = ProjectName::parse("work/shop", &TAKEN).unwrap_err();
        assert!(failure.hints[0].contains("startproject shop work/shop"), "{:?}", failure.hints);
    }

    #[test]
    fn snake_case_is_what_code_takes() {
        assert_eq!(ProjectName::parse("My-Project", &[]).unwrap().snake_case(), "my_project");
    }
}
