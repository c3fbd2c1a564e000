// One user by its id, as somebody writes it by hand who has this one function to write: a request, a model, an answer.
"use strict"
const { z } = require("zod")

const text = () => z.string().optional()
const values = () =>
  z.array(z.object({ value: text(), display: text(), type: text(), primary: z.boolean().optional() })).optional()

const Input = z.object({ id: z.string().describe("The id that the server gave.") })

const User = z.looseObject({
  schemas: z.array(z.string()),
  id: z.string(),
  externalId: text(),
  userName: text(),
  name: z
    .object({
      formatted: text(),
      familyName: text(),
      givenName: text(),
      middleName: text(),
      honorificPrefix: text(),
      honorificSuffix: text()
    })
    .optional(),
  displayName: text(),
  nickName: text(),
  profileUrl: text(),
  title: text(),
  userType: text(),
  preferredLanguage: text(),
  locale: text(),
  timezone: text(),
  active: z.boolean().optional(),
  emails: values(),
  phoneNumbers: values(),
  ims: values(),
  photos: values(),
  addresses: z
    .array(
      z.object({
        formatted: text(),
        streetAddress: text(),
        locality: text(),
        region: text(),
        postalCode: text(),
        country: text(),
        type: text(),
        primary: z.boolean().optional()
      })
    )
    .optional(),
  groups: z.array(z.object({ value: text(), display: text(), type: text(), $ref: text() })).optional(),
  entitlements: values(),
  roles: values(),
  x509Certificates: values(),
  meta: z
    .object({ resourceType: text(), created: text(), lastModified: text(), version: text(), location: text() })
    .optional()
})

exports.default = {
  type: "action",
  description: "Reads one user.",
  input: Input,
  output: User,
  exec: async (nango, { id }) => {
    const { data } = await nango.get({ endpoint: `/Users/${encodeURIComponent(id)}`, retries: 3 })
    if (!data) throw new nango.ActionError({ type: "not_found", message: "There is no such user.", id })
    return User.parse(data)
  }
}
