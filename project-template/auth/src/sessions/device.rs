//! Describes a client by its user agent, for a list of devices. Names have no versions: an update must not make a new
//! device. Anyone can send any user agent, so it grants nothing.

use serde::Serialize;

/// Browsers' own product names, which they send beside the names of browsers they claim to be.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("EdgiOS", "Edge"),
    ("Edge", "Edge"),
    ("OPR", "Opera"),
    ("OPX", "Opera"),
    ("OPT", "Opera"),
    ("OPiOS", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("YaBrowser", "Yandex Browser"),
    ("Vivaldi", "Vivaldi"),
    ("UCBrowser", "UC Browser"),
    ("XiaoMi", "Mi Browser"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("Whale", "Whale"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("Ddg", "DuckDuckGo"),
    ("Silk", "Silk"),
    ("GSA", "Google app"),
    ("Epiphany", "GNOME Web"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
];

/// Like [`BROWSERS`], for the names that other browsers claim to be.
const COMMON: &[(&str, &str)] = &[("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")];

/// Products that name no program: engines, and details of the device.
const PLATFORM: &[&str] = &[
    "Mozilla",
    "AppleWebKit",
    "Gecko",
    "Version",
    "Mobile",
    "Electron",
    "Dalvik",
    "CFNetwork",
    "Darwin",
    "Ubuntu",
    "NetType",
    "Language",
];

/// Parts of a user agent, and the operating systems they indicate. The first match counts.
const SYSTEMS: &[(&str, &str)] = &[
    ("Windows Phone", "Windows Phone"),
    ("Windows", "Windows"),
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPadOS", "iPadOS"),
    ("iPad", "iPadOS"),
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("iOS", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("macOS", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Tizen", "Tizen"),
    ("Linux", "Linux"),
];

/// In bytes.
const NAME_LIMIT: usize = 32;

/// The client that last used a session, described by its user agent. All members are null if it sent none, or none was
/// collected.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(super) struct Device {
    /// The browser, or the name that another program gives itself.
    #[schema(required = true)]
    pub(super) browser: Option<String>,
    /// The operating system.
    #[schema(required = true)]
    pub(super) os: Option<&'static str>,
    #[schema(required = true, inline, value_type = Option<DeviceKind>)]
    kind: Option<&'static str>,
    /// The user agent as it was sent.
    #[schema(required = true)]
    user_agent: Option<String>,
}

/// The values of `kind`.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes a member")]
enum DeviceKind {
    Desktop,
    Phone,
    Tablet,
    Bot,
}

impl Device {
    pub(super) fn of(user_agent: String) -> Self {
        let os = system(&user_agent);
        let browser = program(&user_agent).or_else(|| browser(&user_agent));
        Self { browser: browser.map(str::to_owned), os, kind: kind(&user_agent, os), user_agent: Some(user_agent) }
    }

    pub(super) fn name(&self) -> String {
        [self.browser.as_deref(), self.os, self.kind].map(Option::unwrap_or_default).join(", ")
    }
}

/// Every browser begins with one of these, so anything else is no browser.
fn is_of_browser(user_agent: &str) -> bool {
    user_agent.starts_with("Mozilla/") || user_agent.starts_with("Opera/")
}

/// The products of a user agent that have a version (RFC 9110, section 10.1.5), outside parentheses.
fn products(user_agent: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let outside = user_agent.split_inclusive(['(', ')']).filter_map(move |part| {
        let is_outside = depth == 0;
        depth = if part.ends_with('(') { depth + 1 } else { depth.saturating_sub(usize::from(part.ends_with(')'))) };
        is_outside.then(|| part.trim_end_matches('('))
    });
    outside.flat_map(str::split_whitespace).filter_map(|product| Some(product.split_once('/')?.0))
}

fn find(table: &[(&'static str, &'static str)], user_agent: &str) -> Option<&'static str> {
    let named: Vec<&str> = products(user_agent).collect();
    table.iter().find(|(product, _)| named.contains(product)).map(|(_, name)| *name)
}

pub(super) fn browser(user_agent: &str) -> Option<&'static str> {
    if !is_of_browser(user_agent) {
        return None;
    }
    let is_inside_app = || user_agent.contains("; wv)") || products(user_agent).any(|product| product == "Electron");
    let explorer = || ["Trident/", "MSIE "].iter().any(|part| user_agent.contains(part)).then_some("Internet Explorer");
    let common = || if is_inside_app() { None } else { find(COMMON, user_agent) };
    find(BROWSERS, user_agent).or_else(common).or_else(explorer)
}

/// A program that is no browser begins with its name; one that embeds a browser lists it beside the browser's products.
fn program(user_agent: &str) -> Option<&str> {
    if !is_of_browser(user_agent) {
        let name = user_agent.split(['/', '(']).next().unwrap_or_default().trim();
        return is_name(name).then_some(name).filter(|name| !PLATFORM.contains(name));
    }
    if find(BROWSERS, user_agent).is_some() {
        return None;
    }
    let is_common = |product: &str| COMMON.iter().any(|(common, _)| *common == product);
    products(user_agent).find(|product| !PLATFORM.contains(product) && !is_common(product) && is_name(product))
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
    (1..=NAME_LIMIT).contains(&text.len()) && text.bytes().all(is_part)
}

pub(super) fn system(user_agent: &str) -> Option<&'static str> {
    // Later parentheses name browsers it claims to be, or a bot.
    let first = user_agent.split_once('(').map_or("", |(_, rest)| rest.split(')').next().unwrap_or_default());
    let found = SYSTEMS.iter().find(|(part, _)| first.contains(part)).map(|(_, name)| *name);
    // An iPad that asks for desktop pages claims to be macOS; only browsers for iOS have these names.
    let is_ipad =
        || ["CriOS", "FxiOS", "EdgiOS", "OPiOS"].iter().any(|name| products(user_agent).any(|own| own == *name));
    if found == Some("macOS") && is_ipad() { Some("iPadOS") } else { found }
}

/// Whether it declares itself a bot, by the name of a product: phones may have such names too (Cubot).
fn is_bot(user_agent: &str) -> bool {
    let is_name = |word: &str| {
        let word = word.to_ascii_lowercase();
        word.ends_with("bot") || word.contains("crawler") || word.contains("spider")
    };
    let mut named = user_agent.split([' ', ';', '(', ')']).filter_map(|word| Some(word.split_once('/')?.0));
    user_agent.contains("+http") || named.any(is_name)
}

fn kind(user_agent: &str, os: Option<&str>) -> Option<&'static str> {
    let says = |part: &str| user_agent.contains(part);
    if is_bot(user_agent) {
        return Some("bot");
    }
    match os? {
        "iOS" | "Windows Phone" => Some("phone"),
        "iPadOS" => Some("tablet"),
        "Android" | "HarmonyOS" if says("Tablet") => Some("tablet"),
        "Android" | "HarmonyOS" if says("Mobile") || says("Phone;") => Some("phone"),
        // Browsers on tablets leave out `Mobile`.
        "Android" | "HarmonyOS" => is_of_browser(user_agent).then_some("tablet"),
        "Tizen" => None,
        _ => Some("desktop"),
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
