/** Groups. */
import { z } from "zod"
import { ScimMeta } from "./values.js"

/** A member of a group (RFC 7643 §4.2). */
export const ScimMember = z.looseObject({
  value: z.string().optional().describe("The id of the user."),
  display: z.string().optional(),
  type: z.string().optional(),
  $ref: z.string().optional()
})

/** A group as the server has it (RFC 7643 §4.2). */
export const ScimGroup = z.looseObject({
  schemas: z.array(z.string()).describe("The URNs of the schemas in use."),
  id: z.string().describe("The id that the server gave."),
  externalId: z.string().optional().describe("The id in the directory that the group comes from."),
  displayName: z.string().optional().describe("The name of the group."),
  members: z.array(ScimMember).optional().describe("Absent when there are none."),
  meta: ScimMeta.optional()
})
