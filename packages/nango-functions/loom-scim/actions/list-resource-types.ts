import { createAction } from "nango"
import { z } from "zod"
import { listResourceTypes, perform } from "../lib/core.js"
import { Nothing, ScimMeta } from "../models.js"

const Output = z.object({
  schemas: z.array(z.string()),
  totalResults: z.number(),
  startIndex: z.number(),
  itemsPerPage: z.number(),
  Resources: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      endpoint: z.string(),
      description: z.string().optional(),
      schema: z.string(),
      schemaExtensions: z.array(z.looseObject({ schema: z.string(), required: z.boolean() })).optional(),
      meta: ScimMeta.optional()
    })
  )
})

export default createAction({
  description: "Lists the types of resources that the server has.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/resource-types", group: "Discovery" },
  input: Nothing,
  output: Output,
  scopes: ["discovery:read"],
  exec: (nango, input) => perform(nango, { input, as: Nothing, by: listResourceTypes, answer: Output })
})
