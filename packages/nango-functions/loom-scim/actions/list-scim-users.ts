import { createAction } from "nango"
import { z } from "zod"
import { listUsers, perform } from "../lib/core.js"
import { ListInput, Paged, ScimUser } from "../models.js"

const Output = z.object({ items: z.array(ScimUser), ...Paged })

export default createAction({
  description: "Lists users by the page.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/users", group: "Users" },
  input: ListInput,
  output: Output,
  scopes: ["users:read"],
  exec: (nango, input) => perform(nango, { input, as: ListInput, by: listUsers, answer: Output })
})
