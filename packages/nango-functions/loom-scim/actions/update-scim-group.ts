import { createAction } from "nango"
import { z } from "zod"
import { perform, updateGroup } from "../lib/core.js"
import { ScimGroup } from "../models.js"

const Input = z.object({
  groupId: z.string().min(1).describe("The id that the server gave the group."),
  displayName: z.string().min(1).optional().describe("The new name."),
  members: z
    .array(z.object({ op: z.enum(["add", "remove"]), userId: z.string().min(1), display: z.string().optional() }))
    .optional()
    .describe("Who joins and who leaves, by the ids of users.")
})

export default createAction({
  description: "Renames one group, and lets people join or leave it.",
  version: "1.0.0",
  endpoint: { method: "PUT", path: "/loom-scim/group", group: "Groups" },
  input: Input,
  output: ScimGroup,
  scopes: ["groups:write"],
  exec: (nango, input) =>
    perform(nango, {
      input,
      as: Input,
      by: (nango, { groupId, ...changes }) => updateGroup(nango, { id: groupId, ...changes }),
      answer: ScimGroup
    })
})
