// All users as records, as somebody writes it by hand: Nango's own paging, a model, a record for each.
"use strict"
const { z } = require("zod")

const text = () => z.string().nullish()

const Users = z.array(
  z.object({
    id: z.string(),
    userName: text(),
    displayName: text(),
    name: z.object({ givenName: text(), familyName: text(), formatted: text() }).nullish(),
    emails: z.array(z.object({ value: text(), type: text(), primary: z.boolean().nullish() })).nullish(),
    active: z.boolean().nullish(),
    externalId: text(),
    meta: z.object({ lastModified: z.string().optional() }).nullish()
  })
)

const given = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

const recordOf = ({ active, displayName, emails, externalId, id, meta, name, userName }) => ({
  id,
  ...given({ userName, displayName, active, externalId, updated_at: meta?.lastModified }),
  ...(name ? { name: given(name) } : {}),
  ...(emails ? { emails: emails.filter(({ value }) => value).map(given) } : {})
})

exports.default = {
  type: "sync",
  description: "Keeps all users as records.",
  models: {
    ScimUser: z.object({
      id: z.string(),
      userName: z.string().optional(),
      displayName: z.string().optional(),
      name: z
        .object({
          givenName: z.string().optional(),
          familyName: z.string().optional(),
          formatted: z.string().optional()
        })
        .optional(),
      emails: z
        .array(
          z.object({
            value: z.string().optional(),
            type: z.string().optional(),
            primary: z.boolean().optional()
          })
        )
        .optional(),
      active: z.boolean().optional(),
      externalId: z.string().optional(),
      updated_at: z.string().optional()
    })
  },
  exec: async (nango) => {
    await nango.trackDeletesStart("ScimUser")
    const pages = nango.paginate({
      endpoint: "/Users",
      retries: 3,
      paginate: {
        type: "offset",
        offset_name_in_request: "startIndex",
        offset_start_value: 1,
        offset_calculation_method: "by-response-size",
        limit_name_in_request: "count",
        limit: 100,
        response_path: "Resources"
      }
    })
    for await (const page of pages) {
      const parsed = Users.safeParse(page)
      if (!parsed.success) throw new Error(`the page cannot be read: ${parsed.error.message}`)
      if (parsed.data.length > 0) await nango.batchSave(parsed.data.map(recordOf), "ScimUser")
    }
    await nango.trackDeletesEnd("ScimUser")
  }
}
