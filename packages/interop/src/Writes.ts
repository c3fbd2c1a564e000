/** Creating, replacing, patching and deleting (RFC 7644 §3.3, §3.5, §3.6). */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import { Refusal, type Context, type Incoming, type Kind, type Outgoing } from "./Exchange.ts"
import { patched } from "./Patches.ts"
import { resourceAnswer, shown, versionOf, type Projection } from "./Show.ts"
import type { Entry } from "./Store.ts"

const invalid = (detail: string) => new Refusal(400, "invalidValue", detail)

const hasNull = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasNull)
  return isJsonObject(value) ? Object.values(value).some(hasNull) : value === null
}

const withoutNulls = (resource: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(resource).filter(([, value]) => value !== null))

/** Members that are known; whoever is not is refused, or dropped. */
const withKnownMembers = ({ directory, has }: Context, resource: JsonObject): JsonObject => {
  const { members } = resource
  if (!Array.isArray(members)) return resource
  const known = members.filter((member: unknown) => {
    const { display, value }: JsonObject = isJsonObject(member) ? member : {}
    if (has("memberDisplayRequired") && typeof display !== "string") throw invalid("A member has no display.")
    const isKnown = typeof value === "string" && directory.find("Users", value) !== undefined
    if (!isKnown && !has("unknownMembersDropped")) throw invalid("A member is unknown.")
    return isKnown
  })
  return { ...resource, members: known }
}

/** What is kept of a body: everything but what the server makes itself. */
const accepted = (context: Context, kind: Kind, body: JsonObject): JsonObject => {
  if (context.has("nullsRefused") && hasNull(body)) throw invalid("A value is null.")
  const { id: _, meta: __, schemas: ___, ...given } = withoutNulls(body)
  const key = kind === "Users" ? "userName" : "displayName"
  if (typeof given[key] !== "string" || given[key] === "") throw invalid(`${key} is missing.`)
  if (given["active"] !== undefined && typeof given["active"] !== "boolean") throw invalid("active is no boolean.")
  return kind === "Groups" ? withKnownMembers(context, given) : given
}

const refuseRivals = ({ directory, uniqueEmails }: Context, kind: Kind, resource: JsonObject, self: string | null) => {
  if (directory.rival(kind, resource, self, uniqueEmails) !== undefined) {
    throw new Refusal(409, "uniqueness", "A unique value is taken.")
  }
}

const idFor = ({ directory, has }: Context, kind: Kind, resource: JsonObject): string => {
  const number = directory.next()
  return has("idNeedsEncoding")
    ? `${String(resource["userName"] ?? resource["displayName"])}/ü?#%41&${number}`
    : `${kind === "Users" ? "u" : "g"}-${number}`
}

/** Creates. */
export const create = (context: Context, kind: Kind, body: JsonObject, projection: Projection): Outgoing => {
  const { directory, has, veil } = context
  const resource = accepted(context, kind, body)
  refuseRivals(context, kind, resource, null)
  const { members: _, ...bare } = resource
  const kept = kind === "Groups" && has("createIgnoresMembers") ? bare : resource
  const whole = kind === "Users" ? { active: true, ...kept } : kept
  const entry = directory.add(kind, idFor(context, kind, resource), whole)
  if (has("eventualConsistency")) veil.hide(entry.id, 2)
  return resourceAnswer(context, kind, entry, 201, projection)
}

/** Whether a condition lets a change through (RFC 7644 §3.14). */
const conditional = (context: Context, entry: Entry, ifMatch: string | undefined): void => {
  if (ifMatch === undefined || context.has("etagMissing")) return
  const isCurrent = ifMatch === "*" || ifMatch === versionOf(context, entry)
  if (!isCurrent || context.has("preconditionStale")) throw new Refusal(412, null, "The version is another one.")
}

const replaced = (context: Context, kind: Kind, before: Entry, body: JsonObject): JsonObject => {
  const resource = accepted(context, kind, body)
  if (kind === "Users") return { active: !context.has("replaceDropsActive"), ...resource }
  if (!context.has("replaceIgnoresMembers")) return resource
  const { members: _, ...bare } = resource
  return { ...bare, members: before.resource["members"] ?? [] }
}

/** A name that differs in case only may count as the same. */
const renamed = ({ has }: Context, before: Entry, after: JsonObject): JsonObject => {
  const [had, wanted] = [before.resource["displayName"], after["displayName"]]
  const isCaseOnly = String(had).toLowerCase() === String(wanted).toLowerCase()
  return has("caseOnlyRenameIgnored") && isCaseOnly && had !== undefined ? { ...after, displayName: had } : after
}

/** Replaces or patches. */
export const change = (
  context: Context,
  kind: Kind,
  entry: Entry,
  body: JsonObject,
  { ifMatch, method }: Pick<Incoming, "ifMatch" | "method">,
  projection: Projection
): Outgoing => {
  conditional(context, entry, ifMatch)
  if (context.has("nullsRefused") && hasNull(body)) throw invalid("A value is null.")
  const next =
    method === "PUT"
      ? replaced(context, kind, entry, body)
      : accepted(context, kind, patched(context, kind, entry.resource, body))
  refuseRivals(context, kind, next, entry.id)
  const changed = context.directory.change(kind, entry, kind === "Groups" ? renamed(context, entry, next) : next)
  if (method === "PATCH" && context.has("patchAnswersNoContent")) return { status: 204 }
  return resourceAnswer(context, kind, changed, 200, projection)
}

/** Deletes. */
export const remove = (context: Context, kind: Kind, entry: Entry, ifMatch: string | undefined): Outgoing => {
  conditional(context, entry, ifMatch)
  context.directory.remove(kind, entry.id)
  return context.has("deleteAnswersBody") ? { status: 200, body: shown(context, kind, entry) } : { status: 204 }
}
