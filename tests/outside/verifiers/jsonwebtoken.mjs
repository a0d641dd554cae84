// verifier: jsonwebtoken with jwks-rsa
// npm: jsonwebtoken@9.0.3 jwks-rsa@4.1.0
import jwt from "jsonwebtoken";
import jwks from "jwks-rsa";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SECRET, TOKEN } = process.env;
const { kid } = jwt.decode(TOKEN, { complete: true }).header;
const find = async () => (await jwks({ jwksUri: JWKS_URL }).getSigningKey(kid)).getPublicKey();
const key = SECRET ? Buffer.from(SECRET, "base64url") : await find();
jwt.verify(TOKEN, key, { algorithms: [ALGORITHM], audience: AUDIENCE, issuer: ISSUER });
