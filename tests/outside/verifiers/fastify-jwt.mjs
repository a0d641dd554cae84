// verifier: @fastify/jwt with get-jwks
// npm: fastify@5.12.8 @fastify/jwt@10.2.8 get-jwks@11.0.3
import jwt from "@fastify/jwt";
import Fastify from "fastify";
import buildGetJwks from "get-jwks";

const { ALGORITHM, AUDIENCE, ISSUER, SECRET, TOKEN } = process.env;
const getJwks = buildGetJwks();
const secret = SECRET
  ? Buffer.from(SECRET, "base64url")
  : (request, { header: { kid, alg }, payload }) => getJwks.getPublicKey({ kid, alg, domain: payload.iss });
const app = Fastify();
app.register(jwt, {
  decode: { complete: true },
  secret,
  verify: { algorithms: [ALGORITHM], allowedAud: AUDIENCE, allowedIss: ISSUER },
});
app.get("/", async (request) => request.jwtVerify());
const answer = await app.inject({ url: "/", headers: { authorization: `Bearer ${TOKEN}` } });
if (answer.statusCode !== 200) throw answer.body;
