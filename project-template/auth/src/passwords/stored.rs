use argon2::{Algorithm, Argon2, Params, PasswordHash, Version, password_hash::phc::Output};

use super::{django::Django, foreign, memory::Memory};

/// In KiB, passes and lanes, so that an imported row cannot stop the service.
pub(super) const MAX_MEMORY_KIB: u32 = 256 * 1024;
pub(super) const MAX_ITERATIONS: u32 = 10;
pub(super) const MAX_PARALLELISM: u32 = 8;

pub(super) enum Stored {
    /// Made here, from the password in normal form C.
    Own(Argon2Hash),
    /// Made elsewhere, from the password as it was typed.
    Imported(Django),
}

impl Stored {
    /// None if the text is no hash that can be compared, or costs too much.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.starts_with("$argon2") {
            return Argon2Hash::parse(text).map(Self::Own);
        }
        foreign::passlib(text).or_else(|| Django::parse(text)).map(Self::Imported)
    }
}

pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    expected: Output,
}

impl Argon2Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let stored = PasswordHash::new(text).ok()?;
        Some(Self {
            algorithm: Algorithm::try_from(stored.algorithm.as_str()).ok()?,
            version: stored.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?,
            params: Params::try_from(&stored).ok().filter(is_bounded)?,
            salt: stored.salt?.to_vec(),
            expected: stored.hash?,
        })
    }

    pub(super) fn is_of(&self, password: &[u8], memory: &Memory) -> Option<bool> {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut hash = vec![0; self.expected.len()];
        memory
            .with(self.params.block_count(), |memory| {
                argon2.hash_password_into_with_memory(password, &self.salt, &mut hash, memory)
            })
            .ok()?;
        // Comparing two outputs takes the same time wherever they differ.
        Some(Output::new(&hash).ok()? == self.expected)
    }

    pub(super) fn is_current(&self, params: &Params, salt_bytes: usize) -> bool {
        (self.algorithm, self.version, &self.params) == (Algorithm::Argon2id, Version::V0x13, params)
            && self.salt.len() >= salt_bytes
    }
}

pub(super) fn is_bounded(params: &Params) -> bool {
    params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_ITERATIONS && params.p_cost() <= MAX_PARALLELISM
}
