//! A disk without room, and a transaction that the database ends by itself because of it.

use auth::db::Db;
use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::json;

use super::{assert_refused, configured, start};

async fn execute(app: &TestApp, statement: &'static str) {
    let Db::Sqlite(file) = app.auth.db() else { panic!("this is about SQLite") };
    sqlx::query(statement).execute(&file.writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finds_no_room_is_put_off_until_there_is_some() {
    let app = start(Engine::Sqlite).await;
    let mut ada = app.signed_in("ada@example.com").await;
    execute(&app, "pragma max_page_count = 1").await;
    let mut number = 0;
    let refused = loop {
        number += 1;
        let reply = app.client().register(&format!("{number}@example.com"), PASSWORD).await;
        if reply.status != 201 {
            break reply;
        }
    };
    assert_refused(&refused, 503, &json!({ "detail": "The server is busy. Please try again.", "code": "busy" }));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200, "reading goes on");
    execute(&app, "pragma max_page_count = 1000000").await;
    assert_eq!(app.client().register("eve@example.com", PASSWORD).await.status, 201);
    assert_eq!(ada.refresh().await.status, 200);
}

/// As where a write fails half-way: the statement fails, and SQLite has rolled back before anybody asks it to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_sqlite_ends_by_itself_does_not_hinder_the_next() {
    let app = start(Engine::Sqlite).await;
    let mut ada = app.signed_in("ada@example.com").await;
    for _ in 0..3 {
        execute(&app, "create trigger broken before insert on sessions begin select raise(rollback, 'broken'); end")
            .await;
        assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 500);
        execute(&app, "drop trigger broken").await;
        assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
        assert_eq!(ada.refresh().await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_that_fails_half_way_leaves_no_account() {
    for mode in ["none", "optional"] {
        let app = configured(Engine::Sqlite, &format!("[email_verification]\nmode = \"{mode}\"")).await;
        execute(&app, "create trigger broken before insert on sessions begin select raise(abort, 'broken'); end").await;
        assert_eq!(app.client().register("ada@example.com", PASSWORD).await.status, 500);
        assert_eq!(app.mailbox().await.all().len(), 0, "nor a mail");
        assert!(app.audit_log().await.is_empty(), "nor an event");
        execute(&app, "drop trigger broken").await;
        assert_eq!(app.client().register("ada@example.com", PASSWORD).await.status, 201);
    }
}
