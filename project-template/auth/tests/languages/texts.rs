//! Every text has a translation in every shipped language, and no translation is of a text that nothing says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::Table;

const AUTH: &str = env!("CARGO_MANIFEST_DIR");

/// What is said to operators and to programs, or on admin pages, in English.
const IN_ENGLISH: [&str; 19] = [
    "account/import",
    "admin",
    "app/describe",
    "app/settings",
    "audit",
    "commands",
    "db",
    "mail/tr",
    "metrics",
    "openapi",
    "operations/health",
    "operations/readings",
    "redis",
    "server/forwarding",
    "settings",
    "social/metadata",
    "templates/pages.rs",
    "testing",
    "tokens/key_files",
];

/// Before a text that is a description or a cause: nobody but its author's colleagues reads it.
const NOT_SAID: [&str; 12] = [
    "description = ",
    "description: ",
    "\"description\": ",
    "reason = ",
    "about = ",
    "anyhow!(",
    "bail!(",
    "context(",
    "expect(",
    "const ABOUT: &str = ",
    "tag = ",
    "example = ",
];

#[test]
fn every_text_is_translated_into_every_language() {
    let mut missing = Vec::new();
    let said = said();
    for (tag, texts) in catalogs() {
        for (text, place) in &said {
            if tag != "en" && !texts.iter().any(|key| is_of(key, text) || is_of(text, key)) {
                missing.push(format!("{tag}: {text:?}, said in {place}"));
            }
        }
    }
    assert!(missing.is_empty(), "without a translation:\n{}", missing.join("\n"));
}

#[test]
fn every_translation_is_of_a_text_that_is_said() {
    let known: BTreeSet<String> = literals_of_all().into_iter().map(|literal| literal.text).collect();
    let known: BTreeSet<String> = known.into_iter().chain(in_templates().into_keys()).collect();
    let mut unused = BTreeSet::new();
    for (_, texts) in catalogs() {
        unused
            .extend(texts.into_iter().filter(|key| !known.contains(key) && !known.iter().any(|text| is_of(text, key))));
    }
    assert!(unused.is_empty(), "nothing says:\n{}", unused.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_text_that_was_forgotten_is_found() {
    let code = "let a = say(\"Some words\"); // \"Not this one.\"\nfields.problem(\"x\", \"bad\"); let c = '\"';\n\
                Error::field(name, \"Other words\"); text!(\n    \"{count} things \\\"x\\\" \\\n      more\", count = 1);\n\
                refusals! {\n    /// \"Why\".\n    Name = FORBIDDEN, \"code\",\n        \"No end\";\n}\nlet d = \"A sentence.\";\n\
                #[expect(x, reason = \"A reason is not said.\")]\n#[cfg(test)]\nmod tests { say(\"Nothing\"); }";
    let said: Vec<String> = literals(code).into_iter().filter(Literal::is_said).map(|literal| literal.text).collect();
    assert_eq!(said, ["Some words", "bad", "Other words", "{count} things \"x\" more", "No end", "A sentence."]);
    assert!(is_of("a {x} c", "a b c") && is_of("{x}", "abc") && !is_of("a {x} c", "a b") && !is_of("ab", "abc"));
}

/// By language.
fn catalogs() -> BTreeMap<String, Vec<String>> {
    let read = |folder: std::io::Result<std::fs::DirEntry>| {
        let folder = folder.unwrap();
        let texts: Table = std::fs::read_to_string(folder.path().join("texts.toml")).unwrap().parse().unwrap();
        (folder.file_name().into_string().unwrap(), texts.into_iter().map(|(key, _)| key).collect())
    };
    std::fs::read_dir(Path::new(AUTH).join("languages")).unwrap().map(read).collect()
}

/// Whether a text is another one with its names in braces filled in.
fn is_of(text: &str, filled: &str) -> bool {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        if name.is_empty() || !name.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'_') {
            break;
        }
        parts.push(before);
        rest = after;
    }
    let Some(mut left) = filled.strip_prefix(parts.first().copied().unwrap_or(rest)) else { return false };
    if parts.is_empty() {
        return left.is_empty();
    }
    for part in &parts[1..] {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(rest)
}

/// The texts of answers, mails and pages, each with a place that says it.
fn said() -> BTreeMap<String, String> {
    let mut said = in_templates();
    for literal in literals_of_all() {
        let is_english = IN_ENGLISH.iter().any(|room| literal.place.starts_with(&format!("src/{room}")));
        if literal.is_said() && !is_english {
            said.insert(literal.text, literal.place);
        }
    }
    said
}

/// The texts that pass through the filter `t`, and those of the pages' script.
fn in_templates() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for file in files(&Path::new(AUTH).join("templates")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for (end, _) in text.match_indices("\"|t") {
            if text[end + 3..].starts_with(|next: char| next.is_alphanumeric()) {
                continue;
            }
            let start =
                text[..end].rmatch_indices('"').map(|(at, _)| at).find(|at| !text[..*at].ends_with('\\')).unwrap();
            found.insert(text[start + 1..end].replace("\\\"", "\""), shown(&file));
        }
    }
    let script = Path::new(AUTH).join("src/portal/page.js");
    let text = std::fs::read_to_string(&script).unwrap();
    let texts = text.split("text(\"").skip(1).filter_map(|rest| rest.split_once("\")"));
    found.extend(texts.map(|(text, _)| (text.to_owned(), shown(&script))));
    found
}

struct Literal {
    before: String,
    text: String,
    place: String,
}

impl Literal {
    /// Whether it is a text for people, by what stands before it or by what it looks like.
    fn is_said(&self) -> bool {
        let before = self.before.trim_end();
        if NOT_SAID.iter().any(|word| self.before.ends_with(word) || before.ends_with(word.trim_end())) {
            return false;
        }
        let is_argument = || {
            let call = before.strip_suffix(',').and_then(|before| before.rsplit_once('('));
            let call = call.filter(|(_, arguments)| !arguments.contains(')')).map(|(call, _)| call);
            call.is_some_and(|call| call.ends_with("Error::field") || call.ends_with("fields.problem"))
        };
        let is_refusal = || {
            let declared = before.rsplit_once('=').map_or("", |(_, rest)| rest.trim_start());
            let mut parts = declared.split(", ");
            let (status, code, rest) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
            let is_status = !status.is_empty() && status.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            let ends = code.is_some_and(|code| code.starts_with('"') && code.ends_with("\","));
            is_status && ends && rest.is_none() && before.ends_with("\",")
        };
        let looks_so = self.text.starts_with(|first: char| first.is_ascii_uppercase())
            && self.text.contains(' ')
            && self.text.ends_with('.');
        before.ends_with("text!(") || before.ends_with("say(") || is_argument() || is_refusal() || looks_so
    }
}

fn literals_of_all() -> Vec<Literal> {
    let mut found = Vec::new();
    for folder in ["src", "../auth-tokens/src"] {
        let sources = files(&Path::new(AUTH).join(folder));
        for file in sources.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
            if shown(&file).ends_with("tests.rs") {
                continue;
            }
            let literals = literals(&std::fs::read_to_string(&file).unwrap());
            found.extend(literals.into_iter().map(|literal| Literal { place: shown(&file), ..literal }));
        }
    }
    found
}

/// The strings in Rust code, without comments and tests.
fn literals(code: &str) -> Vec<Literal> {
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let (mut found, mut before) = (Vec::new(), String::new());
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '/' if letters.peek() == Some(&'/') => while letters.next_if(|next| *next != '\n').is_some() {},
            // A character, not a lifetime.
            '\'' => {
                let rest: Vec<char> = letters.clone().take(3).collect();
                let length = match rest[..] {
                    ['\\', ..] => letters.clone().skip(1).position(|next| next == '\'').map_or(0, |at| at + 2),
                    [_, '\'', ..] => 2,
                    _ => 0,
                };
                letters.by_ref().take(length).for_each(drop);
            }
            '"' => {
                let text = string(&mut letters);
                found.push(Literal { before: before.clone(), text: text.clone(), place: String::new() });
                before.extend(["\"", &text, "\""]);
            }
            letter => before.push(letter),
        }
        let start = before.len().saturating_sub(200);
        let start = (start..=before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or_default();
        before.drain(..start);
    }
    found
}

fn string(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                Some('\n') => while letters.next_if(|next| next.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                escaped => text.extend(escaped),
            },
            letter => text.push(letter),
        }
    }
    text
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

fn shown(file: &Path) -> String {
    file.strip_prefix(AUTH).unwrap_or(file).display().to_string()
}
