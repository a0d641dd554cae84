//! What holds for every page.

use serde_json::json;

use super::in_chromium;
use super::tab::{DESK, PHONE};
use super::tour::every_page;

in_chromium!(
    every_page_fits_a_phone_and_a_desk,
    every_text_can_be_read_in_light_and_in_dark,
    every_control_has_a_name_and_every_page_a_heading,
    no_page_asks_anybody_else_or_breaks_its_policy,
);

/// What sticks out at the side.
const WIDER: &str = "[...document.querySelectorAll('body, body *')]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + .5)
    .map((element) => element.outerHTML.slice(0, 120))
    .concat(document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [])";

/// What a finger misses: WCAG 2.2 asks for 24 pixels (2.5.8).
const SMALL: &str = "[...document.querySelectorAll('button, input, select, textarea, summary')]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 24)
    .map((element) => element.outerHTML.slice(0, 120))";

async fn every_page_fits_a_phone_and_a_desk() {
    every_page(|tab, name| {
        for (screen, of) in [(PHONE, "phone"), (DESK, "desk")] {
            tab.resize(screen);
            tab.picture(&format!("{name}, {of}"));
            assert_eq!(tab.eval(WIDER), json!([]), "{name} on a {of} is wider than that");
            assert_eq!(tab.eval(SMALL), json!([]), "{name} on a {of} has something too small to touch");
        }
    })
    .await;
}

/// Each text whose colour is too near to what is behind it, and each field whose edge is: WCAG asks for 4.5 (1.4.3) and
/// 3 (1.4.11). Backgrounds here are plain.
const FAINT: &str = "(() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const part = (value) => value / 255 <= .04045 ? value / 255 / 12.92 : ((value / 255 + .055) / 1.055) ** 2.4;
    const light = ([red, green, blue]) => .2126 * part(red) + .7152 * part(green) + .0722 * part(blue);
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const colour = numbers(getComputedStyle(element).backgroundColor);
            if (colour[3] !== 0) return colour;
        }
        return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
    };
    const contrast = (one, other) => {
        const [less, more] = [light(one), light(other)].sort((a, b) => a - b);
        return (more + .05) / (less + .05);
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        if (!text || !element.checkVisibility() || element.closest('script, .unseen')) continue;
        const ratio = contrast(numbers(getComputedStyle(element).color), behind(element));
        if (ratio < 4.5) faint.push(`${text}: ${ratio.toFixed(2)}`);
    }
    for (const field of document.querySelectorAll('input, select, textarea')) {
        if (!field.checkVisibility()) continue;
        const ratio = contrast(numbers(getComputedStyle(field).borderTopColor), behind(field.parentElement));
        if (ratio < 3) faint.push(`${field.outerHTML.slice(0, 120)}: ${ratio.toFixed(2)}`);
        if (!field.placeholder) continue;
        const hint = contrast(numbers(getComputedStyle(field, '::placeholder').color), behind(field));
        if (hint < 4.5) faint.push(`${field.placeholder}: ${hint.toFixed(2)}`);
    }
    return faint;
})()";

async fn every_text_can_be_read_in_light_and_in_dark() {
    every_page(|tab, name| {
        let mut grounds = Vec::new();
        for scheme in ["light", "dark"] {
            tab.prefer(scheme);
            tab.picture(&format!("{name}, {scheme}"));
            assert_eq!(tab.eval(FAINT), json!([]), "{name} in {scheme}");
            grounds.push(tab.text("getComputedStyle(document.body).backgroundColor"));
        }
        assert_ne!(grounds[0], grounds[1], "{name} looks the same in light and in dark");
    })
    .await;
}

async fn every_control_has_a_name_and_every_page_a_heading() {
    const CONTROLS: [&str; 4] = ["textbox", "button", "combobox", "link"];
    every_page(|tab, name| {
        let spoken = tab.spoken();
        let unnamed: Vec<_> =
            spoken.iter().filter(|node| CONTROLS.contains(&node.role.as_str()) && node.name.is_empty()).collect();
        assert!(unnamed.is_empty(), "{name}: {unnamed:?}");
        assert_eq!(spoken.iter().filter(|node| node.role == "main").count(), 1, "{name}: {spoken:?}");
        assert_eq!(tab.eval("document.querySelectorAll('h1').length"), 1, "{name}");
        assert_eq!(tab.text("document.documentElement.lang"), "en", "{name}");
        assert_ne!(tab.text("document.title"), "", "{name}");
    })
    .await;
}

async fn no_page_asks_anybody_else_or_breaks_its_policy() {
    every_page(|tab, name| {
        assert_eq!(tab.problems(), [""; 0], "{name}");
        let here = tab.text("location.origin + '/'");
        let elsewhere: Vec<String> =
            tab.requests().into_iter().filter(|url| !url.starts_with(&here) && !url.starts_with("data:")).collect();
        // One page on the walk leads the browser there.
        let is_provider = |url: &String| url.contains("/authorize?");
        assert!(elsewhere.iter().all(is_provider), "{name}: {elsewhere:?}");
    })
    .await;
}
