//! Devices in a sentence: for staff, and for mails to their owner.

use uuid::Uuid;

use super::device::{Device, browser, system};
use super::store;
use crate::db::Tx;
use crate::error::Result;
use crate::http::Client;
use crate::languages::{Text, text};

pub(crate) fn device_name(user_agent: Option<String>) -> String {
    let device = user_agent.map(Device::of).unwrap_or_default();
    match (device.browser, device.os) {
        (Some(browser), Some(os)) => format!("{browser} on {os}"),
        (Some(browser), None) => browser,
        (None, Some(os)) => os.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// Without text chosen by the client: it goes into a mail, and anyone can send any user agent.
pub(crate) fn known_device_name(user_agent: Option<&str>) -> Text {
    let user_agent = user_agent.unwrap_or_default();
    match (browser(user_agent), system(user_agent)) {
        (Some(browser), Some(system)) => text!("{browser} on {system}", browser = browser, system = system),
        (Some(name), None) | (None, Some(name)) => name.into(),
        (None, None) => "an unknown device".into(),
    }
}

/// Whether the account has had such a device and this address. A missing user agent or address counts as known.
pub(crate) async fn is_known(tx: &mut Tx, user: Uuid, client: &Client) -> Result<bool> {
    let had = store::origins(tx, user).await?;
    let device = client.user_agent.as_ref().map(|user_agent| known_device_name(Some(user_agent)));
    let ip = client.ip.map(|ip| ip.to_string());
    let had_device = device.is_none_or(|device| {
        had.iter().any(|(_, user_agent)| user_agent.as_ref().is_some_and(|had| known_device_name(Some(had)) == device))
    });
    Ok(had_device && ip.is_none_or(|ip| had.iter().any(|(had, _)| had.as_ref() == Some(&ip))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::Language;

    #[test]
    fn a_mail_has_no_name_that_a_client_made_up() {
        let name = |user_agent: &str| Language::english().word(&known_device_name(Some(user_agent)));
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0";
        let own =
            format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {chrome} Electron/41.0.0 PayHere/1 Safari/537.36");
        assert_eq!(name(&own), "macOS");
        assert_eq!(name("PayHere/1 (iPhone; iOS 18.7)"), "iOS");
        let windows = format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Safari/537.36");
        assert_eq!(name(&windows), "Chrome on Windows");
    }
}
