import { createAction } from "nango"
import { z } from "zod"
import { createUnifiedUser, perform } from "../lib/core.js"
import { CreateUser, ScimValue, User } from "../models.js"

/** Attributes of SCIM beyond these are sent along as they are. */
const Input = CreateUser.loose().extend({
  active: z.boolean().optional().describe("Whether the person may log in; true when left out."),
  externalId: z.string().optional().describe("The id in the directory that the person comes from."),
  phoneNumbers: z.array(ScimValue).optional(),
  photos: z.array(ScimValue).optional(),
  addresses: z.array(z.looseObject({ type: z.string().optional() })).optional(),
  title: z.string().optional()
})

export default createAction({
  description: "Creates a user from a name and an e-mail address.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/people", group: "People" },
  input: Input,
  output: User,
  scopes: ["users:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: createUnifiedUser, answer: User })
})
