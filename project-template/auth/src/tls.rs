//! TLS to servers that this program calls.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// Trusts the public authorities and those of `ca_file`. The error is a text that follows the name of the setting.
pub(crate) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        trust(&mut roots, path).map_err(|cause| format!("names {}, which {cause}", path.display()))?;
    }
    // The default provider of the process may be another one.
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot be used: {error}"))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// Fails if one cannot be trusted or the file has none.
fn trust(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    // The parser's error quotes the line, which may be part of a private key given by mistake.
    let no_pem = || "is not a file of certificates in PEM".to_owned();
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| no_pem())?;
        roots.add(certificate).map_err(|error| format!("has a certificate that is of no use: {error}"))?;
    }
    // The parser accepts a file without certificates.
    if roots.len() > before { Ok(()) } else { Err(no_pem()) }
}
