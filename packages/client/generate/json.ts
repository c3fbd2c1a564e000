/** Looking into a JSON document of which little is known. */
import { Predicate } from "effect"

/** A field of an object; undefined when there is none. */
export const field = (value: unknown, name: string): unknown =>
  Predicate.hasProperty(value, name) ? value[name] : undefined

/** The fields of an object, in order; none of anything else. */
export const entries = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  Predicate.isObject(value) ? Object.entries(value) : []

/** The items of an array; none of anything else. */
export const items = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** A text, or the empty one. */
export const text = (value: unknown): string => (Predicate.isString(value) ? value : "")
