//! The query plans of searches.

use sqlx::Row;

use super::*;
use crate::Auth;
use crate::testing::{Engine, TestApp};
use crate::users::search::needles;

crate::on_both_engines!(a_search_is_answered_along_the_index_and_never_by_reading_everybody);

/// Enough accounts for the engine's planner to avoid reading all of them.
async fn crowd(engine: Engine) -> TestApp {
    let app = TestApp::start(engine, |auth: Auth| auth.router().with_state(auth)).await;
    let id = match engine {
        Engine::Sqlite => "randomblob(16)",
        Engine::Postgres => "gen_random_uuid()",
    };
    let users = format!(
        "insert into users (id, email, email_key, created_at, updated_at)
         with recursive numbers (n) as (select 1000 union all select n + 1 from numbers where n < 5999)
         select {id}, 'person' || n || '@example.com', 'person' || n || '@example.com', $1, $1 from numbers",
    );
    let words = "insert into user_search (user_id, words) select id, '  ' || email from users";
    on!(app.auth.db(), pool => {
        sqlx::query(AssertSqlSafe(users)).bind(app.auth.now()).execute(pool).await.unwrap();
        sqlx::query(words).execute(pool).await.unwrap();
        for table in ["analyze users", "analyze user_search"] {
            sqlx::query(table).execute(pool).await.unwrap();
        }
    });
    app
}

/// The plan of a search, one step per element.
async fn plan(db: &Db, searched: &str, staff: bool) -> Vec<String> {
    let (statement, texts) = search(db, &needles(searched), staff);
    let explain = match db {
        Db::Sqlite(_) => "explain query plan",
        Db::Postgres(_) => "explain",
    };
    on!(db, pool => {
        let mut query = sqlx::query(AssertSqlSafe(format!("{explain} {statement}"))).bind(i64::MAX).bind(51_i64);
        for text in texts {
            query = query.bind(text);
        }
        let rows = query.fetch_all(pool).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(row.len() - 1)).collect()
    })
}

async fn a_search_is_answered_along_the_index_and_never_by_reading_everybody(engine: Engine) {
    let app = crowd(engine).await;
    let is_indexed = |step: &String| match engine {
        Engine::Sqlite => step.contains("user_search_parts VIRTUAL TABLE INDEX") && step.contains(":M"),
        Engine::Postgres => step.contains("Bitmap Index Scan on user_search_by_part"),
    };
    let is_whole = |step: &String| match engine {
        // A sort would have to find every match first.
        Engine::Sqlite => step.starts_with("SCAN") && !step.contains(":M") || step.contains("TEMP B-TREE"),
        Engine::Postgres => step.contains("Seq Scan"),
    };
    for rare in ["person4711", "4711@exam", "nobody here", "zq"] {
        let plan = plan(app.auth.db(), rare, false).await;
        assert!(plan.iter().any(is_indexed), "{rare}: {plan:#?}");
        assert!(!plan.iter().any(is_whole), "{rare}: {plan:#?}");
    }
    for frequent in ["person", "@example.com", "p"] {
        let plan = plan(app.auth.db(), frequent, false).await;
        assert!(!plan.iter().any(is_whole), "{frequent}: {plan:#?}");
        assert_eq!(alike(app.auth.db(), &needles(frequent), i64::MAX, false, 51).await.unwrap().len(), 51);
    }
    let plan = plan(app.auth.db(), "person", true).await;
    assert!(plan.iter().any(|step| step.contains("users_by_role")), "{plan:#?}");
}
