use super::*;

const CHROME: &str = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0";
const WEBKIT: &str = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const GECKO: &str = "Gecko/20100101 Firefox/151.0";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64)";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K)";
const WEBVIEW: &str = "Mozilla/5.0 (Linux; Android 16; Pixel 10 Build/BP2A.250605.031; wv)";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)";
const IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X)";

fn shown(user_agent: &str) -> String {
    let device = Device::of(user_agent.to_owned());
    [device.browser.as_deref(), device.os, device.kind].map(|name| name.unwrap_or("-")).join(", ")
}

fn assert_shown(cases: &[(&[&str], &str)]) {
    for (parts, expected) in cases {
        let user_agent = parts.join(" ");
        assert_eq!(shown(&user_agent), *expected, "{user_agent}");
    }
}

#[test]
fn browsers_on_computers() {
    assert_shown(&[
        (&[WINDOWS, CHROME, "Safari/537.36"], "Chrome, Windows, desktop"),
        (&[WINDOWS, CHROME, "Safari/537.36 Edg/148.0.0.0"], "Edge, Windows, desktop"),
        (&[WINDOWS, CHROME, "Safari/537.36 OPR/130.0.0.0"], "Opera, Windows, desktop"),
        (&[WINDOWS, CHROME, "Safari/537.36 Vivaldi/7.8"], "Vivaldi, Windows, desktop"),
        (&[WINDOWS, CHROME, "YaBrowser/26.3.0.0 Yowser/2.5 Safari/537.36"], "Yandex Browser, Windows, desktop"),
        (&[WINDOWS, CHROME, "Whale/4.33.325.17 Safari/537.36"], "Whale, Windows, desktop"),
        (&["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:151.0)", GECKO], "Firefox, Windows, desktop"),
        (&["Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko"], "Internet Explorer, Windows, desktop"),
        (&[MAC, WEBKIT, "Version/26.2 Safari/605.1.15"], "Safari, macOS, desktop"),
        (&[MAC, CHROME, "Safari/537.36"], "Chrome, macOS, desktop"),
        (&[MAC, CHROME, "Safari/537.36 Ddg/26.2"], "DuckDuckGo, macOS, desktop"),
        (&["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:151.0)", GECKO], "Firefox, macOS, desktop"),
        (&[LINUX, CHROME, "Safari/537.36"], "Chrome, Linux, desktop"),
        (&["Mozilla/5.0 (X11; Linux x86_64; rv:151.0)", GECKO], "Firefox, Linux, desktop"),
        (&["Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:151.0)", GECKO], "Firefox, Linux, desktop"),
        (
            &[LINUX, "AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/148.0 Chrome/148.0 Safari/537.36"],
            "Chromium, Linux, desktop",
        ),
        (&[LINUX, WEBKIT, "Version/18.0 Safari/605.1.15 Epiphany/605.1.15"], "GNOME Web, Linux, desktop"),
        (&["Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)", CHROME, "Safari/537.36"], "Chrome, ChromeOS, desktop"),
        (&["Mozilla/5.0 (X11; FreeBSD amd64; rv:151.0)", GECKO], "Firefox, FreeBSD, desktop"),
        (&["Opera/9.80 (Windows NT 6.1) Presto/2.12 Version/12.16"], "Opera, Windows, desktop"),
    ]);
}

#[test]
fn browsers_on_phones_and_tablets() {
    assert_shown(&[
        (&[ANDROID, CHROME, "Mobile Safari/537.36"], "Chrome, Android, phone"),
        (&[ANDROID, CHROME, "Safari/537.36"], "Chrome, Android, tablet"),
        (&[ANDROID, CHROME, "Mobile Safari/537.36 EdgA/148.0.0.0"], "Edge, Android, phone"),
        (&[ANDROID, CHROME, "Mobile Safari/537.36 OPR/95.0.0.0"], "Opera, Android, phone"),
        (
            &[
                ANDROID,
                "AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/30.0 Chrome/136.0.0.0 Mobile Safari/537.36",
            ],
            "Samsung Internet, Android, phone",
        ),
        (
            &[
                "Mozilla/5.0 (Linux; U; Android 15; 24129PN74G)",
                CHROME,
                "Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.40",
            ],
            "Mi Browser, Android, phone",
        ),
        (&["Mozilla/5.0 (Linux; Android 14; CUBOT NOTE 50)", CHROME, "Mobile Safari/537.36"], "Chrome, Android, phone"),
        (
            &["Mozilla/5.0 (Linux; Android 12; Cubot Tab 30 Build/SP1A)", CHROME, "Safari/537.36"],
            "Chrome, Android, tablet",
        ),
        (&["Mozilla/5.0 (Android 16; Mobile; rv:151.0) Gecko/151.0 Firefox/151.0"], "Firefox, Android, phone"),
        (&["Mozilla/5.0 (Android 16; Tablet; rv:151.0) Gecko/151.0 Firefox/151.0"], "Firefox, Android, tablet"),
        (
            &[
                "Mozilla/5.0 (Linux; Android 11; KFTRWI)",
                "AppleWebKit/537.36 (KHTML, like Gecko) Silk/140.1 like Chrome/140.0 Safari/537.36",
            ],
            "Silk, Android, tablet",
        ),
        (
            &["Mozilla/5.0 (Phone; OpenHarmony 5.0)", CHROME, "Safari/537.36 ArkWeb/4.1 Mobile HuaweiBrowser/5.0"],
            "Huawei Browser, HarmonyOS, phone",
        ),
        (&[IPHONE, WEBKIT, "Version/26.2 Mobile/15E148 Safari/604.1"], "Safari, iOS, phone"),
        (&[IPHONE, WEBKIT, "CriOS/148.0.7778.73 Mobile/15E148 Safari/604.1"], "Chrome, iOS, phone"),
        (&[IPHONE, WEBKIT, "FxiOS/151.0 Mobile/15E148 Safari/605.1.15"], "Firefox, iOS, phone"),
        (&[IPHONE, WEBKIT, "Version/18.0 EdgiOS/148.0 Mobile/15E148 Safari/604.1"], "Edge, iOS, phone"),
        (&[IPHONE, WEBKIT, "GSA/390.0 Mobile/15E148 Safari/604.1"], "Google app, iOS, phone"),
        (&[IPHONE, WEBKIT, "Version/26.2 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15"], "DuckDuckGo, iOS, phone"),
        (&[IPAD, WEBKIT, "Version/26.2 Mobile/15E148 Safari/604.1"], "Safari, iPadOS, tablet"),
        (&[IPAD, WEBKIT, "FxiOS/151.0 Mobile/15E148 Safari/605.1.15"], "Firefox, iPadOS, tablet"),
        (&[MAC, WEBKIT, "CriOS/148.0.7778.73 Version/18.0 Safari/604.1"], "Chrome, iPadOS, tablet"),
        (
            &[
                "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950)",
                CHROME,
                "Mobile Safari/537.36 Edge/15.15063",
            ],
            "Edge, Windows Phone, phone",
        ),
    ]);
}

#[test]
fn an_apps_own_name_comes_before_that_of_the_browser_it_shows_pages_in() {
    assert_shown(&[
        (&["AcmeNotes/3.2 (iPhone; iOS 18.7; Scale/3.00)"], "AcmeNotes, iOS, phone"),
        (&["Acme Notes/3.2 (iPhone; iOS 18.7; Scale/3.00)"], "Acme Notes, iOS, phone"),
        (&["AcmeNotes/3.2 (iPad; iPadOS 18.7)"], "AcmeNotes, iPadOS, tablet"),
        (&["AcmeNotes/412 CFNetwork/3860.300.31 Darwin/25.2.0"], "AcmeNotes, -, -"),
        (&["App/3 (Android 16; Pixel 9)"], "App, Android, -"),
        (&[IPHONE, WEBKIT, "Mobile/15E148 AcmeNotes/3.2"], "AcmeNotes, iOS, phone"),
        (
            &[
                WEBVIEW,
                "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/148.0 Mobile Safari/537.36 AcmeNotes/3.2",
            ],
            "AcmeNotes, Android, phone",
        ),
        (
            &[
                MAC,
                "AppleWebKit/537.36 (KHTML, like Gecko) AcmeNotes/1.4.0 Chrome/146.0.0.0 Electron/41.0.0 Safari/537.36",
            ],
            "AcmeNotes, macOS, desktop",
        ),
        (
            &[WEBVIEW, "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/148.0 Mobile Safari/537.36"],
            "-, Android, phone",
        ),
        (&[IPHONE, WEBKIT, "Mobile/15E148"], "-, iOS, phone"),
        (&[MAC, CHROME, "Electron/41.0.0 Safari/537.36"], "-, macOS, desktop"),
        (&["Dalvik/2.1.0 (Linux; U; Android 16; Pixel 10 Build/BP2A)"], "-, Android, -"),
    ]);
}

#[test]
fn programs_are_known_by_the_name_they_begin_with_and_bots_by_what_they_say() {
    assert_shown(&[
        (&["curl/8.16.0"], "curl, -, -"),
        (&["okhttp/5.3.0"], "okhttp, -, -"),
        (&["Dart/3.11 (dart:io)"], "Dart, -, -"),
        (&["python-requests/2.32.5"], "python-requests, -, -"),
        (&["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"], "-, -, bot"),
        (
            &[
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P)",
                CHROME,
                "Mobile Safari/537.36 (compatible; Googlebot/2.1)",
            ],
            "Chrome, Android, bot",
        ),
        (&["Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"], "Slackbot-LinkExpanding 1.0, -, bot"),
        (&["Twitterbot/1.0"], "Twitterbot, -, bot"),
        (&["facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"], "facebookexternalhit, -, bot"),
    ]);
}

#[test]
fn what_nobody_knows_is_unknown() {
    let long = "x".repeat(10_000);
    for user_agent in
        ["", " ", "/", "Mozilla/5.0", "\u{fffd}\u{fffd}/1", "<script>alert(1)</script>", "((((", "))))", &long]
    {
        assert_eq!(shown(user_agent), "-, -, -", "{user_agent}");
    }
}
