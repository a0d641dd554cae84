//! Finds a file under another name by its text: each old text and the new one that it has most lines in common with.

use std::collections::{BTreeSet, HashMap, HashSet};

/// Percentage of equal lines from which two texts count as one file.
const ALIKE: usize = 50;
/// Percentage of a text's lines, and how many of them, from which another one may be what has become of it.
const PARTLY: usize = 30;
const FEWEST_OF_PART: usize = 5;

pub(super) struct Text<'t> {
    path: &'t str,
    lines: Lines<'t>,
}

/// An old and a new text, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Likeness {
    pub(super) old: usize,
    pub(super) new: usize,
    /// Lines in both, in percent of the longer text.
    percent: usize,
    /// Lines in both.
    pub(super) lines: usize,
    has_same_name: bool,
}

impl<'t> Text<'t> {
    pub(super) fn of(path: &'t str, text: &'t str) -> Self {
        Self { path, lines: Lines::of(text) }
    }

    /// Whether most of this text stands in another one, however much has been added there.
    pub(super) fn is_mostly_in(&self, other: &Self, at_least: usize) -> bool {
        let both = self.lines.both(&other.lines);
        both >= at_least && both * 100 >= self.lines.count * ALIKE
    }

    /// Whether a part of this text stands in another one: lines in common with many texts say nothing.
    pub(super) fn is_partly_in(&self, other: &Self, common: &Common) -> bool {
        let both = self.lines.both_but(&other.lines, common);
        both >= FEWEST_OF_PART && both * 100 >= self.lines.count * PARTLY
    }
}

/// Every old and new text that are alike, the most similar first; of equal similarity those with the same file name.
pub(super) fn candidates(old: &[Text], new: &[Text]) -> Vec<Likeness> {
    let mut candidates = Vec::new();
    for (at, left) in old.iter().enumerate() {
        for (to, right) in new.iter().enumerate() {
            let lines = left.lines.both(&right.lines);
            let percent = left.lines.percent(lines, &right.lines);
            let has_same_name = name(left.path) == name(right.path);
            if percent >= ALIKE {
                candidates.push(Likeness { old: at, new: to, percent, lines, has_same_name });
            }
        }
    }
    let rank = |one: &Likeness| (one.percent, one.has_same_name);
    candidates.sort_by(|a, b| rank(b).cmp(&rank(a)).then((a.old, a.new).cmp(&(b.old, b.new))));
    candidates
}

/// Takes the best candidates first, each text once.
pub(super) fn pairs(candidates: &[Likeness]) -> Vec<Likeness> {
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    let is_free = |one: &&Likeness| {
        let is_free = !old.contains(&one.old) && !new.contains(&one.new);
        if is_free {
            old.insert(one.old);
            new.insert(one.new);
        }
        is_free
    };
    candidates.iter().filter(is_free).copied().collect()
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Lines that texts of any kind have.
#[derive(Default)]
pub(super) struct Common<'t>(HashSet<&'t str>);

impl<'t> Common<'t> {
    pub(super) fn of(texts: impl Iterator<Item = &'t str>) -> Self {
        Self(texts.flat_map(str::lines).map(str::trim).collect())
    }
}

/// How often each line occurs in a text, except for lines without letters or digits.
struct Lines<'t> {
    count: usize,
    times: HashMap<&'t str, usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let mut lines = Self { count: 0, times: HashMap::new() };
        for line in text.lines().map(str::trim).filter(|line| line.chars().any(char::is_alphanumeric)) {
            lines.count += 1;
            *lines.times.entry(line).or_default() += 1;
        }
        lines
    }

    fn both(&self, other: &Self) -> usize {
        self.both_but(other, &Common::default())
    }

    fn both_but(&self, other: &Self, common: &Common) -> usize {
        let times = self.times.iter().filter(|(line, _)| !common.0.contains(*line));
        times.map(|(line, times)| *times.min(other.times.get(line).unwrap_or(&0))).sum()
    }

    /// The lines in both, in percent of the longer text.
    fn percent(&self, both: usize, other: &Self) -> usize {
        both * 100 / self.count.max(other.count).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_alike_by_the_lines_that_say_something() {
        let alike = |a: &str, b: &str| {
            let (a, b) = (Lines::of(a), Lines::of(b));
            a.percent(a.both(&b), &b)
        };
        assert_eq!(alike("a\nb\nc\nd\n", "  b\nd\n\n}\n{\n"), 50);
        assert_eq!(alike("a\na\nb\n", "a\nb\nc\nd\n"), 50, "a line counts as often as it stands in both");
        assert_eq!((alike("", ""), alike("}\n", "}\n"), alike("a\n", "b\n")), (0, 0, 0));
    }

    #[test]
    fn a_text_is_partly_in_another_by_lines_that_no_other_text_has() {
        let old = Text::of("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n");
        let new = Text::of("b", "1\n2\n3\n4\n5\nx\n");
        assert!(
            old.is_partly_in(&new, &Common::default()) && old.is_partly_in(&new, &Common::of(["x\n6"].into_iter()))
        );
        assert!(!old.is_partly_in(&new, &Common::of(["y\n  5"].into_iter())));
        let longer = (1..=17).fold(String::new(), |text, line| format!("{text}{line}\n"));
        assert!(!Text::of("a", &longer).is_partly_in(&new, &Common::default()), "5 of 17");
    }

    #[test]
    fn a_text_is_mostly_in_a_longer_one_that_it_is_not_like() {
        let (short, long) = (Text::of("a", "1\n2\n3\n"), Text::of("b", "1\n2\nx\ny\nz\n"));
        assert!(candidates(&[Text::of("a", "1\n2\n3\n")], &[Text::of("b", "1\n2\nx\ny\nz\n")]).is_empty());
        assert!(short.is_mostly_in(&long, 2) && !short.is_mostly_in(&long, 3) && !long.is_mostly_in(&short, 1));
    }
}
