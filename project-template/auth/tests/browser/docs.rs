//! `/docs/`: reading the API and trying it.

use super::in_chromium;
use super::tab::Tab;
use super::{ADA, listening, router};
use auth::testing::{Engine, PASSWORD, TestApp};

in_chromium!(
    a_newcomer_signs_up_and_goes_on_signed_in,
    an_operation_is_found_by_its_address_and_opened_without_a_mouse,
    it_can_be_read_without_scripts,
);

/// Sends the form of an operation and waits for the status of the answer.
fn send(tab: &mut Tab, operation: &str) -> String {
    tab.eval(&format!(
        "document.getElementById('{operation}').open = true;
         document.querySelector('#{operation} output').replaceChildren()"
    ));
    tab.click(&format!("#{operation} button[type=submit]"));
    tab.text(&format!(
        "new Promise((resolve) => {{
            const output = document.querySelector('#{operation} output');
            const done = () => output.querySelector('b') && !output.textContent.startsWith('…') && resolve(output.textContent);
            new MutationObserver(done).observe(output, {{ childList: true }});
            done();
        }})"
    ))
}

async fn a_newcomer_signs_up_and_goes_on_signed_in() {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let server = app.listen().await;
    let mut tab = Tab::open();
    tab.visit(&server.url("/docs/"));
    let refused = send(&mut tab, "getUser");
    assert!(refused.starts_with("401"), "{refused}");
    let registered = send(&mut tab, "register");
    assert!(registered.starts_with("201"), "{registered}");
    assert_ne!(tab.text("document.querySelector('#access').value"), "", "the access token is kept");
    let user = send(&mut tab, "getUser");
    assert!(user.starts_with("200") && user.contains(ADA), "{user}");
    for _ in 0..2 {
        let refreshed = send(&mut tab, "refresh");
        assert!(refreshed.starts_with("200"), "{refreshed}");
    }
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
    assert_eq!(tab.problems(), [""; 0]);
}

async fn an_operation_is_found_by_its_address_and_opened_without_a_mouse() {
    let (_app, server) = listening().await;
    let mut tab = Tab::open();
    tab.visit(&server.url("/docs/#login"));
    assert_eq!(tab.eval("document.getElementById('login').open"), true);
    tab.visit(&server.url("/docs/"));
    tab.press("Tab");
    assert_eq!(tab.text("document.activeElement.textContent"), "Skip to the operations");
    tab.press("Enter");
    tab.press("Tab");
    assert_eq!(tab.text("document.activeElement.tagName"), "SUMMARY");
    tab.press("Enter");
    assert_eq!(tab.eval("document.activeElement.parentElement.open"), true);
}

async fn it_can_be_read_without_scripts() {
    let (_app, server) = listening().await;
    let mut tab = Tab::without_scripts();
    tab.visit(&server.url("/docs/"));
    assert_eq!(tab.eval("document.querySelectorAll('section > details').length > 20"), true);
    assert_eq!(tab.eval("document.querySelectorAll('button:not([hidden])').length"), 0, "nothing that cannot work");
}
