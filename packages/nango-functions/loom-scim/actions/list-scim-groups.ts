import { createAction } from "nango"
import { z } from "zod"
import { listGroups, perform } from "../lib/core.js"
import { ListInput, Paged, ScimGroup } from "../models.js"

const Output = z.object({ items: z.array(ScimGroup), ...Paged })

export default createAction({
  description: "Lists groups by the page.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/groups", group: "Groups" },
  input: ListInput,
  output: Output,
  scopes: ["groups:read"],
  exec: (nango, input) => perform(nango, { input, as: ListInput, by: listGroups, answer: Output })
})
