const KNOWN: [(&str, &str); 3] = [
    (
        "unsupported startup parameter",
        "a pooler refuses a parameter of `database.url`; take it out there and set it in PostgreSQL: \
         `alter role NAME set PARAMETER = …`",
    ),
    (
        "prepared statement",
        "a pooler hands each transaction to another session and does not follow prepared statements; set \
         `pool_mode = session` in PgBouncer, or take PgBouncer 1.21 or newer with `max_prepared_statements = 200`",
    ),
    ("password authentication failed", "correct the user and the password in `database.url`"),
];

/// A pooler shares sessions without their prepared statements.
pub(super) fn is_lost_statement(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "26000" || code == "42P05")
}

pub(super) fn explain(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(said) = error else {
        let why =
            if matches!(error, sqlx::Error::PoolTimedOut) { "no answer in time".into() } else { error.to_string() };
        return format!("cannot reach the PostgreSQL server of `database.url`: {why}");
    };
    let said = said.message();
    let fix = KNOWN.iter().find(|(words, _)| said.contains(words)).map_or(String::new(), |(_, fix)| format!(": {fix}"));
    format!("the PostgreSQL server of `database.url` refuses to work: {said}{fix}")
}

pub(super) fn read_only() -> sqlx::Error {
    let problem = "PostgreSQL takes no changes; `database.url` leads to a standby or to a former primary";
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::ReadOnlyFilesystem, problem))
}
