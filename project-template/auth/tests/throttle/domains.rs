//! Addresses that nobody signs up with.

use auth::testing::{Engine, PASSWORD};
use serde_json::json;

use super::{ADA, HOME, ada, start};

auth::on_both_engines!(nobody_signs_up_with_a_throw_away_address, nobody_changes_to_a_throw_away_address,);

async fn nobody_signs_up_with_a_throw_away_address(engine: Engine) {
    let app = start(engine).await;
    let body = json!({
        "detail": "E-mail addresses of this domain are not accepted.",
        "code": "email_domain_not_allowed",
    });
    for email in ["ada@mailinator.com", "ada@MAILINATOR.com", "ada@in.yopmail.com"] {
        let reply = app.client().register(email, PASSWORD).await;
        assert_eq!((reply.status, &reply.body), (403, &body), "{email}");
    }
    assert_eq!(app.password_hashes(), 0);
    assert_eq!(app.client().register("ada@notmailinator.com", PASSWORD).await.status, 201);
}

async fn nobody_changes_to_a_throw_away_address(engine: Engine) {
    let app = start(engine).await;
    let client = ada(&app).await.from_address(HOME);
    let change = json!({ "email": "ada@x.mailinator.com", "password": PASSWORD });
    let reply = client.post("/jwt-allauth/user/email/", &change).await;
    assert_eq!((reply.status, reply.text("code")), (403, "email_domain_not_allowed"));
    assert!(app.mailbox().await.to(ADA).is_empty());
}
