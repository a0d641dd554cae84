//! A bounded queue per key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const TIDY_ABOVE: usize = 1_000;

#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<Vec<u8>, Weak<Semaphore>>>);

impl Turns {
    /// Waits until fewer than `places` others of this name hold the returned permit.
    pub(super) async fn take(&self, name: &[u8], places: usize) -> Option<OwnedSemaphorePermit> {
        self.queue(name, places).acquire_owned().await.ok()
    }

    fn queue(&self, name: &[u8], places: usize) -> Arc<Semaphore> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.len() > TIDY_ABOVE {
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        if let Some(queue) = queues.get(name).and_then(Weak::upgrade) {
            return queue;
        }
        let queue = Arc::new(Semaphore::new(places));
        queues.insert(name.to_vec(), Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn so_many_have_their_turn_and_the_next_one_waits() {
        let turns = Turns::default();
        let first = turns.take(b"ada", 2).await;
        let _second = turns.take(b"ada", 2).await;
        let third = tokio::time::timeout(Duration::ZERO, turns.take(b"ada", 2));
        assert!(third.await.is_err());
        assert!(turns.take(b"bob", 2).await.is_some(), "another name is another queue");
        drop(first);
        assert!(turns.take(b"ada", 2).await.is_some());
    }

    #[tokio::test]
    async fn a_name_that_nobody_waits_for_is_not_kept() {
        let turns = Turns::default();
        for number in 0_u32..5_000 {
            drop(turns.take(&number.to_be_bytes(), 1).await);
        }
        assert!(turns.0.lock().unwrap().len() <= TIDY_ABOVE + 1);
    }
}
