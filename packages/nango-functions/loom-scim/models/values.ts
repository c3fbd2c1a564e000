/** What users and groups are made of. Attributes beyond those named are handed on as the server has them. */
import { z } from "zod"

/** A value of a multi-valued attribute (RFC 7643 §2.4). */
export const ScimValue = z.looseObject({
  value: z.string().optional().describe("The value itself, such as an e-mail address."),
  display: z.string().optional().describe("The value as people read it."),
  type: z.string().optional().describe('What it is for. Example: "work"'),
  primary: z.boolean().optional().describe("Whether it is the preferred one.")
})

export const ScimName = z.looseObject({
  formatted: z.string().optional().describe("The whole name as it is shown."),
  familyName: z.string().optional().describe("Last name."),
  givenName: z.string().optional().describe("First name."),
  middleName: z.string().optional(),
  honorificPrefix: z.string().optional(),
  honorificSuffix: z.string().optional()
})

export const ScimMeta = z.looseObject({
  resourceType: z.string().optional(),
  created: z.string().optional().describe("When it was made, as the server writes it."),
  lastModified: z.string().optional().describe("When it was changed last, as the server writes it."),
  version: z.string().optional().describe("For If-Match."),
  location: z.string().optional()
})
