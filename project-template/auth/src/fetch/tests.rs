use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::testing::certificate;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"keys\":[]}";
const TIMEOUT: Duration = Duration::from_secs(5);

fn anywhere(_: IpAddr) -> bool {
    true
}

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

/// A server that answers each connection with these bytes, after it has read something. Gives its address.
async fn plain(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 1024];
            if stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(answer).await;
            }
        }
    });
    address
}

/// What comes of a fetch by someone who trusts these certificates too.
async fn fetched(url: &str, ca: Option<&str>) -> anyhow::Result<Answer> {
    let files = tempfile::TempDir::new().unwrap();
    let ca_file = ca.map(|pem| certificate::file(files.path(), pem));
    let fetcher = Fetcher::new(ca_file.as_deref(), TIMEOUT, anywhere).map_err(anyhow::Error::msg)?;
    fetcher.fetch(&Address::parse(url).unwrap(), Asking::default()).await
}

#[tokio::test]
async fn an_answer_over_tls_is_taken_from_whom_an_authority_vouches_for_by_its_name() {
    let (port, pem) = secure().await;
    let url = |host| format!("https://{host}:{port}/.well-known/jwks.json");
    let answer = fetched(&url("localhost"), Some(&pem)).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"{\"keys\":[]}"[..]));
    let (_, other) = secure().await;
    for (host, ca) in [("localhost", None), ("localhost", Some(other.as_str())), ("127.0.0.1", Some(pem.as_str()))] {
        let refused = format!("{:#}", fetched(&url(host), ca).await.err().unwrap());
        assert!(refused.contains("invalid peer certificate"), "{host}: {refused}");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_named_before_anything_is_fetched() {
    for pem in ["", "no certificate"] {
        let refused = fetched("https://localhost/", Some(pem)).await.err().unwrap().to_string();
        assert!(refused.starts_with("names ") && refused.contains("ca.pem"), "{refused}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = plain(ANSWER).await;
    let location = format!("HTTP/1.1 302 Found\r\nlocation: http://{other}/\r\ncontent-length: 0\r\n\r\n");
    let redirecting = plain(Box::leak(location.into_boxed_str()).as_bytes()).await;
    assert_eq!(fetched(&format!("http://{redirecting}/"), None).await.unwrap().status, StatusCode::FOUND);
}

#[tokio::test]
async fn an_answer_that_is_too_long_or_is_cut_off_is_none() {
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", MAX_BYTES + 1, "x".repeat(MAX_BYTES + 1));
    let long = plain(Box::leak(long.into_boxed_str()).as_bytes()).await;
    let refused = format!("{:#}", fetched(&format!("http://{long}/"), None).await.err().unwrap());
    assert!(refused.contains("length limit exceeded"), "{refused}");
    let short = plain(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"keys\":[]}").await;
    let refused = format!("{:#}", fetched(&format!("http://{short}/"), None).await.err().unwrap());
    assert!(refused.contains("end of file before message length reached"), "{refused}");
}

#[tokio::test]
async fn the_address_that_a_name_resolves_to_is_checked_before_it_is_connected_to() {
    let address = plain(ANSWER).await;
    let fetcher = Fetcher::new(None, TIMEOUT, |address| !address.is_loopback()).unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}/", address.port());
        let refused = fetcher.fetch(&Address::parse(&url).unwrap(), Asking::default()).await;
        assert!(format!("{:#}", refused.err().unwrap()).contains("is not a public address"), "{host}");
    }
}
