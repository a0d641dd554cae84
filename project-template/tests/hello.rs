//! An example: somebody signs in and calls a route of the application.

use auth::testing::{Engine, TestApp};

#[tokio::test]
async fn hello_greets_whoever_is_signed_in_and_nobody_else() {
    let app = TestApp::start(Engine::default(), app::router).await;

    let stranger = app.client();
    assert_eq!(stranger.get("/hello/").await.status, 401);

    let ada = app.signed_in("ada@example.com").await;
    let reply = ada.get("/hello/").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.as_str().is_some_and(|text| text.starts_with("Hello, user ")), "{reply:?}");
}
