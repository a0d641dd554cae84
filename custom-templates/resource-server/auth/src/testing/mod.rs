//! For tests: an authentication server that publishes keys and signs tokens, with a clock that can be moved. Differs
//! from the built-in project: tests need another server that issues tokens.

#[cfg(test)]
pub(crate) mod certificate;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_tokens::{Grant, Lifetime, REFRESH_TYP, Seal, SigningKey};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use secrecy::SecretString;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tower::ServiceExt;
use uuid::Uuid;

use crate::Auth;
use crate::Settings;
use crate::clock::Clock;
use crate::tokens::{self, Algorithm, UserClaims};

/// Bytes of an answer that a test looks at.
const ROOM: usize = 1024 * 1024;

/// Another server, on a port of its own.
pub struct Issuer {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The time, for it and for every service that trusts it.
    pub clock: Clock,
}

#[derive(Default)]
struct Shared {
    /// Newest first.
    keys: Mutex<Vec<SigningKey>>,
    is_down: Mutex<bool>,
    asked: AtomicUsize,
}

/// What a token says, as far as tests change it.
pub struct Made<'i> {
    issuer: &'i Issuer,
    settings: tokens::Settings,
    user: UserClaims,
    is_access: bool,
    key: usize,
}

impl Issuer {
    /// With one key.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared::default());
        let answering = Arc::clone(&shared);
        let app = Router::new().route("/.well-known/jwks.json", get(move || async move { answering.answer() }));
        tokio::spawn(async move {
            crate::server::serve(listener, app, crate::server::Allowance::default(), std::future::pending()).await;
        });
        let start = OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time");
        let issuer = Self { address, shared, clock: Clock::manual(start) };
        issuer.rotate(Algorithm::EdDsa);
        issuer
    }

    /// Publishes a new key, which signs from now on, beside those that are there.
    ///
    /// # Panics
    /// For RS256, of which no key can be made here.
    pub fn rotate(&self, algorithm: Algorithm) {
        let text = SigningKey::generate(algorithm).expect("a key");
        lock(&self.shared.keys).insert(0, SigningKey::from_pem(&text).expect("a key"));
    }

    /// Takes every key back but the newest.
    pub fn forget_old_keys(&self) {
        lock(&self.shared.keys).truncate(1);
    }

    /// Whether it answers with an error, from now on.
    pub fn set_down(&self, is_down: bool) {
        *lock(&self.shared.is_down) = is_down;
    }

    /// How often it was asked for its keys.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Where it can be reached.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Settings of a service that trusts it.
    ///
    /// # Panics
    /// When the defaults are not valid.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let text = format!("[tokens]\njwks_url = \"http://{}/.well-known/jwks.json\"", self.address);
        Settings::load(Path::new("test"), &text, &BTreeMap::new()).expect("settings")
    }

    /// A service that trusts it.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn trusted_by(&self, settings: Settings, app: impl FnOnce(Auth) -> Router) -> Service {
        let auth = Auth::start_at(settings, self.clock.clone()).await.expect("the service starts");
        Service(crate::server::outer_layers(app(auth.clone()), &auth.settings().http))
    }

    /// A token for a user without a role, to be changed before it is signed.
    #[must_use]
    pub fn token(&self) -> Made<'_> {
        let user = UserClaims { email_verified: true, ..UserClaims::default() };
        Made { issuer: self, settings: self.settings().tokens, user, is_access: true, key: 0 }
    }
}

impl Shared {
    fn answer(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if *lock(&self.is_down) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let keys: Vec<Value> = lock(&self.keys).iter().filter_map(SigningKey::public_jwk).collect();
        axum::Json(json!({ "keys": keys })).into_response()
    }
}

impl Made<'_> {
    /// Claim `iss`.
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        issuer.clone_into(&mut self.settings.issuer);
        self
    }

    /// Header `typ`.
    #[must_use]
    pub fn typ(mut self, typ: tokens::Typ) -> Self {
        self.settings.typ = typ;
        self
    }

    /// Claim `aud`.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        audience.clone_into(&mut self.settings.audience);
        self
    }

    /// Claim `role`.
    #[must_use]
    pub fn role(mut self, role: i64) -> Self {
        self.user.role = role;
        self
    }

    /// How long it is valid.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.access_lifetime = lifetime;
        self
    }

    /// Encrypted with this key, `kid:base64url of 32 bytes`.
    #[must_use]
    pub fn sealed(mut self, key: &str) -> Self {
        self.settings.encryption_keys = vec![SecretString::from(key)];
        self
    }

    /// A refresh token.
    #[must_use]
    pub fn refresh(mut self) -> Self {
        self.is_access = false;
        self
    }

    /// Signed by the key that was the newest before the last rotations.
    #[must_use]
    pub fn by_key_before(mut self, rotations: usize) -> Self {
        self.key = rotations;
        self
    }

    /// The token.
    ///
    /// # Panics
    /// When it is to be encrypted with what is no key.
    #[must_use]
    pub fn signed(&self) -> String {
        let keys = lock(&self.issuer.shared.keys);
        let now = self.issuer.clock.now();
        let (key, settings) = (&keys[self.key], &self.settings);
        let grant = Grant {
            user_id: Uuid::now_v7(),
            session: Uuid::now_v7(),
            session_iat: now,
            auth_time: now,
            amr: "pwd",
            access_version: 0,
            bind: None,
            user: &self.user,
        };
        let lifetime = Lifetime { from: now, until: now + settings.access_lifetime };
        let rules = settings.rules();
        let signed = if self.is_access {
            key.sign(settings.typ.name(), &grant.access_claims(lifetime, &rules))
        } else {
            key.sign(REFRESH_TYP, &grant.refresh_claims(0, lifetime, &rules))
        };
        Seal::new(&settings.encryption_keys).expect("a key of a test").seal(signed)
    }
}

/// A service under test.
pub struct Service(Router);

impl Service {
    /// Status and body of a GET with a token.
    ///
    /// # Panics
    /// When the answer cannot be read.
    pub async fn get(&self, path: &str, token: Option<&str>) -> (StatusCode, String) {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.0.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let body = to_bytes(response.into_body(), ROOM).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
