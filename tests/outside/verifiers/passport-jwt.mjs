// verifier: passport-jwt with jwks-rsa
// npm: passport-jwt@4.0.1 jwks-rsa@4.1.0
import { passportJwtSecret } from "jwks-rsa";
import { ExtractJwt, Strategy } from "passport-jwt";

const { ALGORITHM, AUDIENCE, ISSUER, JWKS_URL, SECRET, TOKEN } = process.env;
const key = SECRET
  ? { secretOrKey: Buffer.from(SECRET, "base64url") }
  : { secretOrKeyProvider: passportJwtSecret({ jwksUri: JWKS_URL }) };
const options = { jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), algorithms: [ALGORITHM], audience: AUDIENCE, issuer: ISSUER };
const strategy = new Strategy({ ...options, ...key }, (payload, done) => done(null, payload));
await new Promise((resolve, reject) => {
  Object.assign(strategy, { success: resolve, fail: reject, error: reject });
  strategy.authenticate({ headers: { authorization: `Bearer ${TOKEN}` } });
});
