/** The same change in the form that a server understands (RFC 7644 §3.5.2). */
import { Predicate, Result } from "effect"
import type { AttributePath } from "./AttributePath.ts"
import type { Filter } from "./Filter.ts"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type { PatchOperation as WireOperation } from "./Patch.ts"
import { chunk } from "./PatchDiffChunk.ts"
import { removalsOf } from "./PatchDiffMembers.ts"
import * as Path from "./Path.ts"
import type { Behaviour } from "./Profile.ts"
import type { Quirk } from "./Quirk.ts"
import type { PatchOperation } from "./ScimClientTypes.ts"

type Json = JsonObject[string]

const isMembers = (path: string | undefined): boolean => path !== undefined && /^(?:urn:.*:)?members$/i.test(path)

const idsIn = (value: Json | undefined): ReadonlyArray<string> =>
  (Array.isArray(value) ? value : [value]).flatMap((entry: unknown) => {
    const id = isJsonObject(entry) ? entry["value"] : entry
    return Predicate.isString(id) ? [id] : []
  })

const isNamed = ({ name, sub }: AttributePath, wanted: string): boolean => sub === null && name.toLowerCase() === wanted

const equalities = (filter: Filter): ReadonlyArray<string> | undefined => {
  if (filter._tag === "Or") {
    const all = filter.filters.map(equalities)
    return all.every((ids) => ids !== undefined) ? all.flat() : undefined
  }
  const isEquality = filter._tag === "Compare" && filter.operator === "eq" && isNamed(filter.path, "value")
  return isEquality && Predicate.isString(filter.value) ? [filter.value] : undefined
}

/** The ids that an operation takes out of `members`; undefined when it does something else, or clears them all. */
const removedBy = ({ op, path, value }: PatchOperation): ReadonlyArray<string> | undefined => {
  if (op !== "remove") return undefined
  if (isMembers(path)) return value === undefined ? undefined : idsIn(value)
  const parsed = Path.parse(path)
  if (Result.isFailure(parsed) || parsed.success._tag !== "ValueTarget") return undefined
  const { filter, path: attribute, sub } = parsed.success
  return sub === null && isNamed(attribute, "members") ? equalities(filter) : undefined
}

/** The ids of the members that some operations take out one by one. */
export const removedMembers = (operations: ReadonlyArray<PatchOperation>): ReadonlySet<string> =>
  new Set(operations.flatMap((operation) => removedBy(operation) ?? []))

/** Whether an operation empties `members`. */
const isClearing = ({ op, path, value }: PatchOperation): boolean =>
  isMembers(path) &&
  ((op === "remove" && value === undefined) || (op === "replace" && Array.isArray(value) && value.length === 0))

const addsMembers = ({ op, path, value }: PatchOperation): boolean =>
  op !== "remove" && isMembers(path) && idsIn(value).length > 0

const isPath = (text: string): boolean => Result.isSuccess(Path.parse(text))

/** `name` and extensions are objects on every server; what else may be one is not known. */
const isOpened = (key: string): boolean => key.toLowerCase() === "name" || key.includes(":")

/** Sub-attributes one by one, so that those that are not named stay (RFC 7644 §3.5.2.3). */
const pathsOf = (value: JsonObject): ReadonlyArray<readonly [path: string, value: Json]> =>
  Object.entries(value).flatMap(([key, content]): ReadonlyArray<readonly [string, Json]> => {
    if (!isJsonObject(content) || !isOpened(key)) return [[key, content]]
    const separator = key.includes(":") ? ":" : "."
    if (!Object.keys(content).every((sub) => isPath(`${key}${separator}${sub}`))) return [[key, content]]
    return Object.entries(content).map(([sub, inner]) => [`${key}${separator}${sub}`, inner])
  })

/** RFC 7643 §2.5: null is the same as no value, and some servers refuse it. */
const withoutNull = (operation: PatchOperation): PatchOperation =>
  operation.op === "replace" && operation.value === null && operation.path !== undefined
    ? { op: "remove", path: operation.path }
    : operation

/** `name.givenName` as a key is kept as it is by some servers, so it is sent as a value within a value. */
const nested = (value: JsonObject): JsonObject => {
  const whole: Record<string, Json> = {}
  for (const [key, content] of Object.entries(value)) {
    const [, name, sub] = /^([a-z][\w-]*)\.([a-z][\w-]*)$/i.exec(key) ?? []
    if (name === undefined || sub === undefined) {
      whole[key] = content
      continue
    }
    const present = whole[name]
    whole[name] = { ...(isJsonObject(present) ? present : {}), [sub]: content }
  }
  return whole
}

const expanded = (given: PatchOperation, isPathless: boolean): ReadonlyArray<PatchOperation> => {
  if (given.op === "remove" || given.path !== undefined || !isJsonObject(given.value)) return [withoutNull(given)]
  const value = nested(given.value)
  const operation = { op: given.op, value }
  const parts = pathsOf(value)
  const hasNull = parts.some(([, content]) => content === null)
  if (isPathless && !hasNull) return [operation]
  return parts.map(([at, content]) =>
    isPath(at)
      ? withoutNull({ op: operation.op, path: at, value: content })
      : { op: operation.op, value: { [at]: content } }
  )
}

const withDisplay = (value: Json): Json =>
  isJsonObject(value) && value["display"] === undefined && Predicate.isString(value["value"])
    ? { ...value, display: value["value"] }
    : value

const capitalised: Readonly<Record<PatchOperation["op"], string>> = { add: "Add", replace: "Replace", remove: "Remove" }

/** Whether {@link encode} has to know who the members are. */
export const needsMembers = (operations: ReadonlyArray<PatchOperation>, behaviour: Behaviour): boolean =>
  !behaviour.clearMembers && operations.some(isClearing)

const weightOf = ({ value }: WireOperation): number => (Array.isArray(value) ? value.length : 1)

/** As many operations to a request as both limits allow: servers count members over all of them. */
const packed = (
  operations: ReadonlyArray<WireOperation>,
  { maxMembers, maxOperations }: Behaviour
): ReadonlyArray<ReadonlyArray<WireOperation>> => {
  const most = maxMembers ?? Number.POSITIVE_INFINITY
  const small = chunk(operations, maxMembers === null ? {} : { maxMembers }).flat()
  const requests: Array<Array<WireOperation>> = []
  let room = 0
  for (const operation of small) {
    const last = requests.at(-1)
    const weight = weightOf(operation)
    const isFull = last === undefined || weight > room || last.length >= (maxOperations ?? Number.POSITIVE_INFINITY)
    if (isFull) requests.push([operation])
    else last.push(operation)
    room = (isFull ? most : room) - weight
  }
  return requests
}

/**
 * The requests that carry out some operations, each a list of operations, to be sent in order. `members` are the ids of
 * the group's present members, for {@link needsMembers}.
 */
export const encode = (
  operations: ReadonlyArray<PatchOperation>,
  behaviour: Behaviour,
  members: ReadonlyArray<string> = []
): ReadonlyArray<ReadonlyArray<WireOperation>> => {
  const plain = operations.flatMap((operation) => expanded(operation, behaviour.pathless))
  const formed = plain.flatMap((operation): ReadonlyArray<WireOperation> => {
    const isCleared = !behaviour.clearMembers && isClearing(operation)
    const gone = isCleared ? members : removedBy(operation)
    if (gone !== undefined) return gone.length === 0 ? [] : removalsOf("members", gone, behaviour.memberRemoval)
    if (!behaviour.memberDisplay || !addsMembers(operation)) return [operation]
    const { value } = operation
    return [{ ...operation, value: Array.isArray(value) ? value.map(withDisplay) : withDisplay(value ?? null) }]
  })
  const requests = packed(formed, behaviour)
  if (behaviour.patchOp === "lower") return requests
  return requests.map((request) =>
    request.map(({ op, ...rest }) => ({ ...rest, op: capitalised[op === "add" || op === "remove" ? op : "replace"] }))
  )
}

/** Another form to try after a refusal, and what it means when that one is taken. */
export interface Alternative {
  readonly quirk: Quirk
  readonly change: Partial<Behaviour>
  /**
   * The form may be taken for something else by a server that follows the RFC: a removal by value for the removal of
   * all. Whoever tries it has to look at what it did, and mend it.
   */
  readonly isDoubtful: boolean
  /** The alternative without which this one changes nothing; null when there is none such. */
  readonly onlyWith: Quirk | null
}

/**
 * Other forms of the same change, the likeliest first. Empty when there is nothing else to try. `isCaseKnown`: the server
 * has taken the present spelling of `op` before, so that is not the reason.
 */
export const alternatives = (
  operations: ReadonlyArray<PatchOperation>,
  behaviour: Behaviour,
  isCaseKnown: boolean
): ReadonlyArray<Alternative> => {
  const found: Array<Alternative> = []
  const offer = (quirk: Quirk, change: Partial<Behaviour>, more: Partial<Alternative> = {}) => {
    found.push({ quirk, change, isDoubtful: false, onlyWith: null, ...more })
  }
  if (behaviour.pathless && operations.some(({ op, path }) => op !== "remove" && path === undefined)) {
    offer("pathlessReplaceRefused", { pathless: false })
  }
  if (behaviour.clearMembers && operations.some(isClearing)) offer("clearMembersRefused", { clearMembers: false })
  const isRemoving = operations.some((operation) => removedBy(operation) !== undefined)
  if (isRemoving || operations.some(isClearing)) {
    const onlyWith = isRemoving || !behaviour.clearMembers ? null : "clearMembersRefused"
    if (behaviour.memberRemoval === "valueList") {
      offer("memberValueRemovalRefused", { memberRemoval: "eachFilter" }, { onlyWith })
    } else offer("memberFilterRemovalRefused", { memberRemoval: "valueList" }, { isDoubtful: isRemoving, onlyWith })
  }
  if (!behaviour.memberDisplay && operations.some(addsMembers)) offer("memberDisplayRequired", { memberDisplay: true })
  if (isCaseKnown) return found
  if (behaviour.patchOp === "lower") offer("patchOpLowerCaseRefused", { patchOp: "capitalised" })
  else offer("patchOpCapitalisedRefused", { patchOp: "lower" })
  return found
}

/** Which of them to try together: each alone, then every two, and so on. There are at most four, mostly one or two. */
export const combinations = (all: ReadonlyArray<Alternative>): ReadonlyArray<ReadonlyArray<Alternative>> => {
  const subsets: Array<ReadonlyArray<Alternative>> = [[]]
  for (const one of all) subsets.push(...subsets.map((subset) => [...subset, one]))
  const isUseful = (subset: ReadonlyArray<Alternative>) =>
    subset.length > 0 &&
    subset.every(({ onlyWith }) => onlyWith === null || subset.some(({ quirk }) => quirk === onlyWith))
  return subsets.filter(isUseful).toSorted((left, right) => left.length - right.length)
}

/** How much the largest of some requests holds: its operations, or their values. */
export const sizeOf = (requests: ReadonlyArray<ReadonlyArray<WireOperation>>): number =>
  Math.max(
    0,
    ...requests.map((request) =>
      Math.max(
        request.length,
        request.reduce((sum, operation) => sum + weightOf(operation), 0)
      )
    )
  )

/** Half as much per request; undefined when a request holds a single thing already. */
export const halved = (size: number): Partial<Behaviour> | undefined =>
  size <= 1 ? undefined : { maxOperations: Math.ceil(size / 2), maxMembers: Math.ceil(size / 2) }
