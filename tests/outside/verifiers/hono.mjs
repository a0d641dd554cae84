// Hono's middleware jwk: with its defaults, and with the type named.
// variants: defaults typ
// npm: hono@4.13.19
import { Hono } from "hono";
import { jwk } from "hono/jwk";
import { verify } from "hono/jwt";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SECRET, TOKEN } = process.env;
const verification = { iss: ISSUER, aud: AUDIENCE, ...(process.argv[2] === "typ" && { typ: "at+jwt" }) };
if (SECRET) {
  const key = { kty: "oct", k: SECRET, alg: "HS256" };
  await verify(TOKEN, key, { alg: ALGORITHM, ...verification });
} else {
  const app = new Hono();
  app.use("*", jwk({ jwks_uri: JWKS_URL, alg: [ALGORITHM], verification }));
  app.get("/", (context) => context.json({}));
  app.onError((error) => new Response(String(error.cause ?? error), { status: 401 }));
  const answer = await app.request("/", { headers: { authorization: `Bearer ${TOKEN}` } });
  if (answer.status !== 200) throw await answer.text();
}
