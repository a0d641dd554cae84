/**
 * Passkeys for a front end in a browser: adding one, and signing in with one. docs/passkeys.md shows how to use it.
 *
 * A module without dependencies that runs under a strict Content-Security-Policy: `script-src 'self'` for the file, and
 * `connect-src` for the server. The page needs https or localhost, and an origin that the server knows: that of
 * `http.public_url`, or one of `passkeys.origins`.
 */

/** Where the API is, with its prefix. A page of another origin passes `base: "https://auth.example.com/jwt-allauth"`. */
const BASE = "/jwt-allauth";

/** Milliseconds that a user may need for the fingerprint or the PIN after picking a passkey in a field. */
const MARGIN = 60_000;

/** The server refused. `code` is for programs, `message` for people. */
export class PasskeyError extends Error {
  constructor(status, code, message) {
    super(message);
    this.name = "PasskeyError";
    this.status = status;
    this.code = code;
  }
}

/** Whether this browser can use passkeys with this module. */
export function isSupported() {
  return typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

/** Whether it can offer passkeys in a field, beside its passwords: see `autofill` of `signIn`. */
export async function canAutofill() {
  return isSupported() && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
}

/**
 * Adds a passkey to the account of the user, who must have signed in within the last five minutes.
 *
 * `access` is the access token; with `sessions.access_cookie`, `headers` has the X-CSRFToken instead. Resolves to the
 * passkey as the server lists it. Rejects with a `PasskeyError` (`sign_in_again`: sign in, then repeat it), or with an
 * error of the browser: `InvalidStateError` if this device has a passkey of the account already, `NotAllowedError` if
 * the user declined.
 */
export async function add({ access, name, headers = {}, base = BASE }) {
  const credentials = ofSession(access, headers);
  const begun = await post(`${base}/passkeys/options/`, {}, credentials);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options);
  const credential = await navigator.credentials.create({ publicKey });
  const body = { challenge_id: begun.challenge_id, credential: credential.toJSON(), ...(name && { name }) };
  return post(`${base}/passkeys/`, body, credentials);
}

/**
 * Signs in. Resolves to the answer of the server: `access`, `expires_in`, and the refresh token in a cookie.
 *
 * - By default, the browser asks which passkey to use. Call it when a button is pressed.
 * - `autofill: true` waits until the user picks a passkey in a field with `autocomplete="username webauthn"`. Call it
 *   once when the page loads, where `canAutofill()`, with a `signal` to abort it before another `signIn`.
 * - `remember: false` is for a shared computer.
 * - `headers: { Prefer: "token" }` is for a page of another site, which gets no cookies: the answer has `refresh`, too.
 */
export async function signIn({ autofill = false, remember, headers = {}, signal, base = BASE } = {}) {
  let begun, credential;
  do {
    begun = await post(`${base}/login/passkey/options/`, {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options);
    credential = await (autofill ? picked(publicKey, signal) : navigator.credentials.get({ publicKey, signal }));
  } while (!credential);
  const body = { challenge_id: begun.challenge_id, credential: credential.toJSON() };
  return post(`${base}/login/passkey/`, remember === undefined ? body : { ...body, remember }, headers);
}

/**
 * The second factor of a sign-in that was answered with `mfa_required`, and with "passkey" among its `methods`.
 * `challenge` is its `challenge_id`. Resolves like `signIn`.
 */
export async function verify({ challenge, headers = {}, signal, base = BASE }) {
  const begun = await post(`${base}/mfa/verify-passkey/options/`, { challenge_id: challenge });
  const body = { challenge_id: challenge, passkey_challenge_id: begun.challenge_id, credential: await used(begun, signal) };
  return post(`${base}/mfa/verify-passkey/`, body, headers);
}

/** Proves anew who is signed in, before what asks for it. Resolves to another `access` token; the session goes on. */
export async function reauthenticate({ access, headers = {}, signal, base = BASE }) {
  const begun = await post(`${base}/login/passkey/options/`, {});
  const body = { challenge_id: begun.challenge_id, credential: await used(begun, signal) };
  return post(`${base}/reauthenticate/`, body, ofSession(access, headers));
}

async function used(begun, signal) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options);
  return (await navigator.credentials.get({ publicKey, signal })).toJSON();
}

function ofSession(access, headers) {
  return access ? { Authorization: `Bearer ${access}`, ...headers } : headers;
}

/** Waits for a choice in a field, and for no longer than the challenge is valid: undefined if another one is due. */
async function picked(publicKey, signal) {
  const due = AbortSignal.timeout(publicKey.timeout - MARGIN);
  try {
    const either = AbortSignal.any(signal ? [signal, due] : [due]);
    return await navigator.credentials.get({ publicKey, mediation: "conditional", signal: either });
  } catch (error) {
    if (due.aborted && !signal?.aborted) return undefined;
    throw error;
  }
}

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    // For the cookie of the session, also to another origin of the same site.
    credentials: "include",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const problems = Object.values(answer).flat().join(" ");
    throw new PasskeyError(response.status, answer.code ?? "invalid", answer.detail ?? problems);
  }
  return answer;
}
