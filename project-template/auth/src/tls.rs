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
        trust(&mut roots, path).map_err(|cause| format!("names {}, which {cause}", path.display()))?;
    }
    // The cryptography of the rest of the program, named: the one that a process has by default need not be this.
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot be used: {error}"))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// Adds the certificates of a file; says why not, if one cannot be trusted or there is none.
fn trust(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    // The parser would show a line that it cannot read; by mistake that may be one of a key.
    let no_pem = || "is not a file of certificates in PEM".to_owned();
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| no_pem())?;
        roots.add(certificate).map_err(|error| format!("has a certificate that is of no use: {error}"))?;
    }
    // A file without any is no error to the parser.
    if roots.len() > before { Ok(()) } else { Err(no_pem()) }
}
