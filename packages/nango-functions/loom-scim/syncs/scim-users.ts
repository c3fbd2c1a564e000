import { createSync } from "nango"
import { syncUsers } from "../lib/core.js"
import { ScimUser, SyncCheckpoint } from "../models.js"

export default createSync({
  description:
    "Keeps all users as records, and deletes the records of those who are gone only after the whole list was proven read.",
  version: "1.0.0",
  endpoints: [{ method: "GET", path: "/syncs/scim-users", group: "Users" }],
  frequency: "every hour",
  autoStart: true,
  scopes: ["users:read"],
  checkpoint: SyncCheckpoint,
  models: { ScimUser },
  exec: (nango) => syncUsers(nango)
})
