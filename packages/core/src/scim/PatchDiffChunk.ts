/** Cuts operations into requests that a server's limits allow. */
import { isJsonObject, type Json } from "./Json.ts"
import type { PatchOperation } from "./Patch.ts"
import { splitRemoval } from "./PatchDiffMembers.ts"
import { isArray } from "./ResourceValue.ts"

/** What one PATCH may hold. */
export interface ChunkLimits {
  /** Operations in one request; at least 1. */
  readonly maxOperations?: number
  /** Values of a multi-valued core attribute in one operation; at least 1. */
  readonly maxMembers?: number
}

const slices = (values: ReadonlyArray<Json>, max: number): ReadonlyArray<ReadonlyArray<Json>> =>
  Array.from({ length: Math.ceil(values.length / max) }, (_, index) => values.slice(index * max, (index + 1) * max))

const splitValues = (
  operation: PatchOperation,
  values: ReadonlyArray<Json>,
  max: number
): ReadonlyArray<PatchOperation> =>
  slices(values, max).map((value, index): PatchOperation => {
    // After the first slice of a replacement, the others must not replace it again.
    const op = index > 0 && operation.op.toLowerCase() === "replace" ? "add" : operation.op
    return { ...operation, op, value }
  })

/** Without a path: lists that are too long keep their first slice, the others follow under their own path. */
const splitPathless = (operation: PatchOperation, max: number): ReadonlyArray<PatchOperation> => {
  const { value } = operation
  if (!isJsonObject(value)) return [operation]
  const rest: Array<PatchOperation> = []
  const head: Array<[string, Json]> = []
  for (const [key, content] of Object.entries(value)) {
    if (!isArray(content) || content.length <= max) {
      head.push([key, content])
      continue
    }
    const [first = [], ...others] = slices(content, max)
    head.push([key, first])
    for (const values of others) rest.push({ op: "add", path: key, value: values })
  }
  return [{ ...operation, value: Object.fromEntries(head) }, ...rest]
}

const split = (operation: PatchOperation, max: number): ReadonlyArray<PatchOperation> => {
  const { op, path, value } = operation
  if (isArray(value) && value.length > max && path !== undefined) return splitValues(operation, value, max)
  if (path === undefined) return splitPathless(operation, max)
  return (op.toLowerCase() === "remove" ? splitRemoval(operation, max) : undefined) ?? [operation]
}

/**
 * Cuts operations into the operations of one request after the other, to be sent in order. Applied in order they do
 * what the whole would have done; each request is atomic of its own only.
 */
export const chunk = (
  operations: ReadonlyArray<PatchOperation>,
  limits: ChunkLimits
): ReadonlyArray<ReadonlyArray<PatchOperation>> => {
  const maxMembers = Math.max(1, limits.maxMembers ?? Number.POSITIVE_INFINITY)
  const maxOperations = Math.max(1, limits.maxOperations ?? Number.POSITIVE_INFINITY)
  const small = operations.flatMap((operation) => split(operation, maxMembers))
  if (small.length <= maxOperations) return small.length === 0 ? [] : [small]
  return Array.from({ length: Math.ceil(small.length / maxOperations) }, (_, index) =>
    small.slice(index * maxOperations, (index + 1) * maxOperations)
  )
}
