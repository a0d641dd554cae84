//! The indexed text by which staff find an account, and the search terms for it.

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::{NAME_LIMIT, NewUser, User, search_store as store};
use crate::db::Tx;

/// No address has more characters, and no user more names.
const LETTERS: usize = 254;
const WORDS: usize = 10;

/// Accounts in memory at once.
const BATCH: u32 = 1_000;

/// Precedes each word. The index holds trigrams: shorter search words are looked up with it, as beginnings of words.
const GAP: &str = "  ";

pub(super) async fn note(tx: &mut Tx, id: Uuid, email: &str, names: (&str, &str)) -> sqlx::Result<()> {
    store::set(tx, id, &words(email, names.0, names.1)).await
}

pub(super) async fn noted(tx: &mut Tx, user: Option<User>) -> sqlx::Result<Option<User>> {
    if let Some(user) = &user {
        note(tx, user.id, user.email.as_written(), (&user.first_name, &user.last_name)).await?;
    }
    Ok(user)
}

/// If no account was created, does the same work, against timing attacks.
pub(super) async fn note_or_pretend(tx: &mut Tx, new: &NewUser, is_made: bool) -> sqlx::Result<()> {
    let words = words(new.email.as_written(), &new.first_name, &new.last_name);
    store::insert(tx, is_made.then_some(new.id), &words).await?;
    store::remove_pretended(tx).await
}

/// For a migration that wrote them in SQL.
pub(super) async fn note_all(tx: &mut Tx) -> sqlx::Result<()> {
    let mut after = 0;
    loop {
        let noted = store::page(tx, after, BATCH).await?;
        let Some(last) = noted.last() else { return Ok(()) };
        after = last.number;
        for row in &noted {
            let words = words(&row.email, &row.first_name, &row.last_name);
            if words != row.words {
                store::replace(tx, row.number, &words).await?;
            }
        }
    }
}

fn words(email: &str, first: &str, last: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let ascii = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned());
    let (unicode, _) = idna::domain_to_unicode(&ascii);
    let address = format!("{}@{}", folded(local, LETTERS), folded(&unicode, LETTERS));
    let other = if ascii == unicode { String::new() } else { format!("@{}", folded(&ascii, LETTERS)) };
    let text = [address, other, folded(first, NAME_LIMIT), folded(last, NAME_LIMIT)].join(" ");
    text.split_whitespace().flat_map(|word| [GAP, word]).collect()
}

/// Cuts the result, not the text: a single letter can become eighteen.
fn folded(text: &str, limit: usize) -> String {
    fold(text).chars().take(limit).collect()
}

/// Words of one or two letters match beginnings of words, longer ones match anywhere.
pub(crate) fn needles(searched: &str) -> Vec<String> {
    let folded = folded(searched, LETTERS);
    let needle = |word: &str| match word.chars().count() {
        1 => format!("{GAP}{word}"),
        2 => format!(" {word}"),
        _ => word.to_owned(),
    };
    folded.split_whitespace().take(WORDS).map(needle).collect()
}

fn fold(text: &str) -> String {
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let bare = text.nfkd().filter(|letter| !is_accent(letter));
    // Through upper case, ß becomes ss, and both forms of sigma become one.
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
    fn letters_that_fold_to_many_make_no_long_text() {
        let name = "\u{fdfa}".repeat(NAME_LIMIT);
        let local = "\u{fdfa}".repeat(21);
        let words = words(&format!("{local}@b\u{fc}cher.example"), &name, &name);
        assert!(fold(&name).chars().count() > 2_000);
        let gaps = words.matches(GAP).count() * GAP.len();
        assert!(words.chars().count() <= 3 * LETTERS + 2 * NAME_LIMIT + gaps, "{}", words.chars().count());
        assert!(words.contains("@bucher.example  @xn--bcher-kva.example  "), "{words}");
    }

    #[test]
    fn every_word_is_long_enough_for_the_index() {
        assert_eq!(needles(" Li  w LoveLace "), [" li", "  w", "lovelace"]);
        assert_eq!(needles(" \t\0"), [""; 0]);
        assert_eq!(needles(&"x ".repeat(300)).len(), WORDS);
        assert_eq!(needles(&"x".repeat(300)), ["x".repeat(LETTERS)]);
    }
}
