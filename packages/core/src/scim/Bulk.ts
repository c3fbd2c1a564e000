/** Bulk requests (RFC 7644 §3.7): order by reference, split by the server's limits, resolve ids across requests. */
import { Result } from "effect"
import type { JsonObject } from "./Json.ts"

/** One operation. `bulkId` names a created resource, so that others can refer to it as `bulkId:<name>`. */
export type BulkOperation =
  | { readonly method: "POST"; readonly path: string; readonly bulkId: string; readonly data: JsonObject }
  | {
      readonly method: "PUT" | "PATCH"
      readonly path: string
      readonly data: JsonObject
      /** For If-Match, when the server has ETags. */
      readonly version?: string
    }
  | { readonly method: "DELETE"; readonly path: string; readonly version?: string }

/** What the server allows (`bulk` of ServiceProviderConfig, RFC 7643 §5). */
export interface BulkLimits {
  readonly maxOperations: number
  /** Bytes of a request's body in UTF-8. */
  readonly maxPayloadSize: number
}

/** Why operations cannot be sent in bulk. `index` is the position in what was given. */
export type BulkRefused =
  | { readonly _tag: "DuplicateBulkId"; readonly index: number }
  | { readonly _tag: "UnknownReference"; readonly index: number; readonly bulkId: string }
  /** An operation, or a ring of operations that refer to each other, does not fit into one request. */
  | { readonly _tag: "DoesNotFit"; readonly index: number; readonly operations: number; readonly bytes: number }

/** Operations that must be in one request, by their positions in what was given. Mostly one alone. */
export type BulkUnit = ReadonlyArray<number>

const reference = /^bulkId:(.+)$/
const referenceInPath = /(?<=\/)bulkId:([^/?#]+)/g

/** Calls `visit` for every text of a JSON value. Iterative, as the depth is the caller's. */
const eachText = (data: unknown, visit: (text: string) => void): void => {
  const stack: Array<unknown> = [data]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value === "string") visit(value)
    else if (Array.isArray(value)) for (const entry of value) stack.push(entry)
    else if (typeof value === "object" && value !== null) for (const entry of Object.values(value)) stack.push(entry)
  }
}

/** The bulkIds an operation refers to, in its path and anywhere in its data (RFC 7644 §3.7.2). */
export const referencesOf = (operation: BulkOperation): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const match of operation.path.matchAll(referenceInPath)) if (match[1] !== undefined) found.add(match[1])
  if (operation.method !== "DELETE") {
    eachText(operation.data, (text) => {
      const name = reference.exec(text)?.[1]
      if (name !== undefined) found.add(name)
    })
  }
  return found
}

/** Strongly connected components, each after those it points to; iterative (Tarjan). */
const components = (edges: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<BulkUnit> => {
  const order = edges.map(() => -1)
  const low = edges.map(() => 0)
  const open: Array<number> = []
  const isOpen = new Set<number>()
  const result: Array<BulkUnit> = []
  let counter = 0
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue
    const work: Array<{ readonly node: number; next: number }> = [{ node: root, next: 0 }]
    while (work.length > 0) {
      const frame = work.at(-1)
      if (frame === undefined) break
      const { node } = frame
      if (frame.next === 0 && order[node] === -1) {
        order[node] = low[node] = counter++
        open.push(node)
        isOpen.add(node)
      }
      const target = edges[node]?.[frame.next++]
      if (target !== undefined) {
        if (order[target] === -1) work.push({ node: target, next: 0 })
        else if (isOpen.has(target)) low[node] = Math.min(low[node] ?? 0, order[target] ?? 0)
        continue
      }
      work.pop()
      const parent = work.at(-1)
      if (parent !== undefined) low[parent.node] = Math.min(low[parent.node] ?? 0, low[node] ?? 0)
      if (low[node] !== order[node]) continue
      const unit = open.splice(open.lastIndexOf(node))
      for (const member of unit) isOpen.delete(member)
      result.push(unit.toSorted((left, right) => left - right))
    }
  }
  return result
}

/**
 * Orders operations so that each comes after those it refers to, otherwise as given; rings stay together. A reference to
 * a name that no operation has is refused.
 */
export const order = (
  operations: ReadonlyArray<BulkOperation>
): Result.Result<ReadonlyArray<BulkUnit>, BulkRefused> => {
  const names = new Map<string, number>()
  for (const [index, operation] of operations.entries()) {
    if (operation.method !== "POST") continue
    if (names.has(operation.bulkId)) return Result.fail({ _tag: "DuplicateBulkId", index })
    names.set(operation.bulkId, index)
  }
  const edges: Array<ReadonlyArray<number>> = []
  for (const [index, operation] of operations.entries()) {
    const targets: Array<number> = []
    for (const bulkId of referencesOf(operation)) {
      const target = names.get(bulkId)
      if (target === undefined) return Result.fail({ _tag: "UnknownReference", index, bulkId })
      if (target !== index) targets.push(target)
    }
    edges.push(targets)
  }
  return Result.succeed(components(edges))
}

const resolveJson = (value: unknown, ids: ReadonlyMap<string, string>): unknown => {
  if (typeof value === "string") {
    const name = reference.exec(value)?.[1]
    return (name === undefined ? undefined : ids.get(name)) ?? value
  }
  if (Array.isArray(value)) return value.map((entry: unknown) => resolveJson(entry, ids))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolveJson(entry, ids)]))
}

/** The operation as JSON text, references to resources that exist by now replaced by their ids. */
const encodeOperation = (operation: BulkOperation, ids: ReadonlyMap<string, string>): string => {
  const path = operation.path.replace(referenceInPath, (whole, name: string) => {
    const id = ids.get(name)
    return id === undefined ? whole : encodeURIComponent(id)
  })
  // Only what the server created already is replaced; a copy is made for nothing else.
  const isAffected = ids.size > 0 && [...referencesOf(operation)].some((name) => ids.has(name))
  const data =
    operation.method === "DELETE" ? {} : { data: isAffected ? resolveJson(operation.data, ids) : operation.data }
  return JSON.stringify({ ...operation, path, ...data })
}

/** One request. */
export interface BulkBatch {
  /** Positions of its operations, in the order they are sent. */
  readonly indices: ReadonlyArray<number>
  /** The whole body as JSON text. */
  readonly body: string
  /** How many units of those given it takes. */
  readonly units: number
  /** Bytes of the body in UTF-8. */
  readonly bytes: number
  /** Bytes that a body with about half of these operations would have. */
  readonly half: number
}

const utf8 = new TextEncoder()
const bytesOf = (text: string): number => utf8.encode(text).byteLength

const schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

const envelope = (failOnErrors: number | null): readonly [string, string] => [
  `{"schemas":["${schema}"],${failOnErrors === null ? "" : `"failOnErrors":${failOnErrors},`}"Operations":[`,
  "]}"
]

/**
 * Takes as many units as fit into one request, at least one. `ids` are those of resources that earlier requests created.
 * `learned` are the limits that the server turned out to have (see {@link learn}); a unit that exceeds these goes alone.
 * Fails when the first unit does not fit into `limits` alone.
 */
export const takeBatch = (
  operations: ReadonlyArray<BulkOperation>,
  units: ReadonlyArray<BulkUnit>,
  ids: ReadonlyMap<string, string>,
  limits: BulkLimits,
  failOnErrors: number | null,
  learned: BulkLimits = limits
): Result.Result<BulkBatch, BulkRefused> => {
  const [head, tail] = envelope(failOnErrors)
  const texts: Array<string> = []
  const indices: Array<number> = []
  const empty = bytesOf(head) + bytesOf(tail)
  let bytes = empty
  let taken = 0
  for (const unit of units) {
    const encoded: Array<string> = []
    for (const index of unit) {
      const operation = operations[index]
      if (operation !== undefined) encoded.push(encodeOperation(operation, ids))
    }
    const added = encoded.reduce((sum, text) => sum + bytesOf(text), 0) + encoded.length - (texts.length === 0 ? 1 : 0)
    const { maxOperations, maxPayloadSize } = taken === 0 ? limits : learned
    if (texts.length + encoded.length > maxOperations || bytes + added > maxPayloadSize) {
      if (taken > 0) break
      return Result.fail({
        _tag: "DoesNotFit",
        index: unit[0] ?? 0,
        operations: encoded.length,
        bytes: bytes + added
      })
    }
    texts.push(...encoded)
    indices.push(...unit)
    bytes += added
    taken++
  }
  const half = empty + Math.floor((bytes - empty) / 2)
  return Result.succeed({ indices, body: `${head}${texts.join(",")}${tail}`, units: taken, bytes, half })
}

/**
 * The limits after a request was refused as too large (413, RFC 7644 §3.7.4), which says by which of the two in words at
 * best. As many bytes as were taken before cannot be it, so the operations are halved then; else the bytes, which halves
 * the operations along with them.
 *
 * With these, a request of several units is always split: less fits than was refused.
 */
export const learn = (learned: BulkLimits, refused: BulkBatch, acceptedBytes: number): BulkLimits =>
  refused.bytes <= acceptedBytes
    ? { ...learned, maxOperations: Math.max(1, Math.floor(refused.indices.length / 2)) }
    : { ...learned, maxPayloadSize: refused.half }
