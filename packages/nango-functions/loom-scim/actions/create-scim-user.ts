import { createAction } from "nango"
import { z } from "zod"
import { createUser, perform } from "../lib/core.js"
import { ScimName, ScimUser, ScimValue } from "../models.js"

/** Attributes beyond these are sent along as they are, extensions by their URN included. */
const Input = z.looseObject({
  userName: z
    .string()
    .min(1)
    .describe('The name to log in with, usually the e-mail address. Example: "bjensen@example.com"'),
  externalId: z.string().optional().describe("The id in the directory that the person comes from."),
  name: ScimName.optional(),
  displayName: z.string().optional(),
  emails: z.array(ScimValue).optional().describe("Needed when the user name is no e-mail address."),
  active: z.boolean().optional().describe("Whether the person may log in.")
})

const Output = ScimUser.extend({ userName: z.string() })

export default createAction({
  description: "Creates one user; never twice, even if the server's answer is lost.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/user", group: "Users" },
  input: Input,
  output: Output,
  scopes: ["users:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: createUser, answer: Output })
})
