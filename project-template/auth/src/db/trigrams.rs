//! How each engine is asked for the rows of `user_search` that have certain trigrams.

use super::Db;

/// Parts of a statement about accounts, `user_search` and its index.
pub(crate) struct Indexed {
    /// What the rows are read from.
    pub(crate) tables: &'static str,
    /// The column along which they come.
    pub(crate) number: &'static str,
    /// The condition on what [`Db::trigrams`] gives, up to its parameter and after it.
    pub(crate) condition: (&'static str, &'static str),
}

impl Db {
    /// What finds rows along the index.
    pub(crate) fn indexed(&self) -> Indexed {
        match self {
            Self::Sqlite(_) => Indexed {
                tables: "user_search_parts join user_search on number = user_search_parts.rowid
                         join users on users.id = user_id",
                number: "user_search_parts.rowid",
                condition: ("user_search_parts match ", ""),
            },
            Self::Postgres(_) => Indexed {
                tables: "user_search join users on users.id = user_id",
                number: "number",
                condition: ("user_search_trigrams(words) @> string_to_array(", ", E'\\n')"),
            },
        }
    }

    /// Every three letters in a row of some texts, as the index is asked for all of them at once.
    pub(crate) fn trigrams(&self, texts: &[String]) -> String {
        let letters = texts.iter().map(|text| text.chars().collect::<Vec<_>>());
        let trigrams = letters.flat_map(|letters| letters.windows(3).map(String::from_iter).collect::<Vec<_>>());
        match self {
            Self::Sqlite(_) => {
                trigrams.map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\""))).collect::<Vec<_>>().join(" ")
            }
            Self::Postgres(_) => trigrams.collect::<Vec<_>>().join("\n"),
        }
    }
}
