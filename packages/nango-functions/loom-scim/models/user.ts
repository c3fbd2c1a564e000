/** Users. */
import { z } from "zod"
import { described, flag, text, textOf } from "./fields.js"
import { ScimMeta, ScimName, ScimValue } from "./values.js"

const values = z.array(ScimValue).optional()

/** A user as the server has it (RFC 7643 §4.1). */
export const ScimUser = z.looseObject({
  schemas: described(z.array(z.string()), "The URNs of the schemas in use."),
  id: described(z.string(), "The id that the server gave."),
  externalId: textOf("The id in the directory that the person comes from."),
  userName: textOf("The name to log in with, usually the e-mail address."),
  name: ScimName.optional(),
  displayName: text,
  nickName: text,
  profileUrl: text,
  title: text,
  userType: text,
  preferredLanguage: text,
  locale: text,
  timezone: text,
  active: described(z.boolean().optional(), "Whether the person may log in."),
  emails: values,
  phoneNumbers: values,
  ims: values,
  photos: values,
  addresses: z
    .array(
      z.looseObject({
        formatted: text,
        streetAddress: text,
        locality: text,
        region: text,
        postalCode: text,
        country: text,
        type: text,
        primary: flag
      })
    )
    .optional(),
  groups: z
    .array(z.looseObject({ value: textOf("The id of the group."), display: text, type: text, $ref: text }))
    .optional(),
  entitlements: values,
  roles: values,
  x509Certificates: values,
  meta: ScimMeta.optional()
})
