use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto};

/// A TLS acceptor for `localhost`, and its self-signed certificate as PEM.
pub(crate) fn localhost() -> (TlsAcceptor, String) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a key that belongs to its certificate");
    (TlsAcceptor::from(Arc::new(config)), cert.pem())
}

pub(crate) fn file(directory: &Path, pem: &str) -> PathBuf {
    let path = directory.join("ca.pem");
    std::fs::write(&path, pem).expect("a file");
    path
}
