// verifier: oauth4webapi, validateJwtAccessToken (RFC 9068)
// npm: oauth4webapi@3.8.8
import * as oauth from "oauth4webapi";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, TOKEN } = process.env;
const server = { issuer: ISSUER, jwks_uri: JWKS_URL };
const request = new Request("https://api.example.com/", { headers: { authorization: `Bearer ${TOKEN}` } });
const options = { [oauth.allowInsecureRequests]: true, signingAlgorithms: [ALGORITHM] };
await oauth.validateJwtAccessToken(server, request, AUDIENCE, options);
