// A rendered project's server and a certified provider, on loopback: a person signs up by the provider's real pages, apps
// bring codes and tokens signed with each algorithm, and the provider goes away. `.ci/provider/run` starts it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { Tab } from "./chromium.js";
import { providerAt } from "./provider.js";

const [project, program, directory] = process.argv.slice(2);
const CALLBACK = "https://app.example.com/callback";
const NEXT = "https://app.example.com/welcome";
const SECRET = "a secret: of + this client";
const ALGORITHMS = { rs256: "RS256", es256: "ES256", eddsa: "EdDSA" };

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const [port, providerPort] = [await freePort(), await freePort()];
const base = `http://127.0.0.1:${port}`;
const api = `${base}/jwt-allauth`;
const issuer = `http://127.0.0.1:${providerPort}`;
const callbackOf = (name) => `${api}/social/${name}/callback/`;

// The provider: it asks for a name on its page.
const key = (kind, options, alg) => {
  const jwk = generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" });
  return { ...jwk, alg, use: "sig", kid: randomBytes(9).toString("base64url") };
};
const provider = providerAt(issuer, {
  jwks: {
    keys: [
      key("rsa", { modulusLength: 2048 }, "RS256"),
      key("ec", { namedCurve: "P-256" }, "ES256"),
      key("ed25519", {}, "EdDSA"),
    ],
  },
  clients: Object.entries(ALGORITHMS).map(([name, alg]) => ({
    client_id: name,
    client_secret: SECRET,
    redirect_uris: [callbackOf(name), CALLBACK],
    id_token_signed_response_alg: alg,
  })),
  enabledJWA: { idTokenSigningAlgValues: Object.values(ALGORITHMS) },
  features: { devInteractions: { enabled: true } },
});
const listening = await new Promise((resolve) => {
  const server = provider.listen(providerPort, "127.0.0.1", () => resolve(server));
});

// The server: its providers are set by the environment.
const environment = {
  ...process.env,
  DATABASE_URL: `sqlite://${directory}/app.db`,
  JWT_ALLAUTH__HTTP__BIND: `127.0.0.1:${port}`,
  JWT_ALLAUTH__HTTP__PUBLIC_URL: base,
  JWT_ALLAUTH__HTTP__RETURN_URLS: NEXT,
  JWT_ALLAUTH__PORTAL__ENABLED: "true",
  JWT_ALLAUTH__THROTTLE__ENABLED: "false",
  RUST_LOG: "warn",
};
for (const name of Object.keys(ALGORITHMS)) {
  const prefix = `JWT_ALLAUTH__SOCIAL__PROVIDERS__${name.toUpperCase()}`;
  environment[`${prefix}__NAME`] = ALGORITHMS[name];
  environment[`${prefix}__ISSUER`] = issuer;
  environment[`${prefix}__CLIENT_IDS`] = name;
  environment[`${prefix}__CLIENT_SECRET`] = SECRET;
}
const server = spawn(program, [], { cwd: project, env: environment, stdio: "inherit" });
process.on("exit", () => server.kill());
for (let tries = 0; ; tries += 1) {
  const ready = await fetch(`${base}/health/ready`).catch(() => undefined);
  if (ready?.ok) break;
  assert(tries < 600 && server.exitCode === null, "the server does not start");
  await new Promise((resolve) => setTimeout(resolve, 100));
}

// A browser: it keeps cookies for each origin and follows no redirect by itself.
class Browser {
  jar = new Map();

  async open(address, form) {
    const { origin } = new URL(address);
    const cookies = this.jar.get(origin) ?? new Map();
    this.jar.set(origin, cookies);
    const headers = { accept: "text/html", cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const body = form && new URLSearchParams(form);
    const answer = await fetch(address, { method: body ? "POST" : "GET", body, headers, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    const location = answer.headers.get("location");
    return { status: answer.status, location: location && new URL(location, address).href, text: await answer.text() };
  }

  /// Signs in at the provider's pages, and consents. Returns where the provider sends the browser.
  async throughPages(address, name) {
    let at = address;
    for (let steps = 0; steps < 20; steps += 1) {
      if (!at.startsWith(issuer)) return at;
      const page = await this.open(at);
      if (page.location) {
        at = page.location;
        continue;
      }
      assert.equal(page.status, 200, page.text);
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)[1].replaceAll("&amp;", "&");
      const prompt = /name="prompt" value="([^"]+)"/.exec(page.text)[1];
      const answer = await this.open(new URL(action, at).href, { prompt, login: name, password: "any" });
      at = answer.location;
    }
    throw new Error("the provider's pages lead nowhere");
  }
}

const post = async (path, body, access) => {
  const headers = { "content-type": "application/json", prefer: "token" };
  if (access) headers.authorization = `Bearer ${access}`;
  const answer = await fetch(api + path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, retry: answer.headers.get("retry-after"), body: await answer.json() };
};
const claims = async (access) =>
  (await fetch(`${api}/token/claims/`, { headers: { authorization: `Bearer ${access}` } })).json();

/// What an app gets from the provider for itself.
const codeFor = async (client, name, nonce) => {
  const verifier = randomBytes(32).toString("base64url");
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: client,
    redirect_uri: CALLBACK,
    scope: "openid email profile",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(nonce && { nonce }),
  });
  const back = await new Browser().throughPages(`${issuer}/auth?${asked}`, name);
  return { code: new URL(back).searchParams.get("code"), callback_url: CALLBACK, code_verifier: verifier };
};
const tokensFor = async (client, name, nonce) => {
  const { code, code_verifier } = await codeFor(client, name, nonce);
  const encoded = [client, SECRET].map((part) => new URLSearchParams([["", part]]).toString().slice(1)).join(":");
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(encoded).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier }),
  });
  return answer.json();
};

const step = (words) => console.log(`- ${words}`);

let ada;
for (const name of Object.keys(ALGORITHMS)) {
  step(`${ALGORITHMS[name]}: a person signs in through the provider's pages and comes back with a session`);
  const browser = new Browser();
  const sent = await browser.open(`${api}/social/${name}/login/?next=${NEXT}`);
  assert.equal(sent.status, 303, sent.text);
  const back = await browser.throughPages(sent.location, "ada");
  assert(back.startsWith(`${callbackOf(name)}?`), back);
  const welcome = await browser.open(back);
  assert.deepEqual([welcome.status, welcome.location], [303, NEXT], welcome.text);
  assert(browser.jar.get(base).has("refresh_token"));
  assert.equal((await browser.open(back)).status, 400, "it comes back once");

  step(`${ALGORITHMS[name]}: an app brings a code with PKCE, ten times at once`);
  const code = await codeFor(name, "ada");
  const replies = await Promise.all(Array.from({ length: 10 }, () => post(`/social/${name}/code/`, code)));
  const signedIn = replies.filter(({ status }) => status === 200);
  assert.equal(signedIn.length, 1, JSON.stringify(replies));
  const { sub } = await claims(signedIn[0].body.access);
  ada ??= sub;
  assert.equal(sub, ada, "one account, whatever signs its tokens");

  step(`${ALGORITHMS[name]}: an app brings tokens, with their nonce`);
  const { id_token, access_token } = await tokensFor(name, "ada", "n-1");
  const body = { id_token, access_token, client_id: name };
  assert.equal((await post(`/social/${name}/token/`, { ...body, nonce: "n-2" })).body.code, "invalid_social_token");
  assert.equal((await post(`/social/${name}/token/`, { ...body, nonce: "n-1" })).status, 200);
  const [header, payload, signature] = id_token.split(".");
  const turned = (signature[0] === "A" ? "B" : "A") + signature.slice(1);
  const changed = { ...body, id_token: [header, payload, turned].join(".") };
  assert.equal((await post(`/social/${name}/token/`, changed)).body.code, "invalid_social_token");
  const others = await tokensFor(name, "bob");
  const mixed = { ...body, access_token: others.access_token };
  const isKnown = (await post(`/social/${name}/token/`, mixed)).body.code;
  assert.equal(isKnown, "invalid_social_token", "an access token of another user");
}

step("in Chromium: a person clicks through the provider's pages, and the built-in page shows the connection");
const tab = await Tab.open(directory);
await tab.visit(`${api}/account/sign-in/`);
await tab.click("Sign in with RS256");
await tab.type("login", "grace");
await tab.type("password", "any");
await tab.click("Sign-in");
await tab.click("Continue");
await tab.until(`location.origin === ${JSON.stringify(base)} && document.body.innerText.includes("signed in as grace@example.com")`);
assert(await tab.evaluate(`document.body.innerText.includes("RS256")`), "the connection is listed");
await tab.close();

step("an address that the provider does not vouch for makes no account");
const eve = await codeFor("rs256", "eve");
assert.equal((await post("/social/rs256/code/", eve)).body.code, "provider_email_unverified");

step("a person with a password connects the provider, and signs in by it");
const password = "correct horse battery staple";
const registered = await post("/registration/", { email: "carol@elsewhere.example", password1: password, password2: password });
assert.equal(registered.status, 201, JSON.stringify(registered));
const { access } = registered.body;
const connected = await post("/social/es256/connect/code/", await codeFor("es256", "carol"), access);
assert.equal(connected.status, 201, JSON.stringify(connected));
const again = await post("/social/es256/code/", await codeFor("es256", "carol"));
assert.equal((await claims(again.body.access)).sub, (await claims(access)).sub);

step("the provider is gone: 503, and nothing is written");
const late = await codeFor("rs256", "dan");
listening.closeAllConnections();
await new Promise((resolve) => listening.close(resolve));
const down = await post("/social/rs256/code/", late);
assert.deepEqual([down.status, down.body.code], [503, "provider_unavailable"]);
assert(Number(down.retry) > 0);
process.exit(0);
