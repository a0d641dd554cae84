//! The form that sets a new password, while somebody types.

use auth::testing::{Listening, TestApp};
use serde_json::json;

use super::tab::Tab;
use super::{ADA, NEW, account, in_chromium, listening, reset_link};

in_chromium!(
    it_says_what_is_missing_while_one_types,
    it_goes_nowhere_before_the_passwords_can_be_right,
    it_is_filled_in_and_sent_without_a_mouse,
    it_shows_the_passwords_to_who_asks,
    it_is_told_to_who_cannot_see_it,
);

const FIRST: &str = "document.querySelector('#hint1').textContent";
const SECOND: &str = "document.querySelector('#hint2').textContent";
const FOCUS: &str = "document.activeElement.id || document.activeElement.textContent.trim()";

async fn opened(tab: &mut Tab) -> (TestApp, Listening) {
    let (app, server) = listening().await;
    account(&app, ADA).await;
    tab.visit(&server.url(&reset_link(&app, ADA).await));
    assert_eq!(tab.heading(), "Set a new password");
    (app, server)
}

async fn it_says_what_is_missing_while_one_types() {
    let mut tab = Tab::open();
    let _kept = opened(&mut tab).await;
    let advice = tab.text(FIRST);
    assert!(advice.starts_with("At least 8 characters."), "{advice}");
    tab.type_text("horse");
    assert_eq!(tab.text(FIRST), advice, "nobody is blamed for a word that is still being typed");
    tab.press("Tab");
    assert_eq!(tab.text(FIRST), "Too short. Characters missing: 3");
    tab.fill("#new_password1", "horses");
    assert_eq!(tab.text(FIRST), "Too short. Characters missing: 2", "once blamed, each letter counts");
    tab.type_text(" o");
    assert_eq!(tab.text(FIRST), "Long enough.");

    tab.press("Tab");
    tab.type_text("hors");
    assert_eq!(tab.text(SECOND), "");
    tab.type_text("x");
    assert_eq!(tab.text(SECOND), "The two passwords are not the same.");
    tab.fill("#new_password2", "horses o");
    assert_eq!(tab.text(SECOND), "Both are the same.");
    tab.fill("#new_password1", "another horse");
    assert_eq!(tab.text(SECOND), "The two passwords are not the same.");
}

/// Characters are counted as the server counts them.
async fn it_goes_nowhere_before_the_passwords_can_be_right() {
    let mut tab = Tab::open();
    let _kept = opened(&mut tab).await;
    let asked = tab.requests().len();
    for (first, second, problem, focus) in [
        ("", "", "Enter a new password.", "new_password1"),
        ("horse", "horse", "Too short. Characters missing: 3", "new_password1"),
        ("🐎🐎🐎🐎", "🐎🐎🐎🐎", "Too short. Characters missing: 4", "new_password1"),
        (NEW, "", "Enter the password again.", "new_password2"),
        (NEW, "another passphrase", "The two passwords are not the same.", "new_password2"),
    ] {
        tab.fill("#new_password1", first);
        tab.fill("#new_password2", second);
        tab.click("button[type=submit]");
        let hints = [tab.text(FIRST), tab.text(SECOND)];
        assert!(hints.iter().any(|hint| hint == problem), "{hints:?}");
        assert_eq!(tab.text(FOCUS), focus);
    }
    assert_eq!(tab.requests().len(), asked, "nothing was sent");
}

async fn it_is_filled_in_and_sent_without_a_mouse() {
    let mut tab = Tab::open();
    let (app, _server) = opened(&mut tab).await;
    let mut order = vec![tab.text(FOCUS)];
    for _ in 0..2 {
        tab.press("Tab");
        order.push(tab.text(FOCUS));
    }
    assert_eq!(order, ["new_password1", "new_password2", "Save the new password"]);
    for _ in 0..2 {
        tab.press_shift("Tab");
    }
    tab.press_shift("Tab");
    assert_eq!(tab.text(FOCUS), "show");
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(tab.text(outline), "solid", "one sees where one is");

    tab.press("Tab");
    tab.type_text(NEW);
    tab.press("Tab");
    tab.type_text(NEW);
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!(tab.heading(), "Your password has been changed");
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}

async fn it_shows_the_passwords_to_who_asks() {
    let mut tab = Tab::open();
    let _kept = opened(&mut tab).await;
    let types = "[...document.querySelectorAll('main input[id]')].map((field) => field.type)";
    assert_eq!(tab.eval(types), json!(["password", "password"]));
    tab.type_text(NEW);
    tab.click("#show");
    assert_eq!(tab.eval(types), json!(["text", "text"]));
    let spoken = tab.spoken();
    assert!(spoken.iter().any(|node| node.role == "button" && node.name == "Hide the passwords"), "{spoken:?}");
    tab.click("#show");
    assert_eq!(tab.eval(types), json!(["password", "password"]));
}

async fn it_is_told_to_who_cannot_see_it() {
    let mut tab = Tab::open();
    let _kept = opened(&mut tab).await;
    tab.type_text("horse");
    tab.press("Tab");
    let spoken = tab.spoken();
    let fields: Vec<_> = spoken.iter().filter(|node| node.role == "textbox").collect();
    assert_eq!(
        fields.iter().map(|field| (field.name.as_str(), field.description.as_str(), field.invalid)).collect::<Vec<_>>(),
        [("New password", "Too short. Characters missing: 3", true), ("New password, again", "", false)]
    );
    let buttons: Vec<&str> =
        spoken.iter().filter(|node| node.role == "button").map(|button| button.name.as_str()).collect();
    assert_eq!(buttons, ["Show the passwords", "Save the new password"]);
}
