// fast-jwt with get-jwks: with the address of the server, and with the issuer for an address.
// variants: domain issuer
// npm: fast-jwt@6.3.6 get-jwks@11.0.3
import { createVerifier } from "fast-jwt";
import buildGetJwks from "get-jwks";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SECRET, TOKEN } = process.env;
const getJwks = buildGetJwks();
const key = async ({ header: { kid, alg }, payload }) => {
  if (SECRET) return Buffer.from(SECRET, "base64url");
  const domain = process.argv[2] === "issuer" ? payload.iss : new URL(JWKS_URL).origin;
  return getJwks.getPublicKey({ kid, alg, domain });
};
await createVerifier({ key, algorithms: [ALGORITHM], allowedAud: AUDIENCE, allowedIss: ISSUER })(TOKEN);
