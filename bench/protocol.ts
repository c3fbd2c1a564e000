// The protocol algebra side by side with the libraries of the same purpose, on the same inputs: reading filters against
// scim2-parse-filter, applying PATCH against scim-patch. Interleaved, so that both see the same machine; medians and
// ratios are printed.
import { createRequire } from "node:module"
import { parse } from "../packages/core/src/scim/FilterParser.ts"
import { apply, type PatchOperation } from "../packages/core/src/scim/Patch.ts"
import type { JsonObject } from "../packages/core/src/scim/Json.ts"
import { groupType, loomUser } from "../packages/core/src/scim/Schemas.ts"

// Typed by hand: the libraries are dependencies of the core's tests and not of this package.
interface Others {
  readonly parse: (filter: string) => object
  readonly scimPatch: (
    resource: JsonObject,
    operations: ReadonlyArray<PatchOperation>,
    options: { readonly mutateDocument: boolean; readonly treatMissingAsAdd: boolean }
  ) => JsonObject
}
const require = createRequire(new URL("../packages/core/package.json", import.meta.url))
const others: Others = { ...require("scim2-parse-filter"), ...require("scim-patch") }

const rounds = Number(process.env["ROUNDS"] ?? 15)
const batch = Number(process.env["BATCH_MS"] ?? 60)

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Runs per second over a batch. */
const rate = (run: () => void): number => {
  const start = performance.now()
  let count = 0
  let took = 0
  while (took < batch) {
    for (let i = 0; i < 20; i++) run()
    count += 20
    took = performance.now() - start
  }
  return (count * 1000) / took
}

const row = (name: string, ours: () => void, theirs: () => void): void => {
  const fast: Array<number> = []
  const slow: Array<number> = []
  rate(ours)
  rate(theirs)
  for (let round = 0; round < rounds; round++) {
    fast.push(rate(ours))
    slow.push(rate(theirs))
  }
  const figures = [median(fast), median(slow)].map((figure) => `${figure.toFixed(0).padStart(10)}/s`)
  const ratio = (median(fast) / median(slow)).toFixed(2).padStart(7)
  process.stdout.write(`${name.padEnd(44)} ${figures.join(" ")} ${ratio}  2\n`)
}

const filters = {
  "one comparison": 'userName eq "bjensen@example.com"',
  "two values of one e-mail": 'emails[type eq "work" and value co "@example.com"]',
  "precedence and not": 'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
  "qualified name and date":
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "Sales" and meta.lastModified gt "2026-05-13T04:42:34Z"',
  "50 members": Array.from({ length: 50 }, (_, index) => `value eq "user-${index}"`).join(" or ")
}

const user: JsonObject = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  id: "2819c223-7f76-453a-919d-413861904646",
  userName: "bjensen@example.com",
  name: { givenName: "Barbara", familyName: "Jensen" },
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" }
  ],
  active: true,
  meta: { resourceType: "User", created: "2026-01-23T04:56:22Z", lastModified: "2026-05-13T04:42:34Z" }
}
const group: JsonObject = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
  displayName: "Creators",
  members: Array.from({ length: 500 }, (_, index) => ({ value: `user-${index}`, display: `User ${index}` })),
  meta: { resourceType: "Group", created: "2026-01-23T04:56:22Z", lastModified: "2026-05-13T04:42:34Z" }
}

const patches: ReadonlyArray<readonly [string, JsonObject, typeof loomUser, ReadonlyArray<PatchOperation>]> = [
  ["deactivate", user, loomUser, [{ op: "replace", path: "active", value: false }]],
  [
    "five attributes, five operations",
    user,
    loomUser,
    [
      { op: "replace", path: "name.familyName", value: "Smith" },
      { op: "replace", path: 'emails[type eq "work"].value', value: "bsmith@example.com" },
      { op: "add", path: "title", value: "Creator" },
      { op: "add", path: "phoneNumbers", value: [{ value: "+1", type: "work" }] },
      { op: "remove", path: 'emails[type eq "home"]' }
    ]
  ],
  [
    "without a path",
    user,
    loomUser,
    [{ op: "replace", value: { displayName: "B", active: false, name: { givenName: "B" } } }]
  ],
  [
    "500 members, 10 in, 10 out",
    group,
    groupType,
    [
      { op: "add", path: "members", value: Array.from({ length: 10 }, (_, index) => ({ value: `new-${index}` })) },
      ...Array.from({ length: 10 }, (_, index) => ({ op: "remove", path: `members[value eq "user-${index * 7}"]` }))
    ]
  ]
]

// Both leave the given resource alone, which scim-patch does by a copy through JSON.
const options = { mutateDocument: false, treatMissingAsAdd: true }

process.stdout.write(`median of ${rounds}; ours, theirs, ratio, goal\n`)
for (const [name, text] of Object.entries(filters)) {
  if (parse(text)._tag !== "Success") throw new Error(`not read: ${text}`)
  row(
    `filter: ${name}`,
    () => void parse(text),
    () => void others.parse(text)
  )
}
for (const [name, resource, type, operations] of patches) {
  if (apply(resource, operations, type)._tag !== "Success") throw new Error(`not applied: ${name}`)
  row(
    `patch: ${name}`,
    () => void apply(resource, operations, type),
    () => void others.scimPatch(resource, operations, options)
  )
}
