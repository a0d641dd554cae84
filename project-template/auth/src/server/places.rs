//! Limits of connections: in total, and for each client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Most connections at once; others wait in the kernel's queue.
pub(super) const CONNECTIONS: usize = 10_000;

/// The number of connections allowed: at most three quarters of the files that this process may open, so that idle
/// clients leave the rest to the database and everything else.
pub(super) fn places() -> usize {
    within(&std::fs::read_to_string("/proc/self/limits").unwrap_or_default())
}

fn within(limits: &str) -> usize {
    open_files(limits).map_or(CONNECTIONS, |files| (files - files / 4).clamp(1, CONNECTIONS))
}

/// The soft limit, as Linux reports it. None if there is none, or on another system.
fn open_files(limits: &str) -> Option<usize> {
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    limit.split_whitespace().next()?.parse().ok()
}

#[derive(Clone, Default)]
pub(super) struct Holders(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One open connection of a client; dropping it frees the place.
pub(super) struct Held {
    holders: Holders,
    client: IpAddr,
}

impl Holders {
    /// Counts one more connection of a client, unless it has `most` already.
    pub(super) fn hold(&self, client: IpAddr, most: usize) -> Option<Held> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Held { holders: self.clone(), client })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = self.holders.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_take_three_of_four_files_at_most() {
        let head = "Limit                     Soft Limit           Hard Limit           Units\n";
        let with = |soft| {
            within(&format!("{head}Max open files            {soft}                 524288               files"))
        };
        assert_eq!([with("0"), with("64"), with("1024"), with("524288")], [1, 48, 768, CONNECTIONS]);
        assert_eq!([with("unlimited"), within("")], [CONNECTIONS; 2]);
    }

    #[test]
    fn a_client_that_lets_one_go_may_have_another_and_nothing_is_kept_of_who_has_none() {
        let (holders, client) = (Holders::default(), IpAddr::from([203, 0, 113, 7]));
        let held = [holders.hold(client, 2), holders.hold(client, 2)];
        assert!(held.iter().all(Option::is_some) && holders.hold(client, 2).is_none());
        assert!(holders.hold([203, 0, 113, 8].into(), 2).is_some());
        drop(held);
        assert!(holders.0.lock().unwrap().is_empty());
        assert!(holders.hold(client, 2).is_some());
    }
}
