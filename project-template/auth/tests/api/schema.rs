//! The two sets of migrations make the same tables, but for the index of what staff search by: each engine has a kind of its own.

use std::collections::BTreeSet;
use std::path::Path;

use auth::db::Db;
use auth::on;
use auth::testing::Engine;

use super::start;

/// Table, column, kind and whether it may be null.
type Column = (String, String, String, bool);

auth::on_both_engines!(a_database_of_a_newer_version_is_left_alone);

fn file_names(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn each_migration_has_a_file_for_either_engine() {
    assert_eq!(file_names("sqlite"), file_names("postgres"));
}

#[tokio::test]
async fn each_file_is_a_migration_that_is_applied() {
    let app = start(Engine::Sqlite).await;
    let (applied,): (i64,) =
        on!(app.auth.db(), pool => sqlx::query_as("select count(*) from _sqlx_migrations").fetch_one(pool).await)
            .unwrap();
    assert_eq!(usize::try_from(applied).unwrap(), file_names("sqlite").len(), "a file without its line in db/mod.rs");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (start(Engine::Sqlite).await, start(Engine::Postgres).await);
    assert_eq!(columns(sqlite.auth.db()).await, columns(postgres.auth.db()).await);
    assert_eq!(indexes(sqlite.auth.db()).await, indexes(postgres.auth.db()).await);
}

async fn columns(db: &Db) -> BTreeSet<Column> {
    let query = match db {
        Db::Sqlite(_) => {
            "select m.name, c.name, lower(c.type), c.\"notnull\" = 0
             from sqlite_master m join pragma_table_info(m.name) c
             where m.type = 'table' and m.name <> '_sqlx_migrations' and m.name not like 'sqlite_%'
             and m.name not like 'user_search_parts%'"
        }
        Db::Postgres(_) => {
            "select table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
             from information_schema.columns
             where table_schema = current_schema() and table_name <> '_sqlx_migrations'"
        }
    };
    let columns: Vec<Column> = on!(db, pool => sqlx::query_as(query).fetch_all(pool).await).unwrap();
    assert!(!columns.is_empty());
    columns
        .into_iter()
        .map(|(table, column, kind, null)| (table, column, common_name(&kind).to_owned(), null))
        .collect()
}

/// One name for what the engines call differently.
fn common_name(kind: &str) -> &str {
    match kind {
        "blob" | "uuid" | "bytea" => "bytes",
        "datetime" | "timestamp with time zone" => "time",
        "integer" | "bigint" => "integer",
        other => other,
    }
}

async fn indexes(db: &Db) -> BTreeSet<(String,)> {
    let query = match db {
        Db::Sqlite(_) => "select name from sqlite_master where type = 'index' and name not like 'sqlite_autoindex_%'",
        Db::Postgres(_) => {
            "select indexname::text from pg_indexes
             where schemaname = current_schema() and indexname not like '%_pkey' and indexname not like '%_key'
             and indexname <> 'user_search_by_part'"
        }
    };
    let indexes: Vec<(String,)> = on!(db, pool => sqlx::query_as(query).fetch_all(pool).await).unwrap();
    indexes.into_iter().collect()
}

async fn a_database_of_a_newer_version_is_left_alone(engine: Engine) {
    let app = start(engine).await;
    let db = app.auth.db();
    on!(db, pool => sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of a later day', true, $1, 0)",
    )
    .bind(vec![0_u8])
    .execute(pool)
    .await
    .map(drop))
    .unwrap();
    for refused in [db.migrate().await.unwrap_err(), db.pending_migrations().await.unwrap_err()] {
        assert!(format!("{refused:#}").contains("newer version of this program"), "{refused:#}");
    }
}
