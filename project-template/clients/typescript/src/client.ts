/**
 * A client of this server's accounts and sessions, for pages and apps that run in a browser.
 *
 * The access token is in the memory of this module and nowhere else; the refresh token is in an HttpOnly cookie that no
 * script reads. Requests that find the access token expired share one refresh, and the tabs of a browser take turns at it.
 */
import type { components } from "./api.js";

type Schemas = components["schemas"];

export type Profile = Schemas["Profile"];
export type Session = Schemas["Session"];
export type Registration = Schemas["Registration"];

/** What is due before a session begins: a code of the second factor, or that one is set up. */
export interface Due {
  kind: "code" | "setup";
  /** To be shown with the code, or at the setup. */
  challenge: string;
  /** For the kind `code`: what is taken in place of a code, too, if the account has a passkey. */
  methods?: string[];
}

/** Milliseconds before a refresh is tried again whose answer was lost. The server's `sessions.reload_window` is longer. */
const PAUSES = [250, 2_000];
/** Milliseconds that a refresh may take: longer than the server's `http.request_timeout`. */
const PATIENCE = 20_000;
/** What comes from a proxy whose server did not answer. */
const LOST = [502, 504];

export interface Options {
  /** Where the API is, with its prefix. A page of the same origin needs none. */
  base?: string;
  /** Called when somebody is signed in, or nobody any more, here or in another tab. */
  onChange?: (signedIn: boolean) => void;
}

/** The server refused. `code` is for programs, `message` for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** What is wrong with each field, where that is why. */
    readonly fields: Record<string, string[]> = {},
    /** Seconds to wait before the next try, where the server says so. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = "Refused";
  }

  static async of(response: Response): Promise<Refused> {
    const body: unknown = await response.json().catch(() => ({}));
    const members = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    const wait = Number(response.headers.get("Retry-After") ?? NaN);
    const retryAfter = Number.isFinite(wait) ? wait : undefined;
    if (typeof members["code"] === "string") {
      return new Refused(response.status, members["code"], String(members["detail"]), {}, retryAfter);
    }
    const fields = Object.entries(members).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]));
    const message = fields.flatMap(([, messages]) => messages).join(" ") || response.statusText;
    return new Refused(response.status, "invalid", message, Object.fromEntries(fields), retryAfter);
  }
}

export class Client {
  readonly #base: string;
  readonly #onChange: (signedIn: boolean) => void;
  readonly #tabs: BroadcastChannel;
  #access: string | undefined;
  #refreshing: Promise<boolean> | undefined;

  constructor({ base = "/jwt-allauth", onChange = () => undefined }: Options = {}) {
    this.#base = base.replace(/\/$/, "");
    this.#onChange = onChange;
    // Tells other tabs that something changed, and never what: any script of the origin can listen.
    this.#tabs = new BroadcastChannel(`accounts ${this.#base}`);
    this.#tabs.onmessage = ({ data }) => this.#changed(data === "signed in", undefined);
  }

  /** Whether this tab has an access token. After a reload, `restore` first. */
  get signedIn(): boolean {
    return this.#access !== undefined;
  }

  /** Takes up the session of the browser, when a page begins. Says whether there is one. */
  restore(): Promise<boolean> {
    return this.#refresh();
  }

  /**
   * Signs up. Says whether that signed in as well: it does not where the address has to be verified first, or a second
   * factor set up.
   */
  async register(registration: Registration): Promise<boolean> {
    const { access } = await this.#enter<Schemas["SignedUp"]>("/registration/", registration);
    return access !== undefined;
  }

  /** Signs in; or says what is due first, where the account has a second factor or must have one. */
  async login(email: string, password: string): Promise<Due | undefined> {
    return due(await this.#enter<Schemas["SignedIn"]>("/login/", { email, password }));
  }

  /** Answers `Due` of the kind `code` with a code of the authenticator app. */
  async verifySecondFactor(challenge: string, code: string): Promise<void> {
    await this.#enter<Schemas["Tokens"]>("/mfa/verify/", { challenge_id: challenge, code });
  }

  /** The same with a recovery code, which is used up. */
  async verifyRecoveryCode(challenge: string, recoveryCode: string): Promise<void> {
    await this.#enter<Schemas["Tokens"]>("/mfa/verify-recovery/", { challenge_id: challenge, recovery_code: recoveryCode });
  }

  /** A secret for an authenticator app: of whoever is signed in, or for `Due` of the kind `setup`. */
  setUpSecondFactor(challenge?: string): Promise<Schemas["SecondFactorSecret"]> {
    if (challenge === undefined) return this.#authorized("POST", "/mfa/setup/", {});
    return this.#call("POST", "/mfa/setup/", { setup_challenge_id: challenge });
  }

  /** The app's first code. Gives the recovery codes, to be shown once; with a challenge, the session begins. */
  async activateSecondFactor(code: string, challenge?: string): Promise<string[]> {
    if (challenge === undefined) {
      const done = await this.#authorized<Schemas["SecondFactorActivated"]>("POST", "/mfa/activate/", { code });
      return done.recovery_codes;
    }
    const body = { code, setup_challenge_id: challenge };
    return (await this.#enter<Schemas["SecondFactorActivated"]>("/mfa/activate/", body)).recovery_codes;
  }

  /** Has a code to sign in with mailed. */
  requestLoginCode(email: string): Promise<void> {
    return this.#call("POST", "/login/code/", { email });
  }

  async loginWithCode(email: string, code: string): Promise<Due | undefined> {
    return due(await this.#enter<Schemas["SignedIn"]>("/login/code/verify/", { email, code }));
  }

  /** Invites somebody, where the role of whoever is signed in may: they get a link to choose a password. */
  async invite(invitation: Schemas["NewInvitation"]): Promise<void> {
    await this.#authorized<Schemas["Invited"]>("POST", "/registration/user-register/", invitation);
  }

  /** Ends the session. That there is none is no failure. */
  async logout(): Promise<void> {
    // Not between a refresh and its cookie.
    await exclusively(this.#tabs.name, () => this.#call("POST", "/logout/", {})).catch((error: unknown) => {
      if (!(error instanceof Refused && error.status === 401)) throw error;
    });
    this.#announce(undefined);
  }

  /** Ends every session of the user, on every device. */
  async logoutAll(): Promise<void> {
    await this.#authorized("POST", "/logout-all/");
    this.#announce(undefined);
  }

  user(): Promise<Profile> {
    return this.#authorized("GET", "/user/");
  }

  updateUser(names: Schemas["UserUpdate"]): Promise<Profile> {
    return this.#authorized("PATCH", "/user/", names);
  }

  async changePassword(change: Schemas["PasswordChange"]): Promise<void> {
    const changed = await exclusively(this.#tabs.name, () =>
      this.#authorized<Schemas["PasswordChanged"]>("POST", "/password/change/", change, false),
    );
    // Without `password.logout_on_change` the session goes on.
    if (changed.access !== undefined) this.#announce(changed.access);
  }

  sessions(): Promise<Session[]> {
    return this.#authorized("GET", "/sessions/");
  }

  endSession(id: string): Promise<void> {
    return this.#authorized("DELETE", `/sessions/${encodeURIComponent(id)}/`);
  }

  /**
   * `fetch` for your own routes, with the access token; refreshed and sent once more where it was refused with 401. Give it
   * addresses of your own servers only, and no body that can be read just once.
   */
  async fetch(input: string | URL, init: RequestInit = {}): Promise<Response> {
    if (this.#access === undefined) await this.#refresh();
    const sent = this.#access;
    const response = await this.#send(input, init, sent);
    if (response.status !== 401 || sent === undefined) return response;
    // Another request may have brought a new one in the meantime.
    const isNew = this.#access !== undefined && this.#access !== sent;
    return isNew || (await this.#refresh()) ? this.#send(input, init, this.#access) : response;
  }

  /** Signs in, and not while a refresh of the session before is under way, whose cookie would come after. */
  async #enter<T extends { access?: string }>(path: string, body: object): Promise<T> {
    const answer = await exclusively(this.#tabs.name, () => this.#call<T>("POST", path, body));
    if (answer.access !== undefined) this.#announce(answer.access);
    return answer;
  }

  #send(input: string | URL, init: RequestInit, access: string | undefined): Promise<Response> {
    const headers = new Headers(init.headers);
    if (access !== undefined) headers.set("Authorization", `Bearer ${access}`);
    return fetch(input, { ...init, headers });
  }

  async #authorized<T>(method: string, path: string, body?: object, refreshes = true): Promise<T> {
    const [url, init] = this.#request(method, path, body);
    if (!refreshes && this.#access === undefined) throw new Refused(401, "not_authenticated", "Nobody is signed in.");
    return read(await (refreshes ? this.fetch(url, init) : this.#send(url, init, this.#access)));
  }

  async #call<T>(method: string, path: string, body: object): Promise<T> {
    return read(await fetch(...this.#request(method, path, body)));
  }

  #request(method: string, path: string, body?: object): [string, RequestInit] {
    // The refresh token in the cookie, whatever the server's `sessions.transport` is.
    const headers: Record<string, string> = { Prefer: "cookies" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    return [this.#base + path, { method, headers, credentials: "include", ...content }];
  }

  /** One refresh at a time: whoever needs one while it is under way shares it. */
  #refresh(): Promise<boolean> {
    this.#refreshing ??= exclusively(this.#tabs.name, () => this.#exchange()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #exchange(): Promise<boolean> {
    const response = await this.#persist();
    if (response.status === 400 || response.status === 401) {
      // No cookie, or none that is good any more.
      this.#changed(false, undefined);
      return false;
    }
    const { access } = await read<Schemas["Tokens"]>(response);
    this.#changed(true, access);
    return true;
  }

  /** Shows the cookie again if the answer was lost: within `sessions.reload_window` the server gives the same successor. */
  async #persist(): Promise<Response> {
    for (const pause of PAUSES) {
      const [url, init] = this.#request("POST", "/refresh/", {});
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
      if (response !== undefined && !LOST.includes(response.status)) return response;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    const [url, init] = this.#request("POST", "/refresh/", {});
    return fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) });
  }

  #announce(access: string | undefined): void {
    this.#changed(access !== undefined, access);
    this.#tabs.postMessage(access === undefined ? "signed out" : "signed in");
  }

  #changed(signedIn: boolean, access: string | undefined): void {
    this.#access = access;
    this.#onChange(signedIn);
  }
}

function due(answer: Schemas["SignedIn"]): Due | undefined {
  if (answer.challenge_id !== undefined) {
    return { kind: "code", challenge: answer.challenge_id, ...(answer.methods && { methods: answer.methods }) };
  }
  if (answer.setup_challenge_id !== undefined) return { kind: "setup", challenge: answer.setup_challenge_id };
  return undefined;
}

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) throw await Refused.of(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** One tab of the origin at a time. Locks need a secure context: https, or localhost. */
function exclusively<T>(name: string, act: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? (navigator.locks.request(name, act) as Promise<T>) : act();
}
