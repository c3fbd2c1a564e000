/** PATCH, carried out by scim-patch so that the client is not tested against its own reading of it. */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import { NoTarget, scimPatch, type ScimPatchOperation } from "scim-patch"
import { limits, Refusal, type Context, type Kind } from "./Exchange.ts"

interface Operation {
  readonly op: string
  readonly path: string | undefined
  readonly value: JsonObject[string] | undefined
}

const invalid = (scimType: string, detail: string) => new Refusal(400, scimType, detail)

const operationsOf = (body: JsonObject): ReadonlyArray<Operation> => {
  const operations = body["Operations"]
  if (!Array.isArray(operations) || operations.length === 0) throw invalid("invalidSyntax", "There are no Operations.")
  return operations.map((operation: unknown) => {
    const { op, path, value }: JsonObject = isJsonObject(operation) ? operation : {}
    if (typeof op !== "string") throw invalid("invalidSyntax", "An operation has no op.")
    return { op, path: typeof path === "string" ? path : undefined, value }
  })
}

const hasValues = (value: JsonObject[string] | undefined): boolean => Array.isArray(value) && value.length > 0

/** Refuses what servers are known to refuse. */
const check = ({ has }: Context, kind: Kind, operations: ReadonlyArray<Operation>): void => {
  const sizes = operations.map(({ value }) => (Array.isArray(value) ? value.length : 0))
  if (has("patchOperationLimit") && Math.max(operations.length, ...sizes) > limits.patch) {
    // AWS says no more than that; the number is in words only.
    throw new Refusal(400, null, `No more than ${limits.patch} operations or members.`)
  }
  for (const { op, path, value } of operations) {
    const isLower = op === op.toLowerCase()
    if (has("patchOpLowerCaseRefused") && isLower) throw invalid("invalidSyntax", `There is no operation ${op}.`)
    if (has("patchOpCapitalisedRefused") && !isLower) throw invalid("invalidSyntax", `There is no operation ${op}.`)
    if (has("pathlessReplaceRefused") && path === undefined) throw invalid("invalidPath", "An operation has no path.")
    if (kind === "Users") continue
    const isRemove = op.toLowerCase() === "remove"
    if (has("memberFilterRemovalRefused") && isRemove && path?.startsWith("members[") === true) {
      throw invalid("invalidPath", "A path may not have a filter.")
    }
    const isCleared = path === "members" && (isRemove ? value === undefined : !hasValues(value))
    if (has("clearMembersRefused") && isCleared) throw invalid("invalidValue", "A group needs its members named.")
  }
}

const quoted = (value: unknown): ReadonlyArray<string> =>
  (Array.isArray(value) ? value : [value]).flatMap((entry: unknown) => {
    const id = isJsonObject(entry) ? entry["value"] : entry
    return typeof id === "string" ? [JSON.stringify(id)] : []
  })

/** In the words of scim-patch, which removes by value only what is equal in every part. */
const translated = ({ has }: Context, { op, path, value }: Operation): ReadonlyArray<ScimPatchOperation> => {
  switch (op.toLowerCase()) {
    case "remove":
      if (path === undefined) throw invalid("noTarget", "A removal needs a path.")
      if (path === "members" && value !== undefined && !has("memberValueRemovalRefused")) {
        return quoted(value).map((id) => ({ op: "remove", path: `members[value eq ${id}]` }))
      }
      return [{ op: "remove", path }]
    case "add":
      return [{ op: "add", ...(path === undefined ? {} : { path }), value }]
    case "replace":
      return [{ op: "replace", ...(path === undefined ? {} : { path }), value }]
    default:
      throw invalid("invalidSyntax", `There is no operation ${op}.`)
  }
}

const isDotted = (key: string): boolean => key.includes(".") && !key.startsWith("urn:")

/** What a.b in a value without a path stands for, and what is kept as a key. */
const undotted = ({ has }: Context, operation: Operation): ReadonlyArray<Operation> => {
  const { op, path, value } = operation
  if (path !== undefined || !isJsonObject(value)) return [operation]
  return Object.entries(value).flatMap(([key, inner]): ReadonlyArray<Operation> => {
    if (!isDotted(key)) return [{ op, path, value: { [key]: inner } }]
    // scim-patch would take it for a path.
    return has("dottedKeysNotExpanded") ? [] : [{ op, path: key, value: inner }]
  })
}

const keptAsKeys = ({ has }: Context, { path, value }: Operation): ReadonlyArray<[string, JsonObject[string]]> =>
  path === undefined && isJsonObject(value) && has("dottedKeysNotExpanded")
    ? Object.entries(value).filter(([key]) => isDotted(key))
    : []

/** Members once each. */
const withoutTwins = (resource: JsonObject): JsonObject => {
  const { members } = resource
  if (!Array.isArray(members)) return resource
  const known = new Map(members.map((member: unknown) => [isJsonObject(member) ? member["value"] : member, member]))
  return { ...resource, members: [...known.values()].filter(isJsonObject) }
}

/** What a resource becomes. */
export const patched = (context: Context, kind: Kind, resource: JsonObject, body: JsonObject): JsonObject => {
  const operations = operationsOf(body)
  check(context, kind, operations)
  const date = new Date()
  const document = { ...resource, schemas: [""], meta: { created: date, lastModified: date } }
  const plain = operations.flatMap((operation) => undotted(context, operation))
  const words = plain.flatMap((operation) => translated(context, operation))
  try {
    const changed = scimPatch(document, words, { mutateDocument: false, treatMissingAsAdd: true })
    // Undefined is no value of JSON, and scim-patch leaves some.
    const done: unknown = JSON.parse(JSON.stringify(changed))
    const { meta: _, schemas: __, ...rest }: JsonObject = isJsonObject(done) ? done : {}
    return withoutTwins({
      ...rest,
      ...Object.fromEntries(operations.flatMap((operation) => keptAsKeys(context, operation)))
    })
  } catch (error) {
    throw invalid(error instanceof NoTarget ? "noTarget" : "invalidValue", "The change cannot be carried out.")
  }
}
