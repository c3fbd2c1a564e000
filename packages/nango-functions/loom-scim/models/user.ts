/** Users. */
import { z } from "zod"
import { ScimMeta, ScimName, ScimValue } from "./values.js"

/** A user as the server has it (RFC 7643 §4.1). */
export const ScimUser = z.looseObject({
  schemas: z.array(z.string()).describe("The URNs of the schemas in use."),
  id: z.string().describe("The id that the server gave."),
  externalId: z.string().optional().describe("The id in the directory that the person comes from."),
  userName: z.string().optional().describe("The name to log in with, usually the e-mail address."),
  name: ScimName.optional(),
  displayName: z.string().optional(),
  nickName: z.string().optional(),
  profileUrl: z.string().optional(),
  title: z.string().optional(),
  userType: z.string().optional(),
  preferredLanguage: z.string().optional(),
  locale: z.string().optional(),
  timezone: z.string().optional(),
  active: z.boolean().optional().describe("Whether the person may log in."),
  emails: z.array(ScimValue).optional(),
  phoneNumbers: z.array(ScimValue).optional(),
  ims: z.array(ScimValue).optional(),
  photos: z.array(ScimValue).optional(),
  addresses: z
    .array(
      z.looseObject({
        formatted: z.string().optional(),
        streetAddress: z.string().optional(),
        locality: z.string().optional(),
        region: z.string().optional(),
        postalCode: z.string().optional(),
        country: z.string().optional(),
        type: z.string().optional(),
        primary: z.boolean().optional()
      })
    )
    .optional(),
  groups: z
    .array(
      z.looseObject({
        value: z.string().optional().describe("The id of the group."),
        display: z.string().optional(),
        type: z.string().optional(),
        $ref: z.string().optional()
      })
    )
    .optional(),
  entitlements: z.array(ScimValue).optional(),
  roles: z.array(ScimValue).optional(),
  x509Certificates: z.array(ScimValue).optional(),
  meta: ScimMeta.optional()
})
