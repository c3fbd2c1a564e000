import { createAction } from "nango"
import { getGroup, perform } from "../lib/core.js"
import { ById, ScimGroup } from "../models.js"

export default createAction({
  description: "Reads one group.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/group", group: "Groups" },
  input: ById,
  output: ScimGroup,
  scopes: ["groups:read"],
  exec: (nango, input) => perform(nango, { input, as: ById, by: getGroup, answer: ScimGroup })
})
