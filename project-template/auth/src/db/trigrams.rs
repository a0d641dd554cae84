use super::Db;

/// Parts of a statement that finds accounts through the index of `user_search`, in the SQL of each engine.
pub(crate) struct Indexed {
    pub(crate) tables: &'static str,
    pub(crate) number: &'static str,
    /// Before and after its parameter, the result of [`Db::trigrams`].
    pub(crate) condition: (&'static str, &'static str),
}

impl Db {
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

    /// A query for rows that have all trigrams of the texts.
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
