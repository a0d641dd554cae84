//! A provider to sign in with, on this machine: OpenID Connect, and the part of GitHub's API that is needed.

mod routes;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_tokens::SigningKey;
use auth_tokens::test_keys::{self, RSA};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::TestApp;

/// This service's id at the provider, and its secret.
const CLIENT_ID: &str = "web";
const CLIENT_SECRET: &str = "s+e c/ret";

/// A provider that listens until it is dropped.
///
/// ```no_run
/// # async fn example(router: fn(auth::Auth) -> axum::Router) {
/// use auth::testing::{Engine, Provider, TestApp};
///
/// let provider = Provider::start().await;
/// let app = TestApp::configured(Engine::Sqlite, router, &provider.settings("example")).await;
/// let ada = provider.claims(&app, "ada", "ada@example.com");
/// let body = serde_json::json!({ "id_token": provider.sign(&ada), "client_id": "web" });
/// assert_eq!(app.client().post("/jwt-allauth/social/example/token/", &body).await.status, 200);
/// # }
/// ```
pub struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

/// How a provider fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It never answers.
    Silence,
    /// Its answers are 500.
    Fault,
    /// Its answers are HTML.
    Nonsense,
    /// Its answers are longer than any of this kind.
    Flood,
    /// Its answers are 204: a browser stays where it is.
    Emptiness,
}

struct State {
    issuer: String,
    key: SigningKey,
    /// Its published keys.
    keys: Vec<Value>,
    /// Members of the discovery document that differ.
    document: Map<String, Value>,
    codes: HashMap<String, Granted>,
    /// What it tells about the owner of an access token.
    userinfo: Option<Value>,
    /// Who is signed in there in every browser.
    present: Option<Value>,
    /// Whether a code can be exchanged any number of times.
    is_sloppy: bool,
    trouble: Option<(&'static str, Trouble)>,
    /// Requests so far, by path.
    asked: BTreeMap<String, usize>,
}

#[derive(Clone)]
struct Granted {
    claims: Value,
    redirect_uri: Option<String>,
    challenge: Option<String>,
}

impl Provider {
    /// Starts one on a free port, with a key for RS256.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the address it listens on");
        let key = test_keys::key(RSA);
        let state = Arc::new(Mutex::new(State {
            issuer: format!("http://{address}"),
            keys: key.public_jwk().into_iter().collect(),
            key,
            document: Map::new(),
            codes: HashMap::new(),
            userinfo: None,
            present: None,
            is_sloppy: false,
            trouble: None,
            asked: BTreeMap::new(),
        }));
        let router = routes::router(Arc::clone(&state));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Self { address, state, serving }
    }

    /// Its address, which names it in tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As a section of `settings.toml`, with this name: for OpenID Connect, or with the name `github` for GitHub.
    #[must_use]
    pub fn settings(&self, name: &str) -> String {
        let issuer = self.issuer();
        format!(
            "[social.providers.{name}]\nissuer = \"{issuer}\"\nclient_ids = [\"{CLIENT_ID}\", \"android\"]\n\
             client_secret = \"{CLIENT_SECRET}\"\n"
        )
    }

    /// The claims of an ID token for a user whose address is verified, valid for five minutes from the application's time.
    #[must_use]
    pub fn claims(&self, app: &TestApp, sub: &str, email: &str) -> Value {
        let now = app.auth.now().unix_timestamp();
        json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "sub": sub, "iat": now, "exp": now + 300,
            "email": email, "email_verified": true, "given_name": "Ada", "family_name": "Lovelace",
        })
    }

    /// An ID token with these claims.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_typed("JWT", claims)
    }

    /// A token with this type.
    #[must_use]
    pub fn sign_typed(&self, typ: &'static str, claims: &Value) -> String {
        self.state().key.sign(typ, claims.to_string().as_bytes())
    }

    /// A code for an ID token with these claims, sent to any address, without PKCE.
    #[must_use]
    pub fn code(&self, claims: &Value) -> String {
        self.state().grant(Granted { claims: claims.clone(), redirect_uri: None, challenge: None })
    }

    /// Signs with another key (PKCS#8 in base64) from now on, and publishes it beside those before.
    pub fn add_key(&self, pkcs8: &str) {
        let mut state = self.state();
        state.key = test_keys::key(pkcs8);
        let published = state.key.public_jwk().expect("a public half");
        state.keys.push(published);
    }

    /// Signs with a key that it does not publish.
    pub fn forge(&self, pkcs8: &str) {
        self.state().key = test_keys::key(pkcs8);
    }

    /// Publishes another value in its discovery document.
    pub fn publish(&self, member: &str, value: impl Into<Value>) {
        self.state().document.insert(member.to_owned(), value.into());
    }

    /// What it tells about the owner of any access token.
    pub fn tell(&self, userinfo: Value) {
        self.state().userinfo = Some(userinfo);
    }

    /// Has this user signed in there, in every browser: its page sends them back at once. None: they cancel.
    pub fn welcome(&self, claims: Option<Value>) {
        self.state().present = claims;
    }

    /// Takes a code any number of times from now on.
    pub fn grow_sloppy(&self) {
        self.state().is_sloppy = true;
    }

    /// Fails at a path (`""` for all), or works again.
    pub fn fail(&self, trouble: Option<(&'static str, Trouble)>) {
        self.state().trouble = trouble;
    }

    /// How often a path was requested.
    #[must_use]
    pub fn asked(&self, path: &str) -> usize {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn grant(&mut self, granted: Granted) -> String {
        let code = uuid::Uuid::now_v7().simple().to_string();
        self.codes.insert(code.clone(), granted);
        code
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
