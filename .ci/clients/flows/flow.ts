// What every generated client is put through: an account's whole life, with the refresh token in the body or in the cookie.

export interface Answer<T> {
  data?: T | undefined;
  response?: Response | undefined;
}

export type Headers = Record<string, string>;
export type Tokens = { access: string; refresh?: string };

/** The operations, as a generated client has them. */
export interface Api {
  register(body: { email: string; password1: string; password2: string }, headers: Headers): Promise<Answer<Partial<Tokens>>>;
  login(body: { email: string; password: string }, headers: Headers): Promise<Answer<Partial<Tokens>>>;
  refresh(body: { refresh?: string }, headers: Headers): Promise<Answer<Tokens>>;
  user(headers: Headers): Promise<Answer<{ email: string }>>;
  sessions(headers: Headers): Promise<Answer<{ id: string; current: boolean; device: { kind: string | null } }[]>>;
  endSession(id: string, headers: Headers): Promise<Answer<unknown>>;
  changePassword(body: { old_password: string; new_password1: string; new_password2: string }, headers: Headers): Promise<Answer<Partial<Tokens>>>;
  logout(body: { refresh?: string }, headers: Headers): Promise<Answer<unknown>>;
  deleteUser(body: { password: string }, headers: Headers): Promise<Answer<unknown>>;
}

const PASSWORD = "correct horse battery staple";
const NEW = "a new horse and a new battery";

function check<T>(answer: Answer<T>, status: number, what: string): T {
  if (answer.response?.status !== status) throw new Error(`${what}: ${answer.response?.status}, not ${status}`);
  return answer.data as T;
}

/** What a browser does with cookies. */
class Jar {
  cookie = "";
  take(response: Response | undefined): void {
    for (const line of response?.headers.getSetCookie() ?? []) this.cookie = line.split(";")[0] ?? "";
  }
}

async function run(api: Api, mode: "token" | "cookies"): Promise<void> {
  const email = `${mode}-${Date.now()}@example.com`;
  const jar = new Jar();
  const prefer = (): Headers => ({ Prefer: mode, ...(mode === "cookies" && jar.cookie ? { Cookie: jar.cookie } : {}) });
  const bearer = (tokens: Partial<Tokens>): Headers => ({ ...prefer(), Authorization: `Bearer ${tokens.access}` });
  const taken = <T extends Partial<Tokens>>(answer: Answer<T>, status: number, what: string): T => {
    const tokens = check(answer, status, what);
    jar.take(answer.response);
    if ((mode === "token") !== (tokens.refresh !== undefined)) throw new Error(`${what}: the refresh token went astray`);
    return tokens;
  };
  const shown = (tokens: Partial<Tokens>) => (tokens.refresh === undefined ? {} : { refresh: tokens.refresh });

  taken(await api.register({ email, password1: PASSWORD, password2: PASSWORD }, prefer()), 201, "register");
  let tokens: Partial<Tokens> = taken(await api.login({ email, password: PASSWORD }, prefer()), 200, "login");
  check(await api.login({ email, password: "wrong" }, prefer()), 401, "a wrong password");
  if (check(await api.user(bearer(tokens)), 200, "user").email !== email) throw new Error("another user");
  tokens = taken(await api.refresh(shown(tokens), prefer()), 200, "refresh");
  const sessions = check(await api.sessions(bearer(tokens)), 200, "sessions");
  const other = sessions.find((session) => !session.current);
  if (sessions.length !== 2 || other === undefined) throw new Error(`${sessions.length} sessions`);
  check(await api.endSession(other.id, bearer(tokens)), 204, "endSession");
  check(await api.endSession(other.id, bearer(tokens)), 404, "endSession again");
  const change = { old_password: PASSWORD, new_password1: NEW, new_password2: NEW };
  // With `password.logout_on_change` off there would be none.
  tokens = { ...tokens, ...taken(await api.changePassword(change, bearer(tokens)), 200, "changePassword") };
  check(await api.logout(shown(tokens), prefer()), 200, "logout");
  check(await api.refresh(shown(tokens), prefer()), 401, "refresh after logout");
  tokens = taken(await api.login({ email, password: NEW }, prefer()), 200, "login with the new password");
  check(await api.deleteUser({ password: NEW }, bearer(tokens)), 204, "deleteUser");
}

export async function runBoth(name: string, api: Api): Promise<void> {
  await run(api, "token");
  await run(api, "cookies");
  console.log(`${name}: the whole flow, in the body and in the cookie`);
}

export function base(): string {
  const address = process.env["BASE"];
  if (address === undefined) throw new Error("BASE is where the server listens");
  return address;
}
