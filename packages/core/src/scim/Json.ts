/** JSON as it travels: its values, and telling objects from the others. */
import { Predicate, type Schema } from "effect"

/** A JSON value. */
export type Json = Schema.Json

/** A resource, a message, or a complex value in one, as JSON: unknown attributes are kept. */
export type JsonObject = Schema.JsonObject

/** True for JSON objects, such as a complex value (RFC 7643 §2.3.8); not for arrays and null. */
export const isJsonObject = (value: unknown): value is JsonObject => Predicate.isObject(value)
