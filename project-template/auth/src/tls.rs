//! TLS to the servers that this one asks.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// What connects to a server whose certificate is vouched for by a public authority, or by one of a file.
///
/// # Errors
/// What is wrong with the file, in words that follow the name of its setting.
pub(crate) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let unusable = || format!("names {}, which is no file of certificates in PEM", path.display());
        trust(&mut roots, path).ok_or_else(unusable)?;
    }
    // The cryptography of the rest of the program, named: the one that a process has by default need not be this.
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("is of no use: {error}"))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// Adds the certificates of a file; none if there is anything else in it, or nothing at all.
fn trust(roots: &mut RootCertStore, path: &Path) -> Option<()> {
    let pem = std::fs::read(path).ok()?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    // A file without any is no error to the parser.
    (roots.len() > before).then_some(())
}
