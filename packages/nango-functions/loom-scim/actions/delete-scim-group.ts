import { createAction } from "nango"
import { deleteGroup, perform } from "../lib/core.js"
import { ById, Deleted } from "../models.js"

export default createAction({
  description: "Deletes one group; its members stay.",
  version: "1.0.0",
  endpoint: { method: "DELETE", path: "/loom-scim/group", group: "Groups" },
  input: ById,
  output: Deleted,
  scopes: ["groups:write"],
  exec: (nango, input) => perform(nango, { input, as: ById, by: deleteGroup, answer: Deleted })
})
