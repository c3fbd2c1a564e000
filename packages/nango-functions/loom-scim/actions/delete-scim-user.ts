import { createAction } from "nango"
import { deleteUser, perform } from "../lib/core.js"
import { ById, Deleted } from "../models.js"

export default createAction({
  description: "Deletes one user, or deactivates where the workspace's policy says so.",
  version: "1.0.0",
  endpoint: { method: "DELETE", path: "/loom-scim/user", group: "Users" },
  input: ById,
  output: Deleted,
  scopes: ["users:write"],
  exec: (nango, input) => perform(nango, { input, as: ById, by: deleteUser, answer: Deleted })
})
