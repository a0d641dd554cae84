//! What scripts print, as soon as they print it.
//!
//! cargo-generate keeps all that a script prints in memory until the script has ended. What a script passes to `debug`
//! goes to stdout at once, so in the copies of scripts that cargo-generate gets, `print` is called `debug`.

use super::{code, question};

/// Most that a template's scripts may print.
const MOST_BYTES: usize = 1024 * 1024;
const MOST_LINES: usize = 10_000;

const PRINT: &str = "print";
/// As long as `print`, so that every position in an error is that of the template.
const AT_ONCE: &str = "debug";
/// After the key: a script begins, or asks. Its number follows.
const BEGINS: &str = "s";
const ASKS: &str = "a";
/// After the key: a name in the path of a file has no value.
const LACKS: &str = "l";
const DIGITS: usize = 6;

const MODULE: &str = "variable";
const PROMPT: &str = "prompt";

/// The copies of scripts for cargo-generate. Each begins by saying which one it is, because Rhai tells only for imported
/// ones who prints.
pub(super) struct Scripts {
    key: String,
    /// Whether this process asks what they ask.
    ask: bool,
    /// The path, the text in the template, and the copy.
    all: Vec<(String, String, String)>,
}

impl Scripts {
    /// `key` is in no script.
    pub(super) fn new(key: &str, ask: bool) -> Self {
        Self { key: key.to_owned(), ask, all: Vec::new() }
    }

    pub(super) fn are_asked_for(&self) -> bool {
        self.ask
    }

    pub(super) fn copy(&mut self, path: &str, text: &str) -> String {
        let introduction = self.introduction(self.all.len());
        // Rhai ignores a first line with `#!`.
        let code = if text.starts_with("#!") { text.find('\n').map_or("", |end| &text[end..]) } else { text };
        let asked = self.ask.then(|| question::name(self.all.len()));
        let copy = introduction + at_once(code, asked.as_deref()).as_str();
        self.all.push((path.to_owned(), text.to_owned(), copy));
        self.all.last().map(|(_, _, copy)| copy.clone()).unwrap_or_default()
    }

    pub(super) fn original(&self, copy: &str) -> Option<&str> {
        self.all.iter().find(|(_, _, of)| of == copy).map(|(_, text, _)| text.as_str())
    }

    /// Of the same length for all scripts.
    fn introduction(&self, number: usize) -> String {
        let said = |kind| format!("{}{kind}{number:0DIGITS$}", self.key);
        let function = if self.ask { question::function(&said(ASKS), number) } else { String::new() };
        format!("{AT_ONCE}(\"{}\");{function}", said(BEGINS))
    }

    /// A statement that says that the name of this number has no value.
    pub(super) fn lack(&self, number: usize) -> String {
        format!("{AT_ONCE}(\"{}{LACKS}{number:0DIGITS$}\")", self.key)
    }

    /// Said when the scripts are over that run before files are rendered.
    pub(super) fn conclusion(&self) -> String {
        format!("{AT_ONCE}(\"{}\");\n", self.key)
    }

    /// What a text of a script means that no author has written.
    pub(super) fn understood<'s>(&'s self, text: &'s str) -> Option<Said<'s>> {
        let rest = text.strip_prefix(&self.key)?;
        let Some((kind, rest)) = rest.split_at_checked(BEGINS.len()) else { return Some(Said::Concluded) };
        let (number, part) = rest.split_at_checked(DIGITS)?;
        let number: usize = number.parse().ok()?;
        if kind == LACKS {
            return Some(Said::Lacks(number));
        }
        let (path, _, _) = self.all.get(number)?;
        Some(if kind == BEGINS { Said::Begins(path) } else { Said::Asks { script: path, part } })
    }

    /// The message of an error with positions in the template instead of in the copy.
    pub(super) fn in_template(&self, message: &str) -> String {
        const POSITION: &str = "(line 1, position ";
        let longer = self.introduction(0).chars().count();
        let mut parts = message.split(POSITION);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |message, part| {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let position = part[..end].parse::<usize>().ok().filter(|position| *position > longer);
            let position = position.map_or_else(|| part[..end].to_owned(), |position| (position - longer).to_string());
            [&message, POSITION, &position, &part[end..]].concat()
        })
    }
}

pub(super) enum Said<'s> {
    /// A script of this path.
    Begins(&'s str),
    /// The scripts before the files are over.
    Concluded,
    /// A name has no value.
    Lacks(usize),
    /// A part of its question.
    Asks { script: &'s str, part: &'s str },
}

/// A script whose every `print` is a `debug`. `print` is a reserved word of Rhai: outside of strings and comments it can
/// only be a call, and no script can give it another meaning. `variable::prompt` is replaced by `asked`, too, in as
/// many characters.
fn at_once(script: &str, asked: Option<&str>) -> String {
    let mut heard = String::with_capacity(script.len());
    let mut rest = 0;
    // After a word `variable`.
    let mut module = None;
    code::words(script, &mut |at, word| {
        let before = module.take().filter(|start: &usize| script[*start + MODULE.len()..at].trim() == "::");
        let (start, put) = match (word, before.zip(asked)) {
            (PRINT, _) => (at, AT_ONCE.to_owned()),
            (PROMPT, Some((start, asked))) => {
                let blank = |c: char| if c.is_whitespace() { c } else { ' ' };
                (start, script[start..at].chars().map(blank).chain(asked.chars()).collect())
            }
            _ => {
                module = (word == MODULE).then_some(at);
                return;
            }
        };
        heard.push_str(&script[rest..start]);
        heard.push_str(&put);
        rest = at + word.len();
    });
    heard.push_str(&script[rest..]);
    heard
}

/// The imported script, if it is one, and the text of a line, as Rhai writes it: `script @ line:column | value`.
pub(super) fn said(line: &str) -> Option<(Option<&str>, String)> {
    let (before, value) = line.split_once(" | ")?;
    let (script, position) = before.rsplit_once(" @ ").map_or((None, before), |(script, at)| (Some(script), at));
    let is_position = position.split_once(':').is_some_and(|(line, column)| {
        [line, column].iter().all(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
    });
    is_position.then(|| (script, plain(value)))
}

/// The value as `print` shows it: a text without its quotes.
fn plain(value: &str) -> String {
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    match quoted {
        Some(text) => unescaped(text),
        None if value == "()" => String::new(),
        None => value.to_owned(),
    }
}

/// Undoes the escapes of Rust.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        plain.push_str(before);
        let mut characters = escape.chars();
        let first = characters.next();
        rest = characters.as_str();
        match first {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('0') => plain.push('\0'),
            Some('u') => {
                let code = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let parsed = code.and_then(|(code, after)| Some((u32::from_str_radix(code, 16).ok()?, after)));
                let (code, after) = parsed.unwrap_or((u32::from('\u{fffd}'), rest));
                plain.extend(char::from_u32(code));
                rest = after;
            }
            other => plain.extend(other),
        }
    }
    plain + rest
}

/// Counts what scripts print.
#[derive(Default)]
pub(super) struct Count {
    bytes: usize,
    lines: usize,
}

impl Count {
    /// Adds a text, or says which bound it exceeds.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(text.len() + 1);
        self.lines = self.lines.saturating_add(text.split('\n').count());
        if self.bytes > MOST_BYTES {
            Err(format!("more than {} MiB", MOST_BYTES / 1024 / 1024))
        } else if self.lines > MOST_LINES {
            Err(format!("more than {MOST_LINES} lines"))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_renamed_wherever_code_is_and_nothing_else_is() {
        for (script, heard) in [
            ("print(1); print (2);", "debug(1); debug (2);"),
            ("print(\"print(1)\", 'p'); reprint(1); printer", "debug(\"print(1)\", 'p'); reprint(1); printer"),
            ("// print(1)\nprint(2)", "// print(1)\ndebug(2)"),
            ("/* /* print(1) */ print(2) */ print(3)", "/* /* print(1) */ print(2) */ debug(3)"),
            ("\"\\\"\"; print('\\'');print(\"a\")", "\"\\\"\"; debug('\\'');debug(\"a\")"),
            ("##\"print\"# print\"##; print(1)", "##\"print\"# print\"##; debug(1)"),
            (
                "`print ${print(`a ${#{a: print(1)}} print`)} `` print`; print(2)",
                "`print ${debug(`a ${#{a: debug(1)}} print`)} `` print`; debug(2)",
            ),
            ("é;print(\"é\")", "é;debug(\"é\")"),
        ] {
            assert_eq!(at_once(script, None), heard);
        }
        for unclosed in ["\"", "`${", "#\"", "/*", "'", "\\"] {
            assert_eq!(at_once(unclosed, Some("_asked")), unclosed);
        }
        for (script, heard) in [
            ("variable::prompt(a)", "          _asked(a)"),
            ("variable ::\n prompt(variable::get(b))", "           \n _asked(variable::get(b))"),
            (
                "`${variable::prompt(a)}`; x.prompt(); prompt(variable)",
                "`${          _asked(a)}`; x.prompt(); prompt(variable)",
            ),
        ] {
            assert_eq!(at_once(script, Some("_asked")), heard);
            assert_eq!(at_once(script, None), script);
        }
    }

    #[test]
    fn what_rhai_writes_is_read_back() {
        for value in ["plain", "a \"b\" \\ 'c'\n\t\r\0\u{1b}[1m\u{202e}é", "", "()", "x @ 1:2 | y"] {
            let line = format!("12:3 | {value:?}");
            assert_eq!(said(&line), Some((None, value.to_owned())), "{line}");
            let line = format!("/tmp/a @ b.rhai @ {line}");
            assert_eq!(said(&line), Some((Some("/tmp/a @ b.rhai"), value.to_owned())), "{line}");
        }
        for (value, text) in [("'a'", "a"), ("'\\''", "'"), ("4.5", "4.5"), ("()", ""), ("[\"a\"]", "[\"a\"]")] {
            assert_eq!(said(&format!("1:2 | {value}")), Some((None, text.into())));
        }
        for line in ["plain", "x @ y | z", "x @ 1: | z", ""] {
            assert_eq!(said(line), None, "{line}");
        }
    }

    #[test]
    fn a_script_says_which_one_it_is_and_its_errors_are_where_its_author_sees_them() {
        let mut scripts = Scripts::new("key", false);
        assert_eq!(scripts.copy("a.rhai", "print(1)"), "debug(\"keys000000\");debug(1)");
        let copy = scripts.copy("b.rhai", "#!/print '\nprint(1)");
        assert_eq!(copy, "debug(\"keys000001\");\ndebug(1)");
        assert!(matches!(scripts.understood("keys000000"), Some(Said::Begins("a.rhai"))));
        assert!(matches!(scripts.understood("key"), Some(Said::Concluded)) && scripts.understood("other").is_none());
        assert_eq!(scripts.original(&copy), Some("#!/print '\nprint(1)"));
        let message = "a (line 1, position 22) b (line 2, position 30) c (line 1, position 2)";
        assert_eq!(
            scripts.in_template(message),
            "a (line 1, position 2) b (line 2, position 30) c (line 1, position 2)"
        );
    }

    #[test]
    fn bytes_and_lines_are_bounded() {
        let count = |text: &str| {
            let mut count = Count::default();
            (0..2_000_000).find_map(|_| count.add(text).err())
        };
        assert_eq!(count("a").as_deref(), Some("more than 10000 lines"));
        assert_eq!(count(&"a".repeat(1000)).as_deref(), Some("more than 1 MiB"));
        assert_eq!(count(&"\n".repeat(20_000)).as_deref(), Some("more than 10000 lines"));
    }
}
