import { createSync } from "nango"
import { syncUnifiedUsers } from "../lib/core.js"
import { SyncCheckpoint, User } from "../models.js"

export default createSync({
  description:
    "Keeps all users as Nango's unified model has people, and deletes the records of those who are gone only after the whole list was proven read.",
  version: "1.0.0",
  endpoints: [{ method: "GET", path: "/syncs/users", group: "People" }],
  frequency: "every day",
  // Whoever wants both would pay for the list twice: this one is started by who needs it.
  autoStart: false,
  scopes: ["users:read"],
  checkpoint: SyncCheckpoint,
  models: { User },
  exec: (nango) => syncUnifiedUsers(nango)
})
