// A tab of Chromium, spoken to over a pipe in its debugging protocol.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
// Its sandbox needs more rights than a container gives. It sees nothing but pages of this machine.
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--remote-debugging-pipe",
];
const PATIENCE = 60_000;

export class Tab {
  #process;
  #session;
  #sent = 0;
  #waiting = new Map();

  /** Its profile is below the directory. */
  static async open(directory) {
    const name = NAMES.find((name) => spawnSync(name, ["--version"]).status === 0);
    assert(name, `none of ${NAMES.join(", ")} is installed`);
    const tab = new Tab();
    tab.#start(name, directory);
    const { targetInfos } = await tab.#call("Target.getTargets");
    const { targetId } = targetInfos.find(({ type }) => type === "page");
    tab.#session = (await tab.#call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    return tab;
  }

  #start(name, directory) {
    const flags = [...FLAGS, `--user-data-dir=${directory}/chromium`, "about:blank"];
    this.#process = spawn(name, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    let rest = "";
    this.#process.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop();
      for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (error) waiting?.reject(new Error(error.message));
        else waiting?.resolve(result);
      }
    });
  }

  #call(method, params = {}) {
    this.#sent += 1;
    const command = { id: this.#sent, method, params, ...(this.#session && { sessionId: this.#session }) };
    this.#process.stdio[3].write(`${JSON.stringify(command)}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(command.id, { resolve, reject }));
  }

  async visit(address) {
    await this.#call("Page.navigate", { url: address });
  }

  /** The value of an expression in the page; undefined while another page loads. */
  async evaluate(expression) {
    const given = await this.#call("Runtime.evaluate", { expression, returnByValue: true }).catch(() => undefined);
    return given?.result?.value;
  }

  /** Waits until an expression is true in the page that is shown by then. */
  async until(expression) {
    const end = Date.now() + PATIENCE;
    while ((await this.evaluate(expression)) !== true) {
      if (Date.now() > end) {
        const shown = await this.evaluate("`${location.href}\n${document.body.innerText}`");
        throw new Error(`timed out waiting for ${expression} at ${shown}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Clicks the button or link with this text, once it is shown. */
  async click(words) {
    const found = `[...document.querySelectorAll("button, a, [type=submit]")]
      .find((element) => (element.innerText || element.value).trim() === ${JSON.stringify(words)})`;
    await this.until(`${found} !== undefined`);
    await this.evaluate(`${found}.click()`);
  }

  async type(name, text) {
    const field = `document.querySelector(${JSON.stringify(`input[name="${name}"]`)})`;
    await this.until(`${field} !== null`);
    await this.evaluate(`${field}.value = ${JSON.stringify(text)}`);
  }

  async close() {
    const closed = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill();
    await closed;
  }
}
