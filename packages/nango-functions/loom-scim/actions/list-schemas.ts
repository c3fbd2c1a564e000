import { createAction } from "nango"
import { z } from "zod"
import { listSchemas, perform } from "../lib/core.js"
import { Nothing } from "../models.js"

const Attribute = z.looseObject({
  name: z.string(),
  type: z.string().optional(),
  multiValued: z.boolean().optional(),
  required: z.boolean().optional(),
  mutability: z.string().optional(),
  returned: z.string().optional(),
  uniqueness: z.string().optional(),
  description: z.string().optional()
})
const Output = z.object({
  schemas: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string().optional(),
      description: z.string().optional(),
      attributes: z.array(Attribute.extend({ subAttributes: z.array(Attribute).optional() })).optional()
    })
  )
})

export default createAction({
  description: "Lists the schemas of the server.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/schemas", group: "Discovery" },
  input: Nothing,
  output: Output,
  scopes: ["discovery:read"],
  exec: (nango, input) => perform(nango, { input, as: Nothing, by: listSchemas, answer: Output })
})
