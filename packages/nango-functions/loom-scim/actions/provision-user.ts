import { createAction } from "nango"
import { z } from "zod"
import { perform, provisionUser } from "../lib/core.js"
import { LoomRole, PersonOutcome } from "../people.js"

const Input = z.object({
  externalId: z
    .string()
    .min(1)
    .describe(
      "The lasting id of the person in the directory they come from. It tells who they are when the rest changes."
    ),
  email: z.string().min(3).describe("Their address. It takes the place of any that the user has."),
  userName: z.string().min(1).optional().describe("The name to log in with; the address when left out."),
  givenName: z.string().optional().describe("First name."),
  familyName: z.string().optional().describe("Last name."),
  displayName: z.string().optional(),
  role: LoomRole.optional(),
  attributes: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Further attributes by SCIM path; null takes one away. Example: {"title":"Engineer"}'),
  adopt: z
    .enum(["unclaimed", "any"])
    .optional()
    .describe("Which existing users may be taken over: those without an external id (as when left out), or any.")
})

export default createAction({
  description:
    "Gives a person access: creates, takes over, lets in again or changes the user; called again, does nothing.",
  version: "1.0.0",
  endpoint: { method: "PUT", path: "/loom-scim/people", group: "People" },
  input: Input,
  output: PersonOutcome,
  scopes: ["users:read", "users:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: provisionUser, answer: PersonOutcome })
})
