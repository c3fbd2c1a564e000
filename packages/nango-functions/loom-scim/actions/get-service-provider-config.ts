import { createAction } from "nango"
import { z } from "zod"
import { getServiceProviderConfig, perform } from "../lib/core.js"
import { Nothing, ScimMeta } from "../models.js"

const Supported = z.looseObject({ supported: z.boolean() })
const Output = z.looseObject({
  schemas: z.array(z.string()),
  documentationUri: z.string().optional(),
  patch: Supported,
  bulk: Supported.extend({ maxOperations: z.number(), maxPayloadSize: z.number().describe("In bytes.") }),
  filter: Supported.extend({ maxResults: z.number() }),
  changePassword: Supported,
  sort: Supported,
  etag: Supported,
  authenticationSchemes: z.array(
    z.looseObject({
      name: z.string().optional(),
      description: z.string().optional(),
      specUri: z.string().optional(),
      documentationUri: z.string().optional(),
      type: z.string().optional(),
      primary: z.boolean().optional()
    })
  ),
  meta: ScimMeta.optional()
})

export default createAction({
  description: "Reads what the server says it can do.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/service-provider-config", group: "Discovery" },
  input: Nothing,
  output: Output,
  scopes: ["discovery:read"],
  exec: (nango, input) => perform(nango, { input, as: Nothing, by: getServiceProviderConfig, answer: Output })
})
