//! Limits of connections: in total, and for each client.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Others wait in the kernel's queue.
pub(super) const CONNECTIONS: usize = 10_000;
/// A site is an IPv6 network of 48 bits, with 65,536 clients; it may hold this many times a client's connections.
const SITE: usize = 16;

/// At most three quarters of the files that the process may open: idle clients leave the rest to everything else.
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

#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) client: usize,
    site: usize,
}

impl Share {
    /// At most half of all places, whatever the settings say: the other half is for others.
    pub(super) fn of(places: usize, for_client: usize) -> Self {
        let half = places.div_ceil(2);
        Self { client: for_client.min(half), site: for_client.saturating_mul(SITE).min(half) }
    }

    pub(super) fn for_holder(self, holder: Holder) -> usize {
        match holder {
            Holder::Client(_) => self.client,
            Holder::Site(_) => self.site,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    Client(IpAddr),
    Site(IpAddr),
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(IpAddr::V6(address)) => write!(formatter, "{address}/64"),
            Self::Client(address) => address.fmt(formatter),
            Self::Site(address) => write!(formatter, "{address}/48"),
        }
    }
}

/// A client, and its site if it has an IPv6 address.
pub(super) type Owner = (IpAddr, Option<IpAddr>);

#[derive(Clone, Default)]
pub(super) struct Holders(Arc<Mutex<HashMap<Holder, usize>>>);

/// Dropping it frees the place.
pub(super) struct Held {
    holders: Holders,
    by: (Holder, Option<Holder>),
}

impl Held {
    fn by((client, site): (Holder, Option<Holder>)) -> impl Iterator<Item = Holder> {
        std::iter::once(client).chain(site)
    }
}

impl Holders {
    pub(super) fn hold(&self, (client, site): Owner, share: Share) -> Result<Held, Holder> {
        let by = (Holder::Client(client), site.map(Holder::Site));
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |holder: &Holder| counts.get(holder).is_some_and(|count| *count >= share.for_holder(*holder));
        if let Some(full) = Held::by(by).find(is_full) {
            return Err(full);
        }
        for holder in Held::by(by) {
            *counts.entry(holder).or_default() += 1;
        }
        Ok(Held { holders: self.clone(), by })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = self.holders.0.lock().unwrap_or_else(PoisonError::into_inner);
        for holder in Self::by(self.by) {
            if let Some(count) = counts.get_mut(&holder) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&holder);
                }
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
        let (holders, client, share) = (Holders::default(), IpAddr::from([203, 0, 113, 7]), Share::of(100, 2));
        let one_more = |client| holders.hold((client, None), share);
        let held = [one_more(client), one_more(client)];
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(one_more(client).err(), Some(Holder::Client(client)));
        assert!(one_more([203, 0, 113, 8].into()).is_ok());
        drop(held);
        assert!(holders.0.lock().unwrap().is_empty());
        assert!(one_more(client).is_ok());
    }

    #[test]
    fn a_site_that_connects_from_all_its_networks_holds_no_more_than_its_share() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let of_site = |network: usize| (address(&format!("2001:db8:7:{network:x}::")), Some(address("2001:db8:7::")));
        let of_another = (address("2001:db8:8::"), Some(address("2001:db8:8::")));
        for (places, for_client, expected) in [(10_000, 256, 4_096), (768, 256, 384), (10_000, 10_000, 5_000)] {
            let (holders, share) = (Holders::default(), Share::of(places, for_client));
            // Of the first network, which begins with the address of the site itself, as many as one client may.
            let mut held = Vec::new();
            let refused = (0..0x1_0000_usize).find_map(|number| {
                let connected = holders.hold(of_site(number / share.client), share);
                connected.map(|connection| held.push(connection)).err()
            });
            assert_eq!(held.len(), expected);
            let full = refused.unwrap();
            assert!(matches!(full, Holder::Site(_)) || share.client == expected, "{full}");
            assert!(holders.hold(of_site(0xffff), share).is_err(), "from a network that has none");
            assert!(holders.hold(of_another, share).is_ok(), "another site");
            held.truncate(expected - 1);
            assert!(holders.hold(of_site(0xffff), share).is_ok(), "in the place of one that ended");
            drop(held);
            assert!(holders.0.lock().unwrap().is_empty());
        }
    }
}
