use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::testing::certificate;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"keys\":[]}";

/// A server that answers every request with the same body, over TLS. Gives its port, and its certificate.
async fn secure() -> (u16, String) {
    let (acceptor, certificate) = certificate::localhost();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = [0; 1024];
            if stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(ANSWER).await;
            }
        }
    });
    (port, certificate)
}

/// What comes of a fetch by someone who trusts these certificates too.
async fn fetched(url: String, ca: Option<&str>) -> anyhow::Result<Bytes> {
    let files = tempfile::TempDir::new().unwrap();
    let ca_file = ca.map(|pem| certificate::file(files.path(), pem));
    let mut settings = crate::Settings::load(Path::new(""), "", &std::collections::BTreeMap::new()).unwrap().tokens;
    settings.jwks_url = url;
    settings.ca_file = ca_file;
    get(&Address::of(&settings)?).await
}

#[tokio::test]
async fn keys_are_fetched_over_tls_from_whom_an_authority_vouches_for_by_its_name() {
    let (port, pem) = secure().await;
    let url = |host| format!("https://{host}:{port}/.well-known/jwks.json");
    assert_eq!(&fetched(url("localhost"), Some(&pem)).await.unwrap()[..], b"{\"keys\":[]}");
    let (_, other) = secure().await;
    for (host, ca) in [("localhost", None), ("localhost", Some(other.as_str())), ("127.0.0.1", Some(pem.as_str()))] {
        let refused = format!("{:#}", fetched(url(host), ca).await.unwrap_err());
        assert!(refused.contains("invalid peer certificate"), "{host}: {refused}");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_named_before_anything_is_fetched() {
    for pem in ["", "no certificate"] {
        let refused = fetched("https://localhost/".into(), Some(pem)).await.unwrap_err().to_string();
        assert!(refused.starts_with("`tokens.ca_file` names ") && refused.contains("ca.pem"), "{refused}");
    }
}

#[test]
fn an_address_is_one_of_http_or_https_with_a_host() {
    for url in ["http://127.0.0.1:8000/keys", "https://auth.example.com", "https://[::1]:8443/keys"] {
        assert!(is_address(url), "{url}");
    }
    for url in ["", "auth.example.com/keys", "ftp://auth.example.com", "https:///keys", "https://_/keys of ours"] {
        assert!(!is_address(url), "{url}");
    }
}
