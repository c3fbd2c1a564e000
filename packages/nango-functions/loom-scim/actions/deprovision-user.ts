import { createAction } from "nango"
import { z } from "zod"
import { deprovisionUser, perform } from "../lib/core.js"
import { isNamed, LeavingPolicy, nobodyNamed, PersonOutcome, reference } from "../people.js"

const Input = z.object({ ...reference, policy: LeavingPolicy.optional() }).refine(isNamed, nobodyNamed)

export default createAction({
  description: "Takes a person's access away, by the connection's policy; called again, does nothing.",
  version: "1.0.0",
  endpoint: { method: "DELETE", path: "/loom-scim/people/access", group: "People" },
  input: Input,
  output: PersonOutcome,
  scopes: ["users:read", "users:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: deprovisionUser, answer: PersonOutcome })
})
