// verifier: aws-jwt-verify, which fetches keys by https alone
// npm: aws-jwt-verify@5.2.1
import { JwtVerifier } from "aws-jwt-verify";

const { AUDIENCE, HTTPS_JWKS_URL, ISSUER, TOKEN } = process.env;
await JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: HTTPS_JWKS_URL }).verify(TOKEN);
