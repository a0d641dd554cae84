// express-oauth2-jwt-bearer: with its defaults, and as RFC 9068 has it.
// variants: defaults strict
// npm: express@5.3.0 express-oauth2-jwt-bearer@1.10.0
import express from "express";
import { auth } from "express-oauth2-jwt-bearer";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SECRET, TOKEN } = process.env;
if (SECRET) throw "takes a text for a secret, and ours is bytes";
const app = express();
app.use(auth({ issuer: ISSUER, jwksUri: JWKS_URL, audience: AUDIENCE, tokenSigningAlg: ALGORITHM, strict: process.argv[2] === "strict" }));
app.get("/", (request, response) => response.json({}));
app.use((error, request, response, next) => response.status(error.status ?? 500).send(String(error)));
const server = app.listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, { headers: { authorization: `Bearer ${TOKEN}` } });
const said = await answer.text();
server.close();
if (answer.status !== 200) throw said;
