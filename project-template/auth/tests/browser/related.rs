//! Passkeys on pages of other domains (related origins): browsers let them use those of this site over TLS alone, and if the
//! site lists them.

use std::net::SocketAddr;
use std::sync::Arc;

use auth::testing::{Engine, Listening, TestApp};
use rcgen::CertifiedKey;
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::passkeys::{add, call, device, router, signed_in_as};
use super::tab::Tab;
use super::{ADA, in_chromium};

in_chromium!(a_page_of_another_domain_uses_passkeys_once_the_settings_name_it);

const SITE: &str = "https://example.com/";
const SETTINGS: &str = r#"
[http]
public_url = "https://example.com"
cors_origins = ["https://example.de", "https://example.net"]
[passkeys]
origins = ["https://example.de"]
"#;

/// What stands in front of the server and speaks TLS, with a certificate that nobody vouches for.
async fn front_of(server: &Listening) -> SocketAddr {
    let acceptor = acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, behind) = (listener.local_addr().unwrap(), server.address());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(stream).await?;
                copy_bidirectional(&mut client, &mut TcpStream::connect(behind).await?).await
            });
        }
    });
    address
}

fn acceptor() -> TlsAcceptor {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn a_page_of_another_domain_uses_passkeys_once_the_settings_name_it() {
    let app = TestApp::configured(Engine::Sqlite, router, SETTINGS).await;
    let server = app.listen().await;
    let front = front_of(&server).await;
    let mut tab = Tab::without_policy_where(&["example.com", "example.de", "example.net"], front);
    tab.add_authenticator(&device(false));
    let ada = app.signed_in(ADA).await;
    tab.visit(SITE);
    assert!(add(&mut tab, &ada)["id"].is_string());

    tab.visit("https://example.de/");
    let sign_in = "signIn({ base: 'https://example.com/jwt-allauth', headers: { Prefer: 'token' } })";
    let answer = call(&mut tab, sign_in);
    assert_eq!(signed_in_as(&app, &answer).await, ADA);
    let refreshed = app.client().post("/jwt-allauth/refresh/", &json!({ "refresh": answer["refresh"] })).await;
    assert_eq!(refreshed.status, 200, "there is no cookie for a page of another site: {refreshed:?}");

    tab.visit("https://example.net/");
    assert_eq!(call(&mut tab, sign_in), "SecurityError");
}
