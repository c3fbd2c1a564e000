/** Groups. */
import { z } from "zod"
import { described, text, textOf } from "./fields.js"
import { ScimMeta } from "./values.js"

/** A member of a group (RFC 7643 §4.2). */
export const ScimMember = z.looseObject({
  value: textOf("The id of the user."),
  display: text,
  type: text,
  $ref: text
})

/** A group as the server has it (RFC 7643 §4.2). */
export const ScimGroup = z.looseObject({
  schemas: described(z.array(z.string()), "The URNs of the schemas in use."),
  id: described(z.string(), "The id that the server gave."),
  externalId: textOf("The id in the directory that the group comes from."),
  displayName: textOf("The name of the group."),
  members: described(z.array(ScimMember).optional(), "Absent when there are none."),
  meta: ScimMeta.optional()
})
