//! What a client is, from what it says it is: enough for people to know their own devices again in a list.
//!
//! Only names, without versions: a browser that updates itself stays the same device. Anybody can send any user agent, so
//! nobody is let in because of it.

use serde::Serialize;

/// Parts of user agents and the browsers they tell. The first that fits counts: most browsers also name those they want
/// to be taken for.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPiOS/", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("UCBrowser/", "UC Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("Silk/", "Silk"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Trident/", "Internet Explorer"),
    ("MSIE ", "Internet Explorer"),
    ("Safari/", "Safari"),
];

/// As [`BROWSERS`], of operating systems.
const SYSTEMS: &[(&str, &str)] = &[
    ("Windows Phone", "Windows Phone"),
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPad", "iPadOS"),
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("iOS", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("macOS", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
];

/// Characters of a program's name that are shown.
const NAME_LIMIT: usize = 32;

/// The client that last used a session, as far as its user agent tells. Everything is null for one that said nothing, or
/// that was not asked.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(super) struct Device {
    /// The browser, or the program that says its name.
    browser: Option<String>,
    /// The operating system.
    os: Option<&'static str>,
    /// `desktop`, `phone`, `tablet` or `bot`.
    kind: Option<&'static str>,
    /// What it says itself.
    user_agent: Option<String>,
}

impl Device {
    pub(super) fn of(user_agent: String) -> Self {
        let os = find(SYSTEMS, &user_agent);
        Self {
            // Every browser calls itself Mozilla; a program begins with its own name.
            browser: find(BROWSERS, &user_agent).or_else(|| program(&user_agent)).map(str::to_owned),
            os,
            kind: kind(&user_agent, os),
            user_agent: Some(user_agent),
        }
    }

    /// What stays the same while its software is updated.
    pub(super) fn name(&self) -> String {
        [self.browser.as_deref(), self.os, self.kind].map(Option::unwrap_or_default).join(", ")
    }
}

/// A device in a few words: "Firefox on Linux".
pub(crate) fn device_name(user_agent: Option<String>) -> String {
    let device = user_agent.map(Device::of).unwrap_or_default();
    match (device.browser, device.os) {
        (Some(browser), Some(os)) => format!("{browser} on {os}"),
        (Some(browser), None) => browser,
        (None, Some(os)) => os.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

/// As [`device_name`], without a word of the client's own: it goes into a mail, and anybody can send any user agent.
pub(super) fn known_name(user_agent: &str) -> String {
    match (find(BROWSERS, user_agent), find(SYSTEMS, user_agent)) {
        (Some(browser), Some(os)) => format!("{browser} on {os}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "an unknown device".to_owned(),
    }
}

fn find(table: &[(&str, &'static str)], user_agent: &str) -> Option<&'static str> {
    table.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
}

/// The first product of a user agent (RFC 9110, section 10.1.5).
fn program(user_agent: &str) -> Option<&str> {
    let end = user_agent.find(['/', ' ']).unwrap_or(user_agent.len());
    let name = &user_agent[..end];
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_name && (1..=NAME_LIMIT).contains(&name.len()) && name != "Mozilla").then_some(name)
}

fn kind(user_agent: &str, os: Option<&str>) -> Option<&'static str> {
    let says = |parts: &[&str]| parts.iter().any(|part| user_agent.contains(part));
    if says(&["bot", "Bot", "crawler", "Crawler", "spider", "Spider"]) {
        return Some("bot");
    }
    match os? {
        "iOS" | "Windows Phone" => Some("phone"),
        // Tablets with Android are those that do not say that they are mobile.
        "Android" if says(&["Mobile"]) && !says(&["Tablet"]) => Some("phone"),
        "iPadOS" | "Android" => Some("tablet"),
        _ => Some("desktop"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0";
    const IOS: &str = "like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

    fn shown(user_agent: &str) -> String {
        let device = Device::of(user_agent.to_owned());
        [device.browser.as_deref(), device.os, device.kind].map(|name| name.unwrap_or("-")).join(", ")
    }

    #[test]
    fn common_browsers_are_known_on_their_systems() {
        for (user_agent, expected) in [
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36"), "Chrome, Windows, desktop"),
            (format!("Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/130.0.0.0"), "Edge, Windows, desktop"),
            (format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36"), "Chrome, ChromeOS, desktop"),
            (format!("Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36"), "Chrome, Android, phone"),
            (format!("Mozilla/5.0 (Linux; Android 10; K) {CHROME} Safari/537.36"), "Chrome, Android, tablet"),
            (
                format!("Mozilla/5.0 (Linux; Android 13; SM-S911B) SamsungBrowser/23.0 {CHROME} Mobile Safari/537.36"),
                "Samsung Internet, Android, phone",
            ),
            (format!("Mozilla/5.0 (Macintosh) {CHROME} Safari/537.36 OPR/114.0.0.0"), "Opera, macOS, desktop"),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0".into(),
                "Firefox, Linux, desktop",
            ),
            ("Mozilla/5.0 (Android 14; Tablet; rv:132.0) Gecko/132.0 Firefox/132.0".into(), "Firefox, Android, tablet"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.6 Safari/605.1.15"
                    .into(),
                "Safari, macOS, desktop",
            ),
            (
                format!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 {IOS} Version/17.6 Mobile/15E148 Safari/604.1"),
                "Safari, iOS, phone",
            ),
            (
                format!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 {IOS} CriOS/130.0 Mobile/15E148 Safari/604.1"),
                "Chrome, iOS, phone",
            ),
            (
                format!("Mozilla/5.0 (iPad; CPU OS 16_6 {IOS} FxiOS/132.0 Mobile/15E148 Safari/605.1.15"),
                "Firefox, iPadOS, tablet",
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko".into(),
                "Internet Explorer, Windows, desktop",
            ),
        ] {
            assert_eq!(shown(&user_agent), expected, "{user_agent}");
        }
    }

    #[test]
    fn programs_are_known_by_the_name_they_begin_with() {
        assert_eq!(shown("curl/8.10.1"), "curl, -, -");
        assert_eq!(shown("okhttp/4.12.0"), "okhttp, -, -");
        assert_eq!(shown("Shop/3.1 (iPhone; iOS 17.6)"), "Shop, iOS, phone");
        assert_eq!(shown("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), "-, -, bot");
    }

    #[test]
    fn what_nobody_knows_is_unknown() {
        let long = "x".repeat(10_000);
        for user_agent in ["", " ", "/", "Mozilla/5.0", "\u{fffd}\u{fffd}/1", "<script>alert(1)</script>", &long] {
            assert_eq!(shown(user_agent), "-, -, -", "{user_agent}");
        }
    }
}
