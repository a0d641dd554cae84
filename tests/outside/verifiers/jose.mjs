// verifier: jose
// npm: jose@6.2.18
import { createRemoteJWKSet, jwtVerify } from "jose";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SECRET, TOKEN } = process.env;
const key = SECRET ? Buffer.from(SECRET, "base64url") : createRemoteJWKSet(new URL(JWKS_URL));
await jwtVerify(TOKEN, key, { issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt", algorithms: [ALGORITHM] });
