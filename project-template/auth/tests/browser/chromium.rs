//! A browser of its own for each test, spoken to over a pipe in its own protocol (CDP).

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What the browser may be called; the first that is there is taken.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// How long it may be silent before a test gives up.
const SILENCE: Duration = Duration::from_mins(1);

const FLAGS: [&str; 12] = [
    "--headless",
    // Its sandbox needs more rights than a container gives. It sees nothing but the pages of these tests.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    // As on phones, where they take no room.
    "--hide-scrollbars",
    // Whoever is asked for beside this machine is not found. By this name it is a machine of the network, which a browser
    // does not trust without TLS as it does its own.
    "--host-resolver-rules=MAP plain.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-pipe",
];

/// A running browser, and the tab of it that is looked at.
pub(crate) struct Chromium {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// What it told of itself, in order.
    pub(crate) events: Vec<Value>,
    tab: String,
    sent: u64,
    profile: TempDir,
}

impl Chromium {
    /// Of a flag that is among [`FLAGS`] too, this one counts.
    pub(crate) fn start_with(flags: &[String]) -> Self {
        let profile = TempDir::new().unwrap();
        // The protocol wants its pipes as the third and the fourth file.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"])
            .arg(installed())
            .args(FLAGS)
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                // The test may be over.
                let _ = sender.send(serde_json::from_slice(&message).unwrap());
            }
        });
        let mut browser =
            Self { process, commands, messages, events: Vec::new(), tab: String::new(), sent: 0, profile };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let targets = self.call("Target.getTargets", &json!({}));
        let page = targets["targetInfos"].as_array().unwrap().iter().find(|target| target["type"] == "page");
        let target = page.expect("a tab")["targetId"].clone();
        self.attach_to(&target);
    }

    fn attach_to(&mut self, target: &Value) {
        let attached = self.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        attached["sessionId"].as_str().unwrap().clone_into(&mut self.tab);
        for domain in ["Page", "Network", "Log", "Runtime", "Audits", "Accessibility"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Opens another tab beside those there are, and looks at it. Gives what [`Chromium::look_at`] takes to go back.
    pub(crate) fn open_another(&mut self) -> String {
        let before = std::mem::take(&mut self.tab);
        let target = self.call("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
        self.attach_to(&target);
        before
    }

    /// Looks at another tab; gives that which was looked at before.
    pub(crate) fn look_at(&mut self, tab: String) -> String {
        std::mem::replace(&mut self.tab, tab)
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        let mut command = json!({ "id": id, "method": method, "params": params });
        if !self.tab.is_empty() {
            command["sessionId"] = self.tab.clone().into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let mut message = self.receive();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// Waits for an event that comes after the first `seen` ones.
    pub(crate) fn wait_for(&mut self, method: &str, seen: usize) {
        while !self.events[seen..].iter().any(|event| event["method"] == method) {
            let event = self.receive();
            self.events.push(event);
        }
    }

    /// Waits for a page at this address, and returns how many events there were with it.
    pub(crate) fn wait_for_page(&mut self, url: &str, seen: usize) -> usize {
        let is_there =
            |event: &Value| event["method"] == "Page.frameNavigated" && event["params"]["frame"]["url"] == url;
        loop {
            if let Some(at) = self.events[seen..].iter().position(is_there) {
                return seen + at + 1;
            }
            let event = self.receive();
            self.events.push(event);
        }
    }

    fn receive(&mut self) -> Value {
        self.messages.recv_timeout(SILENCE).expect("Chromium has ended, or says nothing any more")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Its children write on for a moment; what they leave is the system's to clear.
        let _ = std::fs::remove_dir_all(self.profile.path());
    }
}

fn installed() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut candidates = NAMES.iter().flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    candidates.find(|candidate| candidate.is_file()).unwrap_or_else(|| {
        panic!("these tests need a browser: install Chromium, so that one of {} is in the PATH", NAMES.join(", "))
    })
}
