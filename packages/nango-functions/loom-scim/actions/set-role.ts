import { createAction } from "nango"
import { z } from "zod"
import { perform, setRole } from "../lib/core.js"
import { isNamed, LoomRole, nobodyNamed, PersonOutcome, reference } from "../people.js"

const Input = z.object({ ...reference, role: LoomRole }).refine(isNamed, nobodyNamed)

export default createAction({
  description: "Gives a person another role in Loom, and reads back whether the server took it.",
  version: "1.0.0",
  endpoint: { method: "PUT", path: "/loom-scim/people/role", group: "People" },
  input: Input,
  output: PersonOutcome,
  scopes: ["users:read", "users:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: setRole, answer: PersonOutcome })
})
