export default {
  input: "../openapi.json",
  // Imports as Node.js wants them.
  output: { path: "hey-api", module: { extension: ".js" } },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
};
