// A certified provider on loopback, for the transcript of README.md: `node serve.js PORT CLIENT REDIRECT_URI`. It has no pages:
// whoever comes is the person that `login_hint` names, or else ada. The secret of the client is in CLIENT_SECRET.
import { providerAt } from "./provider.js";

const [port, client, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = providerAt(issuer, {
  clients: [
    {
      client_id: client,
      client_secret: process.env.CLIENT_SECRET,
      redirect_uris: [redirect, `${issuer}/app`],
      grant_types: ["authorization_code"],
    },
  ],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
});

provider.use(async (context, next) => {
  // The page of an app, which would keep its code to itself.
  if (context.path === "/app") {
    context.body = `${context.query.code}\n`;
    return;
  }
  if (!context.path.startsWith("/interaction/")) return next();
  const { prompt, params, session } = await provider.interactionDetails(context.req, context.res);
  if (prompt.name === "login") {
    const login = { accountId: params.login_hint ?? "ada" };
    return provider.interactionFinished(context.req, context.res, { login }, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(context.req, context.res, { consent }, { mergeWithLastSubmission: true });
});

provider.listen(Number(port), "127.0.0.1", () => console.log(`the provider is at ${issuer}`));
