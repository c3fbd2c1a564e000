import { createAction } from "nango"
import { z } from "zod"
import { patchUser, perform } from "../lib/core.js"
import { PatchOperation, ScimUser } from "../models.js"

const Input = z.object({
  userId: z.string().min(1).describe("The id that the server gave the user."),
  operations: z
    .array(PatchOperation)
    .min(1)
    .describe('Example: [{"op":"replace","path":"displayName","value":"Jane Doe"}]')
})

export default createAction({
  description: "Changes one user by the operations of a SCIM PATCH, and answers the user as it is then.",
  version: "1.0.0",
  endpoint: { method: "PATCH", path: "/loom-scim/user", group: "Users" },
  input: Input,
  output: ScimUser,
  scopes: ["users:write"],
  exec: (nango, input) =>
    perform(nango, {
      input,
      as: Input,
      by: (nango, { operations, userId }) => patchUser(nango, { id: userId, operations }),
      answer: ScimUser
    })
})
