//! What a person does in a browser, and what they and their screen reader get.

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::chromium::Chromium;

/// A phone of the smallest kind, and a desk; in CSS pixels.
pub(crate) const PHONE: (u32, u32) = (320, 640);
pub(crate) const DESK: (u32, u32) = (1280, 800);

pub(crate) struct Tab(Chromium);

impl Tab {
    /// A browser of its own.
    pub(crate) fn open() -> Self {
        Self::open_with(&[])
    }

    fn open_with(flags: &[String]) -> Self {
        let mut tab = Self(Chromium::start_with(flags));
        tab.resize(DESK);
        tab
    }

    /// Opens another tab of this browser, and looks at it. Gives the name of the one before.
    pub(crate) fn open_another(&mut self) -> String {
        self.0.open_another()
    }

    /// Looks at the tab of this name; gives that of the one before.
    pub(crate) fn look_at(&mut self, tab: String) -> String {
        self.0.look_at(tab)
    }

    pub(crate) fn without_scripts() -> Self {
        let mut tab = Self::open();
        tab.0.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
        tab
    }

    /// On pages that may call anything, as a front end of somebody's may.
    pub(crate) fn without_policy() -> Self {
        Self::without_policy_with(&[])
    }

    /// As [`Tab::without_policy`], where these names with TLS lead to the address, whatever its certificate.
    pub(crate) fn without_policy_where(names: &[&str], lead_to: SocketAddr) -> Self {
        let mut rules: Vec<String> = names.iter().map(|name| format!("MAP {name}:443 {lead_to}")).collect();
        rules.push("MAP * ~NOTFOUND".to_owned());
        let rules = format!("--host-resolver-rules={}", rules.join(", "));
        Self::without_policy_with(&[rules, "--ignore-certificate-errors".to_owned()])
    }

    fn without_policy_with(flags: &[String]) -> Self {
        let mut tab = Self::open_with(flags);
        tab.0.call("Page.setBypassCSP", &json!({ "enabled": true }));
        tab
    }

    pub(crate) fn resize(&mut self, (width, height): (u32, u32)) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.0.call("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// `light` or `dark`.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.0.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    pub(crate) fn visit(&mut self, url: &str) {
        self.until_loaded(|tab| {
            tab.0.call("Page.navigate", &json!({ "url": url }));
        });
    }

    /// Does something that leads to another page, and waits until that is there.
    pub(crate) fn until_loaded(&mut self, act: impl FnOnce(&mut Self)) {
        let seen = self.0.events.len();
        act(self);
        self.0.wait_for("Page.loadEventFired", seen);
    }

    /// Does something that leads to the page at this address by way of others, and waits until that is there.
    pub(crate) fn until_at(&mut self, url: &str, act: impl FnOnce(&mut Self)) {
        let seen = self.0.events.len();
        act(self);
        let seen = self.0.wait_for_page(url, seen);
        self.0.wait_for("Page.loadEventFired", seen);
    }

    /// The value of an expression in the page.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.0.call("Runtime.evaluate", &params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// As [`Tab::eval`], for a text.
    pub(crate) fn text(&mut self, expression: &str) -> String {
        self.eval(expression).as_str().unwrap_or_default().to_owned()
    }

    /// The value of a cookie that goes to this page, though its scripts cannot read it; empty where there is none.
    pub(crate) fn cookie(&mut self, name: &str) -> String {
        let held = self.0.call("Network.getCookies", &json!({}));
        let cookies = held["cookies"].as_array().into_iter().flatten();
        let named = cookies.into_iter().find(|cookie| cookie["name"] == name);
        named.and_then(|cookie| cookie["value"].as_str()).unwrap_or_default().to_owned()
    }

    pub(crate) fn path(&mut self) -> String {
        self.text("location.pathname")
    }

    pub(crate) fn heading(&mut self) -> String {
        self.text("document.querySelector('h1').textContent")
    }

    /// Types into whatever has the focus.
    pub(crate) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.0.call("Input.insertText", &json!({ "text": letter.to_string() }));
        }
    }

    /// Puts the focus on the field and types, in place of what is there.
    pub(crate) fn fill(&mut self, selector: &str, text: &str) {
        self.eval(&format!("{{ const field = document.querySelector('{selector}'); field.focus(); field.select(); }}"));
        self.press("Backspace");
        self.type_text(text);
    }

    pub(crate) fn press(&mut self, key: &str) {
        self.press_with(key, 0);
    }

    /// Holds Shift.
    pub(crate) fn press_shift(&mut self, key: &str) {
        self.press_with(key, 8);
    }

    fn press_with(&mut self, key: &str, modifiers: u8) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Backspace" => (8, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            other => panic!("{other} is a key that these tests do not know"),
        };
        let event = |kind: &str| json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text, "modifiers": modifiers });
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        self.0.call("Input.dispatchKeyEvent", &event(down));
        self.0.call("Input.dispatchKeyEvent", &event("keyUp"));
    }

    /// Clicks the middle of the element with the mouse.
    pub(crate) fn click(&mut self, selector: &str) {
        let middle = self.eval(&format!(
            "(() => {{ const element = document.querySelector('{selector}'); element.scrollIntoView({{ block: 'center' }});
             const box = element.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
            self.0.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Clicks what leads to another page.
    pub(crate) fn follow(&mut self, selector: &str) {
        self.until_loaded(|tab| tab.click(selector));
    }

    /// What assistive technology is told of the page: each node that is not ignored, with its role, name, description
    /// and whether it is said to be invalid.
    pub(crate) fn spoken(&mut self) -> Vec<Spoken> {
        let tree = self.0.call("Accessibility.getFullAXTree", &json!({}));
        let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] == false);
        nodes.map(Spoken::read).collect()
    }

    /// What went wrong in the page: a broken policy, an error of a script. The status of an answer is nothing wrong, nor is
    /// what the browser recommends or only tells, such as that it left the focus where it was.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problem = |event: &Value| {
            let params = &event["params"];
            let entry = &params["entry"];
            match event["method"].as_str()? {
                "Log.entryAdded"
                    if entry["source"] != "network" && (entry["level"] == "error" || entry["level"] == "warning") =>
                {
                    Some(entry.to_string())
                }
                "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => Some(params.to_string()),
                "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                    Some(params["issue"].to_string())
                }
                _ => None,
            }
        };
        self.0.events.iter().filter_map(problem).collect()
    }

    /// Plugs in an authenticator with these properties (`WebAuthn.addVirtualAuthenticator`). Gives its id.
    pub(crate) fn add_authenticator(&mut self, options: &Value) -> Value {
        self.0.call("WebAuthn.enable", &json!({}));
        self.0.call("WebAuthn.addVirtualAuthenticator", &json!({ "options": options }))["authenticatorId"].clone()
    }

    /// Whether the authenticator recognizes its user from now on.
    pub(crate) fn verify_user(&mut self, authenticator: &Value, is_verified: bool) {
        let params = json!({ "authenticatorId": authenticator, "isUserVerified": is_verified });
        self.0.call("WebAuthn.setUserVerified", &params);
    }

    /// Every address that was asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        let sent = self.0.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str().map(str::to_owned)).collect()
    }

    /// Keeps a picture of the page in the directory that `SCREENSHOTS` names, if it does: the whole of it, unless that is
    /// larger than Chromium draws.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(directory) = std::env::var_os("SCREENSHOTS") else { return };
        let size = self.eval("[innerWidth, Math.min(document.documentElement.scrollHeight, 16000)]");
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let shot = self.0.call("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "clip": clip }));
        let bytes = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(std::path::Path::new(&directory).join(format!("{name}.png")), bytes).unwrap();
    }
}

/// A node of the accessibility tree.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) invalid: bool,
}

impl Spoken {
    fn read(node: &Value) -> Self {
        let text = |member: &str| node[member]["value"].as_str().unwrap_or_default().to_owned();
        let properties = node["properties"].as_array().into_iter().flatten();
        let invalid = properties
            .filter(|property| property["name"] == "invalid")
            .any(|property| property["value"]["value"] == "true");
        Self { role: text("role"), name: text("name"), description: text("description"), invalid }
    }
}
