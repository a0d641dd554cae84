// A certified provider on loopback, with an account for every name.
import { randomBytes } from "node:crypto";
import { Provider } from "oidc-provider";

/** It does not vouch for the address of eve. */
const account = (_, id) => ({
  accountId: id,
  claims: () => ({
    sub: id,
    email: `${id}@example.com`,
    email_verified: id !== "eve",
    given_name: id,
    family_name: "Lovelace",
  }),
});

export const providerAt = (issuer, options) =>
  new Provider(issuer, {
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    findAccount: account,
    ...options,
  });
