// Sends the forms. Tokens stay in this page: nothing is stored, and reloading forgets them.
"use strict";

const access = document.getElementById("access");
const prefer = document.getElementById("prefer");
document.getElementById("credentials").hidden = false;
document.getElementById("credentials").addEventListener("submit", (event) => event.preventDefault());

for (const form of document.querySelectorAll("form[data-path]")) {
  form.querySelector("button").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

if (location.hash) {
  const operation = document.getElementById(location.hash.slice(1));
  if (operation instanceof HTMLDetailsElement) operation.open = true;
}

async function send(form) {
  const output = form.querySelector("output");
  const body = form.querySelector("textarea");
  let path = form.dataset.path;
  const headers = {};
  for (const input of form.querySelectorAll("input[name]")) {
    if (input.dataset.in === "header") headers[input.name] = input.value;
    else path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
  }
  if (access.value.trim()) headers.Authorization = `Bearer ${access.value.trim()}`;
  if (prefer.value) headers.Prefer = prefer.value;
  if (body) headers["Content-Type"] = "application/json";
  show(output, "…", "");
  try {
    const answer = await fetch(path, { method: form.dataset.method, headers, body: body ? body.value : undefined });
    const text = await answer.text();
    show(output, `${answer.status} ${answer.statusText}`, readable(text), `s${String(answer.status)[0]}`);
    if (answer.ok) keep(text);
  } catch (error) {
    show(output, "The server cannot be reached.", String(error), "s5");
  }
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// Copies the tokens of a response to the forms that need them.
function keep(text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return;
  }
  if (typeof answer?.access === "string") access.value = answer.access;
  for (const body of document.querySelectorAll("textarea")) {
    let example;
    try {
      example = JSON.parse(body.value);
    } catch {
      continue;
    }
    if ("refresh" in example || body.id === "refresh-body" || body.id === "logout-body") {
      // Without a token in the body, a request presents the cookie.
      body.value = JSON.stringify(answer?.refresh ? { refresh: answer.refresh } : answer?.access ? {} : example, null, 2);
    } else if ("token" in example && answer?.access) {
      body.value = JSON.stringify({ token: answer.access }, null, 2);
    }
  }
}

function show(output, status, text, kind) {
  const line = document.createElement("b");
  line.textContent = status;
  if (kind) line.className = kind;
  const body = document.createElement("pre");
  body.textContent = text;
  output.replaceChildren(line, ...(text ? [body] : []));
  output.hidden = false;
}
