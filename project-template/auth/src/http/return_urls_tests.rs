//! Allowed return addresses, and the many ways to write one that is not.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn settings(urls: &[&str]) -> Settings {
    let defaults = crate::Settings::load(Path::new(""), "", &BTreeMap::new()).unwrap();
    let return_urls = urls.iter().map(|url| ReturnUrl::parse(url).expect(url)).collect();
    Settings { return_urls, ..defaults.http }
}

fn usual() -> Settings {
    settings(&[
        "https://app.example.com/welcome",
        "https://*.preview.example.com",
        "http://localhost:3000/app/",
        "http://[::1]:3000",
        "myapp://signed-in",
        "capacitor://localhost/auth",
    ])
}

#[test]
fn an_address_on_the_list_and_what_is_below_it_may_be_returned_to() {
    let settings = usual();
    for address in [
        "https://app.example.com/welcome",
        "https://app.example.com/welcome/",
        "https://app.example.com/welcome/back?cart=17&from=%2Fshop%3Fa%3Db",
        "https://app.example.com/welcome?to=https://other.example/",
        "https://app.example.com/welcome/@ada/caf%C3%A9",
        "https://pr-12.preview.example.com",
        "https://pr-12.preview.example.com/",
        "https://pr-12.preview.example.com/any/page",
        "http://localhost:3000/app/",
        "http://localhost:3000/app/home",
        "http://[::1]:3000/",
        "myapp://signed-in",
        "myapp://signed-in/now?x=1",
        "capacitor://localhost/auth/done",
    ] {
        assert_eq!(settings.return_address(address).as_deref(), Some(address));
    }
    for (written, sent) in [
        ("HTTPS://App.Example.COM:443/welcome", "https://app.example.com/welcome"),
        ("MyApp://Signed-In/Now", "myapp://signed-in/Now"),
    ] {
        assert_eq!(settings.return_address(written).as_deref(), Some(sent));
    }
}

const NOT_ALLOWED: &[&str] = &[
    // Empty, and relative forms that a browser completes.
    "",
    "/welcome",
    "//app.example.com/welcome",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:app.example.com/welcome",
    "https:/app.example.com/welcome",
    "https:///app.example.com/welcome",
    "https:\\\\app.example.com\\welcome",
    "app.example.com/welcome",
    "?next=https://app.example.com/welcome",
    // Other schemes.
    "http://app.example.com/welcome",
    "javascript:alert(1)//https://app.example.com/welcome",
    "javascript://app.example.com/welcome%0aalert(1)",
    "data:text/html,https://app.example.com/welcome",
    "data://app.example.com/welcome",
    "file://app.example.com/welcome",
    "blob:https://app.example.com/welcome",
    "view-source:https://app.example.com/welcome",
    "https+x://app.example.com/welcome",
    "otherapp://signed-in",
    "intent://signed-in#Intent;scheme=myapp;end",
    // Other hosts.
    "https://evil.example/welcome",
    "https://evil.example/https://app.example.com/welcome",
    "https://app.example.com.evil.example/welcome",
    "https://evil-app.example.com/welcome",
    "https://example.com/welcome",
    "https://app.example.com./welcome",
    "https://app.example.com%2eevil.example/welcome",
    "https://app.example.com%2f@evil.example/welcome",
    "https://app%2eexample%2ecom/welcome",
    "https://app.example.com%00.evil.example/welcome",
    "https://\u{ff41}pp.example.com/welcome",
    "https://app\u{3002}example.com/welcome",
    "https://app.ex\u{430}mple.com/welcome",
    // A user, and forms that look like one.
    "https://app.example.com@evil.example/welcome",
    "https://app.example.com:443@evil.example/welcome",
    "https://ada@app.example.com/welcome",
    "https://ada:pw@app.example.com/welcome",
    "https://@app.example.com/welcome",
    "https://evil.example\\@app.example.com/welcome",
    "https://evil.example#@app.example.com/welcome",
    "https://evil.example?@app.example.com/welcome",
    "https://app.example.com\\.evil.example/welcome",
    "https://app.example.com;.evil.example/welcome",
    // Other ports.
    "https://app.example.com:8443/welcome",
    "https://app.example.com:80/welcome",
    "https://app.example.com:/welcome",
    "https://app.example.com:443:443/welcome",
    "https://app.example.com:99999/welcome",
    "http://localhost/app/",
    "http://localhost:3001/app/",
    "http://[::2]:3000/",
    // A pattern stands for one label.
    "https://preview.example.com/",
    "https://.preview.example.com/",
    "https://a.b.preview.example.com/",
    "https://*.preview.example.com/",
    "https://pr-12.preview.example.com:8443/",
    "https://pr-12.preview.example.com./",
    "https://pr-12.preview.example.com.evil.example/",
    "https://evil.example/.preview.example.com/",
    "https://evil.example:80.preview.example.com/",
    "http://pr-12.preview.example.com/",
    // Paths.
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com/welcomes",
    "https://app.example.com/Welcome",
    "https://app.example.com/welcome/../admin",
    "https://app.example.com/welcome/..",
    "https://app.example.com/welcome/./x",
    "https://app.example.com/welcome/..;/admin",
    "https://app.example.com/welcome/%2e%2e/admin",
    "https://app.example.com/welcome/.%2E/admin",
    "https://app.example.com/welcome/%252e%252e/admin",
    "https://app.example.com/welcome/..%2fadmin",
    "https://app.example.com/welcome/..%5cadmin",
    "https://app.example.com/welcome\\..\\admin",
    "https://app.example.com/welcome//evil.example",
    "https://app.example.com//evil.example/welcome",
    "https://app.example.com/%77elcome",
    "http://localhost:3000/app",
    "http://localhost:3000/application",
    "capacitor://localhost/other",
    "myapp://other",
    // Characters that browsers drop or servers read differently.
    " https://app.example.com/welcome",
    "https://app.example.com/welcome ",
    "https://app.example.com/wel\tcome",
    "https://app.exam\nple.com/welcome",
    "https://app.example.com/welcome\r\nSet-Cookie: a=b",
    "https://app.example.com/welcome%0d%0aSet-Cookie:a=b",
    "https://app.example.com/welcome?a=%0d%0aSet-Cookie:a=b",
    "https://app.example.com/welcome%00",
    "https://app.example.com/welcome/%",
    "https://app.example.com/welcome/%zz",
    "https://app.example.com/welcome/%2",
    "https://app.example.com/welcome?a=%+1",
    "https://app.example.com/welcome/<script>",
    "https://app.example.com/welcome?a=\"b\"",
    "https://app.example.com/welcome#access_token=stolen",
    "https://app.example.com/welcome#",
    "https://app.example.com/welcome/caf\u{e9}",
    "https://app.example.com/welcome?{}",
    // No UTF-8: overlong forms of `/`, `.` and NUL, a surrogate, parts of letters. And a control character of two bytes.
    "https://app.example.com/welcome/%c0%af",
    "https://app.example.com/welcome/%c0%ae%c0%ae/admin",
    "https://app.example.com/welcome/%e0%80%af",
    "https://app.example.com/welcome?a=%c0%80",
    "https://app.example.com/welcome/%ed%a0%80",
    "https://app.example.com/welcome/caf%e9",
    "https://app.example.com/welcome?a=%C3",
    "https://app.example.com/welcome?a=%c2%85",
];

#[test]
fn no_other_address_is_however_it_is_written() {
    let settings = usual();
    for address in NOT_ALLOWED {
        assert_eq!(settings.return_address(address), None, "{address:?}");
    }
    for none in ["https://app.example.com/welcome", "/", "http://127.0.0.1:8000/", "http://localhost/"] {
        assert_eq!(self::settings(&[]).return_address(none), None, "{none}: nothing is on the list");
    }
}

#[test]
fn an_entry_is_an_origin_or_a_pattern_of_one_name_with_a_path() {
    for entry in [
        "",
        "app.example.com",
        "/welcome",
        "//app.example.com",
        "*",
        "https://*",
        "https://*.com",
        "https://*.*.example.com",
        "https://**.example.com",
        "https://a*.example.com",
        "http://*.preview.example.com",
        "myapp://*",
        "myapp:welcome",
        "javascript://x",
        "https://ada@app.example.com",
        "https://app.example.com?a=b",
        "https://app.example.com/#/welcome",
        "https://app.example.com/a/../b",
        "https://app.example.com//",
        "https://app.example.com:99999",
        "https://b\u{fc}cher.example",
    ] {
        assert_eq!(ReturnUrl::parse(entry), None, "{entry:?}");
    }
    assert_eq!(ReturnUrl::parse("HTTPS://App.Example.com:443"), ReturnUrl::parse("https://app.example.com"));
}
