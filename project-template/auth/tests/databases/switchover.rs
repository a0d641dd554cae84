//! A server that becomes a standby, and an address that then leads elsewhere.

use auth::testing::PASSWORD;
use serde_json::json;

use super::{Database, start, until};

/// Sessions that begin while a database is read-only stay so, as those of a standby do, when others are not any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn after_a_switchover_nobody_is_kept_on_connections_that_take_no_changes() {
    let database = Database::create().await;
    let app = start(&database.url()).await;
    let ada = app.signed_in("ada@example.com").await;
    let read_only = async |is: &str| {
        database
            .as_operator(&format!("alter database {} set default_transaction_read_only = {is}", database.name))
            .await;
    };
    read_only("on").await;
    let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", database.name);
    database.as_operator(&end).await;

    let unavailable = json!({ "status": "unavailable", "database": "unavailable" });
    until("readiness tells of the standby", async || app.client().get("/health/ready").await.body == unavailable).await;
    let reply = app.client().login("ada@example.com", PASSWORD).await;
    assert_eq!((reply.status, reply.text("code")), (503, "busy"), "{reply:?}");
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200, "reading goes on");
    // As many connections as there may be lead there.
    let reading = (0..20).map(|_| {
        let ada = ada.clone();
        tokio::spawn(async move { ada.get("/jwt-allauth/user/").await.status })
    });
    for status in reading.collect::<Vec<_>>() {
        assert_eq!(status.await.unwrap(), 200);
    }

    read_only("off").await;
    until("readiness tells of the primary", async || app.client().get("/health/ready").await.status == 200).await;
    until("every connection leads there", async || {
        let mut is_fine = true;
        for _ in 0..10 {
            is_fine &= app.client().login("ada@example.com", PASSWORD).await.status == 200;
        }
        is_fine
    })
    .await;
}
