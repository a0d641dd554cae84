//! Merges two texts with a common base; where both changed the same lines, both stand between markers.

use diffy::{DiffOptions, Hunk, IncompleteHunkStyle, Line, MergeOptions};

/// Label of the owner's part in a marker.
const YOURS: &str = "yours";
/// Labels of the other parts: the program's version follows, or nothing where it says nothing.
pub(crate) const OF_PROGRAM: &str = "jwt-allauth ";
pub(crate) const OLD: &str = "the old template";
pub(crate) const NEW: &str = "the new template";
/// As in git.
const MARKER_LENGTH: usize = 7;

/// Labels of the other parts.
#[derive(Clone, Copy)]
pub(crate) struct Labels<'a> {
    pub(crate) base: &'a str,
    pub(crate) theirs: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) text: String,
    pub(super) conflicts: usize,
}

pub(super) fn three_ways(base: &str, yours: &str, theirs: &str, labels: Labels) -> Merged {
    let length = marker_length(&[base, yours, theirs]);
    let mut options = MergeOptions::new();
    options.set_conflict_marker_length(length).set_incomplete_hunk_style(IncompleteHunkStyle::Git);
    match options.merge(base, yours, theirs) {
        Ok(text) => Merged { text, conflicts: 0 },
        Err(text) => labelled(&text, length, labels),
    }
}

/// Without the base it is unknown who changed what, so every difference is a conflict.
pub(super) fn two_ways(yours: &str, theirs: &str, labels: Labels) -> Merged {
    let length = marker_length(&[yours, theirs]);
    let mut options = DiffOptions::new();
    // Puts everything into one hunk.
    options.set_context_len(yours.lines().count() + theirs.lines().count());
    let patch = options.create_patch(yours, theirs);
    let mut merged = Merged { text: String::new(), conflicts: 0 };
    let mut differing = (String::new(), String::new());
    for line in patch.hunks().iter().flat_map(Hunk::lines) {
        match line {
            Line::Delete(line) => differing.0.push_str(line),
            Line::Insert(line) => differing.1.push_str(line),
            Line::Context(line) => {
                merged.conflict(&mut differing, length, labels);
                merged.text.push_str(line);
            }
        }
    }
    merged.conflict(&mut differing, length, labels);
    merged
}

impl Merged {
    fn conflict(&mut self, (yours, theirs): &mut (String, String), length: usize, labels: Labels) {
        if yours.is_empty() && theirs.is_empty() {
            return;
        }
        let [start, middle, end] = ["<", "=", ">"].map(|mark| mark.repeat(length));
        for part in [&mut *yours, &mut *theirs] {
            if !part.is_empty() && !part.ends_with('\n') {
                part.push('\n');
            }
        }
        let end = format!("{end} {}", labels.theirs);
        let lines = [&start, " ", YOURS, "\n", yours, &middle, "\n", theirs, &end, "\n"];
        self.text.extend(lines);
        self.conflicts += 1;
        yours.clear();
        theirs.clear();
    }
}

/// Lines of which one is in every text in which [`of_update`] finds any.
pub(super) const LIKE_A_MARKER: &str = r"^(<{7,} yours|[|]{7,} |>{7,} )";

/// Finds the markers in a text.
pub(super) type Markers = for<'t> fn(&'t str) -> Vec<&'t str>;

/// Whether a text has markers that none of the texts has from which it may come.
pub(super) fn has_others(text: &str, markers: Markers, origins: &[&str]) -> bool {
    let mine = markers(text);
    let is_from = |origin: &&str| {
        let mut theirs = markers(origin);
        mine.iter().all(|marker| {
            let same = theirs.iter().position(|one| one == marker);
            same.map(|same| theirs.swap_remove(same)).is_some()
        })
    };
    !mine.is_empty() && !origins.iter().any(is_from)
}

/// The markers of an update's conflicts that still stand in it.
pub(super) fn of_update(text: &str) -> Vec<&str> {
    let is_marker = |line: &str, mark, labels: &[&str]| {
        let label = line[run(line, mark)..].strip_prefix(' ');
        let is_ours = |label: &str| labels.contains(&label) || (labels != [YOURS] && label.starts_with(OF_PROGRAM));
        run(line, mark) >= MARKER_LENGTH && label.is_some_and(is_ours)
    };
    let is_one =
        |line: &&str| is_marker(line, '<', &[YOURS]) || is_marker(line, '|', &[OLD]) || is_marker(line, '>', &[NEW]);
    text.lines().filter(is_one).collect()
}

/// The last marker of each conflict as git leaves it: begin, middle and end, in this order and of one length.
pub(super) fn of_git(text: &str) -> Vec<&str> {
    let (mut begun, mut halved) = (0, 0);
    let is_last = |line: &&str| {
        let is_marker = |mark: char| {
            let length = run(line, mark);
            (length >= MARKER_LENGTH && line[length..].chars().next().is_none_or(|next| next == ' ')).then_some(length)
        };
        if let Some(length) = is_marker('<') {
            (begun, halved) = (length, 0);
        } else if is_marker('=').is_some_and(|length| length == begun && length == line.len()) {
            halved = begun;
        }
        is_marker('>').is_some_and(|length| length == halved)
    };
    text.lines().filter(is_last).collect()
}

/// The length of a run of this character, an ASCII one, at the beginning.
fn run(line: &str, mark: char) -> usize {
    line.len() - line.trim_start_matches(mark).len()
}

/// Longer than any marker-like line in the texts.
fn marker_length(texts: &[&str]) -> usize {
    let marks = |line| ['<', '|', '>'].into_iter().map(move |mark| run(line, mark));
    let longest = texts.iter().flat_map(|text| text.lines()).flat_map(marks).max().unwrap_or_default();
    MARKER_LENGTH.max(longest + 1)
}

/// Renames the library's labels, which are ours, original and theirs.
fn labelled(text: &str, length: usize, labels: Labels) -> Merged {
    let marker = |mark: &str, label: &str| format!("{} {label}\n", mark.repeat(length));
    let start = marker("<", "ours");
    let renamed = [
        (start.clone(), marker("<", YOURS)),
        (marker("|", "original"), marker("|", labels.base)),
        (marker(">", "theirs"), marker(">", labels.theirs)),
    ];
    let conflicts = text.split_inclusive('\n').filter(|line| *line == start).count();
    let line = |line: &str| {
        let renamed = renamed.iter().find(|(old, _)| old.trim_end() == line.trim_end_matches('\n'));
        renamed.map_or_else(|| line.to_owned(), |(_, new)| new.clone())
    };
    Merged { text: text.split_inclusive('\n').map(line).collect(), conflicts }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: Labels = Labels { base: "0.1.0", theirs: "0.2.0" };

    fn has_conflict(text: &str) -> bool {
        !of_update(text).is_empty()
    }

    fn has_block(text: &str) -> bool {
        !of_git(text).is_empty()
    }

    #[test]
    fn markers_are_others_if_no_origin_has_each_of_them_as_often() {
        let one = "<<<<<<< yours\n=======\n>>>>>>> the new template\n";
        let (twice, longer) = (one.repeat(2), one.replace('<', "<<"));
        assert!(has_others(one, of_update, &[]) && !has_others("one\n", of_update, &[]));
        assert!(!has_others(one, of_update, &["", one]) && !has_others(one, of_git, &[&twice]));
        assert!(has_others(&twice, of_update, &[one, one]) && has_others(&twice, of_git, &[one]));
        assert!(has_others(&longer, of_update, &[one]));
    }

    #[test]
    fn changes_at_different_lines_go_together() {
        let merged = three_ways("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n", LABELS);
        assert_eq!(merged, Merged { text: "A\nb\nc\nD\n".into(), conflicts: 0 });
    }

    #[test]
    fn a_conflict_shows_yours_the_old_text_and_theirs() {
        let merged = three_ways("a\nb\n", "a\nyou\n", "a\nthem\n", LABELS);
        let text = "a\n<<<<<<< yours\nyou\n||||||| 0.1.0\nb\n=======\nthem\n>>>>>>> 0.2.0\n";
        assert_eq!(merged, Merged { text: text.into(), conflicts: 1 });
        assert!(has_conflict(&merged.text));
    }

    #[test]
    fn a_last_line_that_does_not_end_keeps_the_markers_apart() {
        for (yours, theirs) in [("a\nyou", "a\nthem"), ("you", "a\nthem\n"), ("a\nyou\n", "a\nthem")] {
            let merged = three_ways("a\nb", yours, theirs, LABELS);
            assert_eq!(merged.conflicts, 1, "{merged:?}");
            let markers = merged
                .text
                .lines()
                .filter(|line| ["<<<<<<< yours", "||||||| 0.1.0", "=======", ">>>>>>> 0.2.0"].contains(line));
            assert_eq!(markers.count(), 4, "{}", merged.text);
        }
    }

    #[test]
    fn without_the_old_text_whatever_differs_is_a_conflict() {
        let merged = two_ways("a\nyou\nb\nc\n", "a\nb\nthem\nc", LABELS);
        let text =
            "a\n<<<<<<< yours\nyou\n=======\n>>>>>>> 0.2.0\nb\n<<<<<<< yours\nc\n=======\nthem\nc\n>>>>>>> 0.2.0\n";
        assert_eq!(merged, Merged { text: text.into(), conflicts: 2 });
    }

    #[test]
    fn markers_are_longer_than_what_looks_like_one() {
        let merged = three_ways("<<<<<<< ours\nb\n", "<<<<<<< ours\nyou\n", "<<<<<<< ours\nthem\n", LABELS);
        assert!(merged.text.starts_with("<<<<<<< ours\n<<<<<<<< yours\nyou\n|||||||| 0.1.0\n"), "{}", merged.text);
        assert_eq!(merged.conflicts, 1);
        assert!(has_conflict(&merged.text) && !has_conflict("<<<<<<< ours\n"));
    }

    #[test]
    fn any_marker_that_is_left_is_a_conflict() {
        for line in
            ["<<<<<<< yours", "||||||| jwt-allauth 0.1.0", ">>>>>>>> the new template", "||||||| the old template"]
        {
            assert!(has_conflict(&format!("a\n{line}\r\nb\n")), "{line}");
        }
        for line in
            ["<<<<<< yours", "<<<<<<< yours truly", "=======", "||||||| a", ">>>>>>> HEAD", " <<<<<<< yours", ""]
        {
            assert!(!has_conflict(line), "{line}");
        }
    }

    #[test]
    fn what_git_leaves_is_a_block_of_three_markers() {
        assert!(has_block("a\n<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> topic\n"));
        assert!(has_block("<<<<<<<\r\n||||||| 1\r\n=======\r\n>>>>>>>\r\n"));
        for text in [
            "Title\n=======\n",
            "<<<<<<< a\n>>>>>>> b\n",
            "=======\n<<<<<<< a\n>>>>>>> b\n",
            "<<<<<<< a\n======== \n>>>>>>> b\n",
            ">>>>>>> a\n=======\n<<<<<<< b\n",
            "<<<<<<<<HEAD\n========\n>>>>>>>>x\n",
        ] {
            assert!(!has_block(text), "{text}");
        }
    }
}
