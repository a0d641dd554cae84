/**
 * What the pages of this server can do with a script: use passkeys, copy and print recovery codes. Everything else works
 * without it. It is served from this server, under a policy that admits no other script and no other server.
 *
 * A button with `data-passkey` ("get" or "create") has the options in `data-options`, or where to ask for them in
 * `data-options-from`. It writes the browser's response into fields of its form, and posts that.
 */
"use strict";

(() => {
  // In the reader's language: the server fills this in.
  const texts = {};
  const text = (english) => texts[english] ?? english;

  const said = document.querySelector("[data-said]");
  const say = (words) => { if (said) said.textContent = words; };

  const isSupported = typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

  for (const element of document.querySelectorAll("[data-with-passkeys]")) element.hidden = !isSupported;
  for (const element of document.querySelectorAll("[data-without-passkeys]")) element.hidden = isSupported;
  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      say(text("Follow your browser."));
      try {
        await use(button);
      } catch (error) {
        say(words(error));
        button.disabled = false;
        button.focus();
      }
    });
    // Enter in a field of a form that adds a passkey is not to post it without one.
    if (button.dataset.passkey === "create") {
      button.form.addEventListener("submit", (event) => {
        event.preventDefault();
        button.click();
      });
    }
  }

  async function use(button) {
    const begun = button.dataset.options
      ? { challenge_id: button.dataset.challengeId, options: JSON.parse(button.dataset.options) }
      : await asked(button.dataset.optionsFrom);
    const credential = button.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(begun.options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(begun.options) });
    const prefix = button.dataset.prefix ?? "";
    write(button.form, `${prefix}challenge`, begun.challenge_id);
    write(button.form, `${prefix}credential`, JSON.stringify(credential.toJSON()));
    button.form.submit();
  }

  /** The server refused. Its message is for people. */
  class Refused extends Error {}

  async function asked(url) {
    const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    const answer = await response.json();
    if (!response.ok) throw new Refused(answer.detail);
    return answer;
  }

  function write(form, name, value) {
    const field = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value = value;
  }

  function words(error) {
    if (error instanceof Refused && error.message) return error.message;
    switch (error.name) {
      case "InvalidStateError": return text("This device has a passkey of this account already.");
      case "NotAllowedError": return text("No passkey was used. You can try it again.");
      case "SecurityError": return text("Passkeys cannot be used at this address.");
      default: return text("That did not work. Please try it again.");
    }
  }

  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const lines = [...document.querySelectorAll(copy.dataset.copy)].map((element) => element.textContent.trim());
      try {
        await navigator.clipboard.writeText(lines.join("\n") + "\n");
        say(text("Copied."));
      } catch {
        say(text("The browser does not allow it. Select the codes and copy them."));
      }
    });
  }

  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
