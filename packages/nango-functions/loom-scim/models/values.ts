/** What users and groups are made of. Attributes beyond those named are handed on as the server has them. */
import { z } from "zod"
import { described, text, textOf } from "./fields.js"

/** A value of a multi-valued attribute (RFC 7643 §2.4). */
export const ScimValue = z.looseObject({
  value: textOf("The value itself, such as an e-mail address."),
  display: textOf("The value as people read it."),
  type: textOf('What it is for. Example: "work"'),
  primary: described(z.boolean().optional(), "Whether it is the preferred one.")
})

export const ScimName = z.looseObject({
  formatted: textOf("The whole name as it is shown."),
  familyName: textOf("Last name."),
  givenName: textOf("First name."),
  middleName: text,
  honorificPrefix: text,
  honorificSuffix: text
})

export const ScimMeta = z.looseObject({
  resourceType: text,
  created: textOf("When it was made, as the server writes it."),
  lastModified: textOf("When it was changed last, as the server writes it."),
  version: textOf("For If-Match."),
  location: text
})
