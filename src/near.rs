//! Words that were probably meant.

/// Wrong letters in a word that can still be recognized.
const WRONG: usize = 2;

/// The known word that is most like one that is not known.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let distances = known.into_iter().map(|known| (distance(known, word), known));
    // A short word would be like any other.
    let near = distances.filter(|(distance, known)| *distance <= WRONG && *distance < known.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// The number of letters to add, remove or change (Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_few_wrong_letters_is_recognized_and_no_other() {
        let known = ["company", "tier", "a"];
        for (word, meant) in [("compny", "company"), ("teir", "tier"), ("Tier", "tier"), ("company", "company")] {
            assert_eq!(nearest(word, known), Some(meant));
        }
        for word in ["port", "b", "", "comp"] {
            assert_eq!(nearest(word, known), None, "{word}");
        }
    }
}
