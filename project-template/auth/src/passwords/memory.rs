//! Reusable memory for hashing: from the allocator, each thread that ever hashed would keep its own 19 MiB.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Block;

pub(crate) struct Memory {
    blocks: usize,
    spare: Mutex<Vec<Vec<Block>>>,
    oversized: Mutex<()>,
}

impl Memory {
    pub(crate) fn new(blocks: usize) -> Self {
        Self { blocks, spare: Mutex::default(), oversized: Mutex::default() }
    }

    /// Runs `job` with at least `blocks` KiB, which hold the data of an earlier job. A hash that needs more than the
    /// pool's size gets its own buffer, one at a time, so that many of them cannot add up.
    pub(crate) fn with<T>(&self, blocks: usize, job: impl FnOnce(&mut [Block]) -> T) -> T {
        if blocks > self.blocks {
            let _one_at_a_time = lock(&self.oversized);
            return job(&mut vec![Block::new(); blocks]);
        }
        let spare = lock(&self.spare).pop();
        let mut buffer = spare.unwrap_or_else(|| vec![Block::new(); self.blocks]);
        let result = job(&mut buffer);
        lock(&self.spare).push(buffer);
        result
    }

    /// For a job that allocates `kib` KiB itself; one at a time if that is more than a buffer of the pool.
    pub(crate) fn beside<T>(&self, kib: usize, job: impl FnOnce() -> T) -> T {
        let _one_at_a_time = (kib > self.blocks).then(|| lock(&self.oversized));
        job()
    }
}

/// Ignores poisoning: a panic while hashing leaves no inconsistent state here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Memory {
    pub(crate) fn made(&self) -> usize {
        lock(&self.spare).len()
    }

    pub(crate) fn hold(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        lock(&self.spare)
    }
}
