//! The routes, called with tokens of an authentication server that the test starts.

use auth::testing::Issuer;

#[tokio::test]
async fn hello_greets_whoever_is_signed_in_and_nobody_else() {
    let issuer = Issuer::start().await;
    let service = issuer.trusted_by(issuer.settings(), app::router).await;

    assert_eq!(service.get("/hello/", None).await.0, 401);
    let (status, body) = service.get("/hello/", Some(&issuer.token().signed())).await;
    assert!(status == 200 && body.starts_with("Hello, user "), "{body}");

    assert_eq!(service.get("/reports/", Some(&issuer.token().signed())).await.0, 403);
    assert_eq!(service.get("/reports/", Some(&issuer.token().role(900).signed())).await.0, 200);
}
