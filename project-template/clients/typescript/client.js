/** Milliseconds before a refresh is tried again whose answer was lost. The server's `sessions.reload_window` is longer. */
const PAUSES = [250, 2_000];
/** Milliseconds that a refresh may take: longer than the server's `http.request_timeout`. */
const PATIENCE = 20_000;
/** What comes from a proxy whose server did not answer. */
const LOST = [502, 504];
/** The server refused. `code` is for programs, `message` for people. */
export class Refused extends Error {
    status;
    code;
    fields;
    retryAfter;
    constructor(status, code, message, 
    /** What is wrong with each field, where that is why. */
    fields = {}, 
    /** Seconds to wait before the next try, where the server says so. */
    retryAfter) {
        super(message);
        this.status = status;
        this.code = code;
        this.fields = fields;
        this.retryAfter = retryAfter;
        this.name = "Refused";
    }
    static async of(response) {
        const body = await response.json().catch(() => ({}));
        const members = typeof body === "object" && body !== null ? body : {};
        const wait = Number(response.headers.get("Retry-After") ?? NaN);
        const retryAfter = Number.isFinite(wait) ? wait : undefined;
        if (typeof members["code"] === "string") {
            return new Refused(response.status, members["code"], String(members["detail"]), {}, retryAfter);
        }
        const fields = Object.entries(members).filter((entry) => Array.isArray(entry[1]));
        const message = fields.flatMap(([, messages]) => messages).join(" ") || response.statusText;
        return new Refused(response.status, "invalid", message, Object.fromEntries(fields), retryAfter);
    }
}
export class Client {
    #base;
    #onChange;
    #tabs;
    #access;
    #refreshing;
    constructor({ base = "/jwt-allauth", onChange = () => undefined } = {}) {
        this.#base = base.replace(/\/$/, "");
        this.#onChange = onChange;
        // Tells other tabs that something changed, and never what: any script of the origin can listen.
        this.#tabs = new BroadcastChannel(`accounts ${this.#base}`);
        this.#tabs.onmessage = ({ data }) => this.#changed(data === "signed in", undefined);
    }
    /** Whether this tab has an access token. After a reload, `restore` first. */
    get signedIn() {
        return this.#access !== undefined;
    }
    /** Takes up the session of the browser, when a page begins. Says whether there is one. */
    restore() {
        return this.#refresh();
    }
    /**
     * Signs up. Says whether that signed in as well: it does not where the address has to be verified first, or a second
     * factor set up.
     */
    async register(registration) {
        const { access } = await this.#enter("/registration/", registration);
        return access !== undefined;
    }
    /** Signs in; or says what is due first, where the account has a second factor or must have one. */
    async login(email, password) {
        return due(await this.#enter("/login/", { email, password }));
    }
    /** Answers `Due` of the kind `code` with a code of the authenticator app. */
    async verifySecondFactor(challenge, code) {
        await this.#enter("/mfa/verify/", { challenge_id: challenge, code });
    }
    /** The same with a recovery code, which is used up. */
    async verifyRecoveryCode(challenge, recoveryCode) {
        await this.#enter("/mfa/verify-recovery/", { challenge_id: challenge, recovery_code: recoveryCode });
    }
    /** A secret for an authenticator app: of whoever is signed in, or for `Due` of the kind `setup`. */
    setUpSecondFactor(challenge) {
        if (challenge === undefined)
            return this.#authorized("POST", "/mfa/setup/", {});
        return this.#call("POST", "/mfa/setup/", { setup_challenge_id: challenge });
    }
    /** The app's first code. Gives the recovery codes, to be shown once; with a challenge, the session begins. */
    async activateSecondFactor(code, challenge) {
        if (challenge === undefined) {
            const done = await this.#authorized("POST", "/mfa/activate/", { code });
            return done.recovery_codes;
        }
        const body = { code, setup_challenge_id: challenge };
        return (await this.#enter("/mfa/activate/", body)).recovery_codes;
    }
    /** Has a code to sign in with mailed. */
    requestLoginCode(email) {
        return this.#call("POST", "/login/code/", { email });
    }
    async loginWithCode(email, code) {
        return due(await this.#enter("/login/code/verify/", { email, code }));
    }
    /** Invites somebody, where the role of whoever is signed in may: they get a link to choose a password. */
    async invite(invitation) {
        await this.#authorized("POST", "/registration/user-register/", invitation);
    }
    /** Ends the session. That there is none is no failure. */
    async logout() {
        // Not between a refresh and its cookie.
        await exclusively(this.#tabs.name, () => this.#call("POST", "/logout/", {})).catch((error) => {
            if (!(error instanceof Refused && error.status === 401))
                throw error;
        });
        this.#announce(undefined);
    }
    /** Ends every session of the user, on every device. */
    async logoutAll() {
        await this.#authorized("POST", "/logout-all/");
        this.#announce(undefined);
    }
    user() {
        return this.#authorized("GET", "/user/");
    }
    updateUser(names) {
        return this.#authorized("PATCH", "/user/", names);
    }
    async changePassword(change) {
        const changed = await exclusively(this.#tabs.name, () => this.#authorized("POST", "/password/change/", change, false));
        // Without `password.logout_on_change` the session goes on.
        if (changed.access !== undefined)
            this.#announce(changed.access);
    }
    sessions() {
        return this.#authorized("GET", "/sessions/");
    }
    endSession(id) {
        return this.#authorized("DELETE", `/sessions/${encodeURIComponent(id)}/`);
    }
    /**
     * `fetch` for your own routes, with the access token; refreshed and sent once more where it was refused with 401. Give it
     * addresses of your own servers only, and no body that can be read just once.
     */
    async fetch(input, init = {}) {
        if (this.#access === undefined)
            await this.#refresh();
        const sent = this.#access;
        const response = await this.#send(input, init, sent);
        if (response.status !== 401 || sent === undefined)
            return response;
        // Another request may have brought a new one in the meantime.
        const isNew = this.#access !== undefined && this.#access !== sent;
        return isNew || (await this.#refresh()) ? this.#send(input, init, this.#access) : response;
    }
    /** Signs in, and not while a refresh of the session before is under way, whose cookie would come after. */
    async #enter(path, body) {
        const answer = await exclusively(this.#tabs.name, () => this.#call("POST", path, body));
        if (answer.access !== undefined)
            this.#announce(answer.access);
        return answer;
    }
    #send(input, init, access) {
        const headers = new Headers(init.headers);
        if (access !== undefined)
            headers.set("Authorization", `Bearer ${access}`);
        return fetch(input, { ...init, headers });
    }
    async #authorized(method, path, body, refreshes = true) {
        const [url, init] = this.#request(method, path, body);
        if (!refreshes && this.#access === undefined)
            throw new Refused(401, "not_authenticated", "Nobody is signed in.");
        return read(await (refreshes ? this.fetch(url, init) : this.#send(url, init, this.#access)));
    }
    async #call(method, path, body) {
        return read(await fetch(...this.#request(method, path, body)));
    }
    #request(method, path, body) {
        // The refresh token in the cookie, whatever the server's `sessions.transport` is.
        const headers = { Prefer: "cookies" };
        if (body !== undefined)
            headers["Content-Type"] = "application/json";
        const content = body === undefined ? {} : { body: JSON.stringify(body) };
        return [this.#base + path, { method, headers, credentials: "include", ...content }];
    }
    /** One refresh at a time: whoever needs one while it is under way shares it. */
    #refresh() {
        this.#refreshing ??= exclusively(this.#tabs.name, () => this.#exchange()).finally(() => {
            this.#refreshing = undefined;
        });
        return this.#refreshing;
    }
    async #exchange() {
        const response = await this.#persist();
        if (response.status === 400 || response.status === 401) {
            // No cookie, or none that is good any more.
            this.#changed(false, undefined);
            return false;
        }
        const { access } = await read(response);
        this.#changed(true, access);
        return true;
    }
    /** Shows the cookie again if the answer was lost: within `sessions.reload_window` the server gives the same successor. */
    async #persist() {
        for (const pause of PAUSES) {
            const [url, init] = this.#request("POST", "/refresh/", {});
            const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
            if (response !== undefined && !LOST.includes(response.status))
                return response;
            await new Promise((resolve) => setTimeout(resolve, pause));
        }
        const [url, init] = this.#request("POST", "/refresh/", {});
        return fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) });
    }
    #announce(access) {
        this.#changed(access !== undefined, access);
        this.#tabs.postMessage(access === undefined ? "signed out" : "signed in");
    }
    #changed(signedIn, access) {
        this.#access = access;
        this.#onChange(signedIn);
    }
}
function due(answer) {
    if (answer.challenge_id !== undefined) {
        return { kind: "code", challenge: answer.challenge_id, ...(answer.methods && { methods: answer.methods }) };
    }
    if (answer.setup_challenge_id !== undefined)
        return { kind: "setup", challenge: answer.setup_challenge_id };
    return undefined;
}
async function read(response) {
    if (!response.ok)
        throw await Refused.of(response);
    return (response.status === 204 ? undefined : await response.json());
}
/** One tab of the origin at a time. Locks need a secure context: https, or localhost. */
function exclusively(name, act) {
    return "locks" in navigator ? navigator.locks.request(name, act) : act();
}
