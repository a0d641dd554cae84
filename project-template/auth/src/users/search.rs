//! The text by which staff find an account, and what a search looks for in it.

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::{NewUser, User, search_store as store};
use crate::db::Tx;

/// What is looked for at most: an address has no more letters, and nobody has as many names.
const LETTERS: usize = 254;
const WORDS: usize = 10;

/// Before each word. Shorter words than the index knows are looked for together with it, at the beginning of others.
const GAP: &str = "  ";

/// Notes by what an account is found.
pub(super) async fn note(tx: &mut Tx, id: Uuid, email: &str, names: (&str, &str)) -> sqlx::Result<()> {
    store::set(tx, id, &words(email, names.0, names.1)).await
}

/// As [`note`], for an account that may have changed.
pub(super) async fn noted(tx: &mut Tx, user: Option<User>) -> sqlx::Result<Option<User>> {
    if let Some(user) = &user {
        note(tx, user.id, &user.email, (&user.first_name, &user.last_name)).await?;
    }
    Ok(user)
}

/// Notes the words of an account that was just made or, in the same time, of nobody.
pub(super) async fn note_or_pretend(tx: &mut Tx, new: &NewUser, is_made: bool) -> sqlx::Result<()> {
    let words = words(new.email.as_written(), &new.first_name, &new.last_name);
    store::insert(tx, is_made.then_some(new.id), &words).await?;
    store::remove_pretended(tx).await
}

/// The text for an address and names, its domain in both forms.
fn words(email: &str, first: &str, last: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let ascii = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned());
    let (unicode, _) = idna::domain_to_unicode(&ascii);
    let address = format!("{local}@{unicode}");
    let other = if ascii == unicode { String::new() } else { format!("@{ascii}") };
    let folded = fold(&[&address, &other, first, last].join(" "));
    folded.split_whitespace().flat_map(|word| [GAP, word]).collect()
}

/// What the text of an account must have for it to be found. Words of one or two letters are beginnings; others are
/// anywhere in it.
pub(crate) fn needles(searched: &str) -> Vec<String> {
    let folded: String = fold(searched).chars().take(LETTERS).collect();
    let needle = |word: &str| match word.chars().count() {
        1 => format!("{GAP}{word}"),
        2 => format!(" {word}"),
        _ => word.to_owned(),
    };
    folded.split_whitespace().take(WORDS).map(needle).collect()
}

/// A text without what people leave out: case, accents, the width of letters.
fn fold(text: &str) -> String {
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let bare = text.nfkd().filter(|letter| !is_accent(letter));
    // By way of upper case, ß is ss and both forms of a sigma are one.
    let folded = bare.flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    folded.filter(|letter| !is_accent(letter) && *letter != '\0').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_searched_without_case_accents_and_width() {
        for (written, folded) in [
            ("Zoë", "zoe"),
            ("ZOE\u{308}", "zoe"),
            ("Łukasz", "łukasz"),
            ("Weiß", "weiss"),
            ("ΟΔΥΣΣΕΎΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("İnci Işık", "inci isik"),
            ("Ｌｉ", "li"),
            ("Ёлкин", "елкин"),
            ("हिन्दी", "हिन्दी"),
            ("a_b%c\\\"'", "a_b%c\\\"'"),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn an_account_is_known_by_both_forms_of_its_domain_and_each_name() {
        assert_eq!(words("Ada@Example.com", "Ada Maria", " Lovelace"), "  ada@example.com  ada  maria  lovelace");
        for domain in ["bücher.example", "xn--bcher-kva.example"] {
            assert_eq!(words(&format!("a@{domain}"), "", ""), "  a@bucher.example  @xn--bcher-kva.example");
        }
    }

    #[test]
    fn every_word_is_long_enough_for_the_index() {
        assert_eq!(needles(" Li  w LoveLace "), [" li", "  w", "lovelace"]);
        assert_eq!(needles(" \t\0"), [""; 0]);
        assert_eq!(needles(&"x ".repeat(300)).len(), WORDS);
        assert_eq!(needles(&"x".repeat(300)), ["x".repeat(LETTERS)]);
    }
}
