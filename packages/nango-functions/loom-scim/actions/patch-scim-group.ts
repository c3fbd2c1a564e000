import { createAction } from "nango"
import { z } from "zod"
import { patchGroup, perform } from "../lib/core.js"
import { ById, PatchOperation, ScimGroup } from "../models.js"

const Input = ById.extend({
  operations: z
    .array(PatchOperation)
    .min(1)
    .describe('Example: [{"op":"add","path":"members","value":[{"value":"2819c223"}]}]')
})

export default createAction({
  description: "Changes one group by the operations of a SCIM PATCH, and answers the group as it is then.",
  version: "1.0.0",
  endpoint: { method: "PATCH", path: "/loom-scim/group", group: "Groups" },
  input: Input,
  output: ScimGroup,
  scopes: ["groups:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: patchGroup, answer: ScimGroup })
})
