import { createAction } from "nango"
import { z } from "zod"
import { createGroup, perform } from "../lib/core.js"
import { ScimGroup, ScimMember } from "../models.js"

/** Attributes beyond these are sent along as they are. */
const Input = z.looseObject({
  displayName: z.string().min(1).describe('The name of the group. Example: "Engineering"'),
  externalId: z.string().optional().describe("The id in the directory that the group comes from."),
  members: z.array(ScimMember).optional().describe("Who is in it from the beginning, by the ids of users.")
})

const Output = ScimGroup.extend({ displayName: z.string() })

export default createAction({
  description: "Creates one group.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/group", group: "Groups" },
  input: Input,
  output: Output,
  scopes: ["groups:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: createGroup, answer: Output })
})
