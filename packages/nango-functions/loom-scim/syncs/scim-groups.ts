import { createSync } from "nango"
import { syncGroups } from "../lib/core.js"
import { ScimGroup, SyncCheckpoint } from "../models.js"

export default createSync({
  description:
    "Keeps all groups as records, with their members, and deletes the records of those that are gone only after the whole list was proven read.",
  version: "1.0.0",
  endpoints: [{ method: "GET", path: "/syncs/scim-groups", group: "Groups" }],
  frequency: "every hour",
  autoStart: true,
  scopes: ["groups:read"],
  checkpoint: SyncCheckpoint,
  models: { ScimGroup },
  exec: (nango) => syncGroups(nango)
})
