use serde_json::json;

use super::{Client, Reply, TestApp};
use crate::email_verification::Mode;
use crate::users::{self, Email, User, role};

/// The password of the users that [`TestApp::signed_in`] makes.
pub const PASSWORD: &str = "correct horse battery staple";

impl TestApp {
    /// A signed-in client of a new user with [`PASSWORD`]. Verifies the address if a sign-in requires that.
    pub async fn signed_in(&self, email: &str) -> Client {
        self.signed_in_as(email, role::USER).await
    }

    /// As [`TestApp::signed_in`], with a role of [`users::role`](crate::users::role) or your own.
    pub async fn signed_in_as(&self, email: &str, role: i64) -> Client {
        let mut client = self.client();
        let reply = client.register(email, PASSWORD).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        if role != role::USER {
            self.set_role(email, role).await;
        }
        if client.access.is_empty() {
            self.verify(email).await;
            let reply = client.login(email, PASSWORD).await;
            assert_eq!(reply.status, 200, "{reply:?}");
        } else if role != role::USER {
            let reply = client.refresh().await;
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        client
    }

    /// Sets a user's role; tokens have it after the next refresh.
    pub async fn set_role(&self, email: &str, role: i64) {
        let user = self.user(email).await;
        let mut tx = self.auth.db().begin().await.expect("a transaction");
        users::set_role(&mut tx, user.id, role, self.auth.now()).await.expect("a role");
        tx.commit().await.expect("a role");
    }

    /// Verifies a user's address, as the button behind the mailed link does; tokens say so after the next refresh.
    pub async fn verify(&self, email: &str) {
        let user = self.user(email).await;
        let mut tx = self.auth.db().begin().await.expect("a transaction");
        let verified = users::verify_address(&mut tx, user.id, user.auth_version, self.auth.now()).await;
        assert!(verified.expect("a user").is_some(), "{email} is deactivated");
        if self.auth.settings().email_verification.mode == Mode::Mandatory {
            users::trust_password(&mut tx, user.id).await.expect("a user");
        }
        tx.commit().await.expect("a user");
    }

    /// A user as the database has them now.
    pub async fn user(&self, email: &str) -> User {
        let address = Email::parse(email).unwrap_or_else(|| panic!("{email} is no address"));
        let user = users::by_address(self.auth.db(), &address).await.expect("the database");
        user.unwrap_or_else(|| panic!("nobody has the address {email}"))
    }
}

impl Client {
    /// Signs up, and keeps the tokens in the response.
    pub async fn register(&mut self, email: &str, password: &str) -> Reply {
        let body = json!({ "email": email, "password1": password, "password2": password });
        let reply = self.post("/jwt-allauth/registration/", &body).await;
        self.keep(reply)
    }

    /// Signs in, and keeps the tokens in the response.
    pub async fn login(&mut self, email: &str, password: &str) -> Reply {
        let body = json!({ "email": email, "password": password });
        let reply = self.post("/jwt-allauth/login/", &body).await;
        self.keep(reply)
    }
}
