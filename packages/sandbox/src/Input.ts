/** A value of the wrong shape arrived from outside; the message names the field and is safe to show. */
export class InputError extends Error {
  override readonly name = "InputError"
}

/** A JSON object whose fields have not been looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for plain JSON objects: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** The value as a JSON object. Throws {@link InputError} otherwise. */
export function asObject(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new InputError(`${what} must be a JSON object.`)
  return value
}

/** A required, non-empty string field. Throws {@link InputError} otherwise. */
export function stringField(from: JsonObject, field: string): string {
  const value = from[field]
  if (typeof value !== "string" || value === "") {
    throw new InputError(`"${field}" must be a non-empty string.`)
  }
  return value
}

/** A string field that may be absent. Throws {@link InputError} when present and not a string. */
export function optionalString(from: JsonObject, field: string): string | undefined {
  return from[field] === undefined ? undefined : stringField(from, field)
}

/** A boolean field; absent means `fallback`, without one it is required. Throws {@link InputError}. */
export function booleanField(from: JsonObject, field: string, fallback?: boolean): boolean {
  const value = from[field] ?? fallback
  if (typeof value !== "boolean") throw new InputError(`"${field}" must be true or false.`)
  return value
}

/** An integer field within `min` and `max`, both included; `fallback` when absent. Throws {@link InputError}. */
export function integerField(
  from: JsonObject,
  field: string,
  range: { readonly min: number; readonly max: number; readonly fallback?: number }
): number {
  const value = from[field] ?? range.fallback
  if (typeof value !== "number" || !Number.isInteger(value) || value < range.min || value > range.max) {
    throw new InputError(`"${field}" must be a whole number from ${range.min} to ${range.max}.`)
  }
  return value
}

/** One of the given words; `fallback` when absent. Throws {@link InputError} otherwise. */
export function choiceField<const Choice extends string>(
  from: JsonObject,
  field: string,
  choices: ReadonlyArray<Choice>,
  fallback?: Choice
): Choice {
  const value = from[field] ?? fallback
  const found = choices.find((choice) => choice === value)
  if (found === undefined) {
    throw new InputError(`"${field}" must be one of ${choices.join(", ")}.`)
  }
  return found
}

/** A field holding an array of strings. Throws {@link InputError} otherwise. */
export function stringsField(from: JsonObject, field: string): ReadonlyArray<string> {
  const value = from[field]
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw new InputError(`"${field}" must be an array of strings.`)
  }
  return value
}
