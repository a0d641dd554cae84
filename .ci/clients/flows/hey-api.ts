import { base, runBoth } from "./flow.js";
import { client } from "./hey-api/client.gen.js";
import * as api from "./hey-api/sdk.gen.js";

client.setConfig({ baseUrl: base() });

await runBoth("hey-api", {
  register: (body, headers) => api.register({ body, headers }),
  login: (body, headers) => api.login({ body, headers }),
  refresh: (body, headers) => api.refresh({ body, headers }),
  user: (headers) => api.getUser({ headers }),
  sessions: (headers) => api.listSessions({ headers }),
  endSession: (id, headers) => api.endSession({ path: { id }, headers }),
  changePassword: (body, headers) => api.changePassword({ body, headers }),
  logout: (body, headers) => api.logout({ body, headers }),
  deleteUser: (body, headers) => api.deleteUser({ body, headers }),
});
