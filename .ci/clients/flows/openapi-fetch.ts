import createClient from "openapi-fetch";

import { base, runBoth } from "./flow.js";
import type { paths } from "./openapi-typescript/api.js";

// Some operations answer browsers with pages: JSON is asked for, and typed.
const client = createClient<paths, "application/json">({ baseUrl: base() });

await runBoth("openapi-typescript with openapi-fetch", {
  register: (body, headers) => client.POST("/jwt-allauth/registration/", { body, headers }),
  login: (body, headers) => client.POST("/jwt-allauth/login/", { body, headers }),
  refresh: (body, headers) => client.POST("/jwt-allauth/refresh/", { body, headers }),
  user: (headers) => client.GET("/jwt-allauth/user/", { headers }),
  sessions: (headers) => client.GET("/jwt-allauth/sessions/", { headers }),
  endSession: (id, headers) => client.DELETE("/jwt-allauth/sessions/{id}/", { params: { path: { id } }, headers }),
  changePassword: (body, headers) => client.POST("/jwt-allauth/password/change/", { body, headers }),
  logout: (body, headers) => client.POST("/jwt-allauth/logout/", { body, headers }),
  deleteUser: (body, headers) => client.DELETE("/jwt-allauth/user/", { body, headers }),
});
