//! Finds the tags of a Liquid text and the names in them. Liquid treats an unknown name in `{% if %}` as false, and
//! gives no position for errors while rendering.

use std::collections::BTreeSet;

/// Liquid's keywords and loop variables.
const WORDS: [&str; 16] = [
    "and",
    "blank",
    "by",
    "contains",
    "empty",
    "false",
    "forloop",
    "in",
    "include",
    "nil",
    "null",
    "or",
    "reversed",
    "tablerowloop",
    "true",
    "with",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// The text between the braces.
    pub(super) text: &'a str,
    pub(super) offset: usize,
    is_output: bool,
}

/// All tags except those inside `raw` and `comment`.
pub(super) fn tags(source: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut position = 0;
    while let Some(tag) = next_tag(source, position) {
        position = tag.offset + tag.text.len() + "{{}}".len();
        if let Some(block) = ["raw", "comment"].into_iter().find(|block| tag.word() == Some(*block)) {
            position = end_of(source, position, block);
        } else {
            tags.push(tag);
        }
    }
    tags
}

fn next_tag(source: &str, from: usize) -> Option<Tag<'_>> {
    let opens = |(at, _): &(usize, &str)| matches!(source.as_bytes().get(from + at + 1), Some(b'{' | b'%'));
    let offset = from + source[from..].match_indices('{').find(opens)?.0;
    let is_output = source.as_bytes()[offset + 1] == b'{';
    let start = offset + 2;
    let end = start + source[start..].find(if is_output { "}}" } else { "%}" })?;
    Some(Tag { text: &source[start..end], offset, is_output })
}

fn end_of(source: &str, from: usize, block: &str) -> usize {
    let closing = format!("end{block}");
    let mut position = from;
    while let Some(at) = source[position..].find("{%") {
        let start = position + at + 2;
        let inner = source[start..].trim_start_matches(['-', ' ', '\n', '\t']);
        if inner.starts_with(&closing) {
            return source[start..].find("%}").map_or(source.len(), |end| start + end + 2);
        }
        position = start;
    }
    source.len()
}

impl<'a> Tag<'a> {
    pub(super) fn is_output(&self) -> bool {
        self.is_output
    }

    /// Whether the tag uses the filter.
    pub(super) fn has_filter(&self, name: &str) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        self.text.split('|').skip(1).any(|filter| filter.trim_start().split(|c| !is_word(c)).next() == Some(name))
    }

    /// The tag's name, such as `if` or `assign`; None for `{{ }}`.
    fn word(&self) -> Option<&'a str> {
        if self.is_output { None } else { self.text.trim_matches(['-', ' ', '\n', '\t']).split_whitespace().next() }
    }

    /// The variable that this tag defines.
    pub(super) fn defines(&self) -> Option<&'a str> {
        let defining = ["assign", "capture", "decrement", "for", "increment", "tablerow"];
        self.word().filter(|word| defining.contains(word))?;
        tokens(self.text).nth(1).map(|(_, name)| name)
    }

    /// The variables that this tag uses.
    pub(super) fn uses(&self) -> impl Iterator<Item = &'a str> {
        let skipped = usize::from(!self.is_output);
        let defined = self.defines();
        tokens(self.text)
            .skip(skipped)
            .filter(|(kind, _)| *kind == Token::Variable)
            .map(|(_, name)| name)
            .filter(move |name| !WORDS.contains(name) && Some(*name) != defined)
    }
}

/// The names defined anywhere in the text.
pub(super) fn defined<'a>(tags: &[Tag<'a>]) -> BTreeSet<&'a str> {
    tags.iter().filter_map(Tag::defines).collect()
}

/// The variables in an expression with Liquid's syntax of strings and names.
pub(super) fn names(expression: &str) -> impl Iterator<Item = &str> {
    tokens(expression).filter(|(kind, name)| *kind == Token::Variable && !WORDS.contains(name)).map(|(_, name)| name)
}

/// The nesting depth of blocks.
pub(super) fn depth(tags: &[Tag]) -> usize {
    let blocks = ["capture", "case", "for", "if", "ifchanged", "tablerow", "unless"];
    let (mut depth, mut deepest) = (0_usize, 0);
    for word in tags.iter().filter_map(Tag::word) {
        if blocks.contains(&word) {
            depth += 1;
            deepest = deepest.max(depth);
        } else if word.starts_with("end") {
            depth = depth.saturating_sub(1);
        }
    }
    deepest
}

/// Line and column of a byte offset, counted from 1.
pub(crate) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = &source[..offset];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Variable,
    /// A filter, a named argument, a function or a part after a dot.
    Other,
}

fn tokens(text: &str) -> impl Iterator<Item = (Token, &str)> {
    let mut rest = text;
    let mut before = ' ';
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            if first == '"' || first == '\'' {
                let end = rest[1..].find(first).map_or(rest.len(), |at| at + 2);
                rest = &rest[end..];
                before = first;
            } else if first.is_ascii_alphabetic() || first == '_' {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
                // A dash at the end belongs to the tag and strips white space.
                let end = if end == rest.len() { rest.trim_end_matches('-').len() } else { end };
                let (name, after) = rest.split_at(end);
                let named = after.trim_start().starts_with([':', '(']);
                let kind = if named || before == '|' || before == '.' { Token::Other } else { Token::Variable };
                rest = after;
                before = 'a';
                return Some((kind, name));
            } else {
                let number = first.is_ascii_digit();
                let end = if number {
                    rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
                } else {
                    first.len_utf8()
                };
                rest = &rest[end..];
                if !first.is_whitespace() {
                    before = first;
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(source: &str) -> Vec<&str> {
        tags(source).iter().flat_map(Tag::uses).collect()
    }

    #[test]
    fn variables_are_told_from_filters_strings_members_and_words() {
        assert_eq!(used("{{ name | replace: 'old', other | upcase }}"), ["name", "other"]);
        assert_eq!(used("{%- if a.b == \"text\" and c contains d -%}{% elsif e %}"), ["a", "c", "d", "e"]);
        assert_eq!(used("{% include \"auth/defaults.toml\" %}{{ x.size }}"), ["x"]);
        assert_eq!(used("{% for item in items limit: 3 %}{% endfor %}"), ["items"]);
    }

    #[test]
    fn a_dash_is_part_of_a_name_but_not_at_the_end_of_a_tag() {
        assert_eq!(
            used("{{ project-name }}{{- a-}}{%- if os-arch == b -%}{{c-}}"),
            ["project-name", "a", "os-arch", "b", "c"]
        );
    }

    #[test]
    fn what_a_tag_defines_is_known() {
        let tags = tags("{% assign a = b %}{% capture c %}{% endcapture %}{% for d in e %}{% endfor %}");
        assert_eq!(defined(&tags).into_iter().collect::<Vec<_>>(), ["a", "c", "d"]);
    }

    #[test]
    fn raw_text_and_comments_are_passed_over() {
        assert_eq!(used("{% raw %}${{ secrets.X }}{% endraw %}{{ a }}"), ["a"]);
        assert_eq!(used("{%- comment -%}{{ b }}{%- endcomment -%}{{ a }}"), ["a"]);
    }

    #[test]
    fn an_unclosed_tag_or_block_ends_the_search() {
        assert_eq!(used("{{ a }}{% raw %}{{ b }}"), ["a"]);
        assert_eq!(used("{{ a"), Vec::<&str>::new());
    }

    #[test]
    fn blocks_inside_of_blocks_are_deeper_and_blocks_side_by_side_are_not() {
        let block = "{% if a %}{% endif %}";
        assert_eq!(depth(&tags(&block.repeat(3))), 1);
        assert_eq!(depth(&tags("{% if a %}{%- for b in c -%}{% endfor %}{% endif %}{% if a %}{% endif %}")), 2);
    }

    #[test]
    fn positions_count_characters_from_one() {
        let source = "one\nzwölf {{ x }}";
        assert_eq!(position(source, tags(source)[0].offset), (2, 7));
        assert_eq!(position(source, 0), (1, 1));
    }
}
