import { createAction } from "nango"
import { getUser, perform } from "../lib/core.js"
import { ById, ScimUser } from "../models.js"

export default createAction({
  description: "Reads one user.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/user", group: "Users" },
  input: ById,
  output: ScimUser,
  scopes: ["users:read"],
  exec: (nango, input) => perform(nango, { input, as: ById, by: getUser, answer: ScimUser })
})
