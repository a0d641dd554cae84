//! Binds tokens to the client they were issued to (`tokens.bind`). It hinders the use of a copied token from elsewhere,
//! but authenticates nobody: anyone who has seen a user agent can send it.

use time::OffsetDateTime;
use uuid::Uuid;

use super::device::Device;
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::http::Client;
use crate::tokens::{Binding, Claims};

pub(super) fn of_access(auth: &Auth, session: Uuid, client: &Client, now: OffsetDateTime) -> Option<Binding> {
    let bind = auth.settings().tokens.bind;
    let device = bind.to_device().then(|| auth.tokens().mac_text(&device(session, client), now));
    let ip = bind.to_ip().then(|| auth.tokens().mac_text(&ip(session, client), now));
    (device.is_some() || ip.is_some()).then_some(Binding { device, ip })
}

/// It never varies for one client: tokens of a generation are the same bytes.
pub(super) fn of_refresh(auth: &Auth, session: Uuid, client: &Client, from: OffsetDateTime) -> Option<Binding> {
    let device =
        auth.settings().tokens.bind.to_device().then(|| auth.tokens().mac_text(&device(session, client), from))?;
    Some(Binding { device: Some(device), ip: None })
}

/// A token without a binding is accepted from anywhere.
pub(super) fn holds(auth: &Auth, claims: &Claims, client: &Client) -> bool {
    let (bind, Some(binding)) = (auth.settings().tokens.bind, &claims.bind) else { return true };
    let is_of = |claim: &Option<String>, message: &dyn Fn(Uuid, &Client) -> String| {
        claim.as_ref().is_none_or(|claim| auth.tokens().has_mac_text(&message(claims.session, client), claim))
    };
    let elsewhere = if bind.to_device() && !is_of(&binding.device, &device) {
        Reason::Device
    } else if bind.to_ip() && !is_of(&binding.ip, &ip) {
        Reason::Address
    } else {
        return true;
    };
    let event = Event::of_id(Kind::ShownElsewhere, claims.sub).session(claims.session).because(elsewhere);
    auth.audit().note(event);
    false
}

fn device(session: Uuid, client: &Client) -> String {
    let name = client.user_agent.clone().map(Device::of).unwrap_or_default().name();
    format!("token bound to device {session} {name}")
}

/// By network: an IPv6 device uses many addresses of its network.
fn ip(session: Uuid, client: &Client) -> String {
    let network = client.network().map(|network| network.to_string()).unwrap_or_default();
    format!("token bound to address {session} {network}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stay_tied_to_the_same_text() {
        for (address, network) in [
            (Some("203.0.113.7"), "203.0.113.7"),
            (Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::"),
            (Some("::1"), "::"),
            (None, ""),
        ] {
            let client = Client { ip: address.map(|address| address.parse().unwrap()), user_agent: None };
            let expected = format!("token bound to address 00000000-0000-0000-0000-000000000000 {network}");
            assert_eq!(ip(Uuid::nil(), &client), expected);
        }
    }
}
