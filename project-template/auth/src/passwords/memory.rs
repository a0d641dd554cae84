//! Reusable memory for hashing.
//!
//! The allocator would not return it to the system: each thread that ever hashed would keep its own 19 MiB.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Block;

/// Holds as many buffers as hashes were ever computed at once.
pub(crate) struct Memory {
    blocks: usize,
    spare: Mutex<Vec<Vec<Block>>>,
    oversized: Mutex<()>,
}

impl Memory {
    /// A pool of buffers of `blocks` KiB, empty until the first is needed.
    pub(crate) fn new(blocks: usize) -> Self {
        Self { blocks, spare: Mutex::default(), oversized: Mutex::default() }
    }

    /// Runs `job` with at least `blocks` KiB. The buffer still holds the data of an earlier job.
    ///
    /// Imported hashes, and those from before the cost was lowered, may need more than the pool's size. They get their
    /// own buffer, one at a time, so that many of them cannot add up.
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

    /// Runs `job`, which allocates `kib` KiB itself; one at a time if that is more than a buffer of the pool.
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
    /// How many buffers were ever allocated, while none is in use.
    pub(crate) fn made(&self) -> usize {
        lock(&self.spare).len()
    }

    /// Makes every job wait for its buffer until the guard is dropped.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        lock(&self.spare)
    }
}
