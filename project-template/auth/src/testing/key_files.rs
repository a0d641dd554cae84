use std::path::{Path, PathBuf};

use crate::tokens::{Algorithm, PEM, SECRET, SigningKey};

/// Writes a new key that signs at once, where the program looks for it.
pub(super) fn write_key(directory: &Path, name: &str, algorithm: Algorithm) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(directory).expect("a directory for keys");
    let key = SigningKey::generate(algorithm).expect("a key");
    let extension = if algorithm == Algorithm::Hs256 { SECRET } else { PEM };
    let path = directory.join(format!("{name}.{extension}"));
    std::fs::write(&path, format!("signs-from: 1970-01-01T00:00:00Z\n{}", *key)).expect("a key file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a private key file");
    path
}
