//! Differs from the built-in project: somebody signs in with a code, and has no password.

use serde_json::json;

use super::{Client, Reply, TestApp};

impl TestApp {
    /// A client that has signed in with a code that was mailed to this address.
    pub async fn signed_in(&self, email: &str) -> Client {
        let mut client = self.client();
        assert_eq!(client.ask_for_code(email).await.status, 204);
        let code = self.mailbox().latest(email).code();
        let reply = client.show_code(email, &code).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        client
    }
}

impl Client {
    /// Asks for a code to sign in with.
    pub async fn ask_for_code(&self, email: &str) -> Reply {
        self.post("/jwt-allauth/login/code/", &json!({ "email": email })).await
    }

    /// Shows a code, and keeps the tokens of the answer.
    pub async fn show_code(&mut self, email: &str, code: &str) -> Reply {
        let reply = self.post("/jwt-allauth/login/code/verify/", &json!({ "email": email, "code": code })).await;
        self.keep(reply)
    }
}
