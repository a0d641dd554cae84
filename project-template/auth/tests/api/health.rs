//! `/health/live` and `/health/ready`.

use auth::db::Db;
use auth::testing::Engine;
use serde_json::json;

use super::start;

auth::on_both_engines!(a_running_server_is_alive_and_ready, without_its_database_it_is_alive_and_not_ready);

async fn a_running_server_is_alive_and_ready(engine: Engine) {
    let client = start(engine).await.client();
    let live = client.get("/health/live").await;
    assert_eq!((live.status, live.body), (200, json!({ "status": "ok" })));
    let ready = client.get("/health/ready").await;
    assert_eq!((ready.status, ready.body), (200, json!({ "status": "ok", "database": "ok" })));
}

async fn without_its_database_it_is_alive_and_not_ready(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    app.auth.db().close().await;
    assert_eq!(ada.get("/health/live").await.status, 200);
    let ready = ada.get("/health/ready").await;
    assert_eq!((ready.status, ready.body), (503, json!({ "status": "unavailable", "database": "unavailable" })));
    let reply = ada.get("/jwt-allauth/user/").await;
    assert_eq!((reply.status, reply.header("retry-after"), reply.text("code")), (503, "1", "busy"));
}

/// What is written from then on would be lost.
#[tokio::test]
async fn a_database_file_that_was_removed_is_noticed() {
    let app = start(Engine::Sqlite).await;
    let Db::Sqlite(file) = app.auth.db() else { panic!("this is about SQLite") };
    std::fs::remove_file(file.writer.connect_options().get_filename()).unwrap();
    let ready = app.client().get("/health/ready").await;
    assert_eq!((ready.status, ready.body), (503, json!({ "status": "unavailable", "database": "unavailable" })));
}
