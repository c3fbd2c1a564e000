import { createAction } from "nango"
import { z } from "zod"
import { perform, updateUser } from "../lib/core.js"
import { ById, ScimValue } from "../models.js"

const Input = ById.extend({
  userName: z.string().min(1).optional().describe('The name to log in with. Example: "user@example.com"'),
  givenName: z.string().optional().describe("First name."),
  familyName: z.string().optional().describe("Last name."),
  displayName: z.string().optional(),
  active: z.boolean().optional().describe("Whether the person may log in.")
})

const Output = z.object({
  id: z.string(),
  userName: z.string().optional(),
  givenName: z.string().optional(),
  familyName: z.string().optional(),
  displayName: z.string().optional(),
  active: z.boolean().optional(),
  emails: z.array(ScimValue).optional()
})

export default createAction({
  description: "Replaces single values of one user; what is left out stays.",
  version: "1.0.0",
  endpoint: { method: "PUT", path: "/loom-scim/user", group: "Users" },
  input: Input,
  output: Output,
  scopes: ["users:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: updateUser, answer: Output })
})
