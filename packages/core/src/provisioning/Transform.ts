/** From the fields of a source's record to one value: where it is read, and what is done to it. */
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import { Result, Schema } from "effect"
import { get, isArray } from "../scim/ResourceValue.ts"

/** A change of a text; lists are changed text by text, and `first` takes the first of a list. */
export const Transform = Schema.Literals(["trim", "lowercase", "uppercase", "first"])
export type Transform = typeof Transform.Type

/** Words for true and false, compared in any case. */
export const BooleanWords = Schema.Struct({
  true: Schema.NonEmptyArray(Schema.String),
  false: Schema.NonEmptyArray(Schema.String)
})
export type BooleanWords = typeof BooleanWords.Type

/** The words that are understood unless a mapping gives its own. */
export const usualWords: BooleanWords = {
  true: ["true", "yes", "y", "1", "active", "enabled", "employed"],
  false: ["false", "no", "n", "0", "inactive", "disabled", "suspended", "terminated", "left"]
}

const FromField = Schema.Struct({
  from: Schema.NonEmptyString,
  /** Cuts a text into several. */
  split: Schema.optionalKey(Schema.NonEmptyString),
  transform: Schema.optionalKey(Schema.Array(Transform)),
  /** `true` for the usual words. */
  boolean: Schema.optionalKey(Schema.Union([Schema.Literal(true), BooleanWords])),
  /** Taken when the field is empty. */
  otherwise: Schema.optionalKey(Schema.Json)
})

const FromTemplate = Schema.Struct({
  /** `${first} ${last}`: empty fields leave nothing behind, not even a space. */
  template: Schema.NonEmptyString,
  transform: Schema.optionalKey(Schema.Array(Transform))
})

const Constant = Schema.Struct({ constant: Schema.Json })

/** How a value is made: the name of a field alone, or one of the longer forms. */
export const ValueSource = Schema.Union([Schema.NonEmptyString, FromField, FromTemplate, Constant])
export type ValueSource = typeof ValueSource.Type

/** What happened on the way from the record to a value, for people. */
export interface TransformStep {
  /** In a few words: `field mail`, `lowercase`, `split by ;`. */
  readonly what: string
  readonly value: Json
}

type Note = (what: string, value: Json) => void

/** A field by its exact name, by its name in another case, or as a path into JSON: `name.first`. */
export const fieldOf = (fields: JsonObject, name: string): Json | undefined => {
  const direct = get(fields, name)
  if (direct !== undefined || !name.includes(".")) return direct
  let held: Json | undefined = fields
  for (const part of name.split(".")) held = isJsonObject(held) ? get(held, part) : undefined
  return held
}

const isBlank = (value: Json | undefined): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === "string" && value.trim() === "") ||
  (isArray(value) && value.every(isBlank))

const changeText = (value: Json, change: (text: string) => string): Json =>
  isArray(value) ? value.map((entry) => changeText(entry, change)) : typeof value === "string" ? change(value) : value

const transformed = (value: Json, transform: Transform): Json => {
  switch (transform) {
    case "trim":
      return changeText(value, (text) => text.trim())
    case "lowercase":
      return changeText(value, (text) => text.toLowerCase())
    case "uppercase":
      return changeText(value, (text) => text.toUpperCase())
    case "first":
      return isArray(value) ? (value[0] ?? null) : value
  }
}

/** The pieces of a text, without space around them and without empty ones. */
export const pieces = (value: Json, separator: string | undefined): ReadonlyArray<string> =>
  (isArray(value) ? value : [value]).flatMap((entry) => {
    if (typeof entry !== "string") return entry === null || typeof entry === "object" ? [] : [String(entry)]
    const parts = separator === undefined ? [entry] : entry.split(separator)
    return parts.map((part) => part.trim()).filter((part) => part !== "")
  })

const truthOf = (value: Json, words: BooleanWords): Result.Result<boolean, string> => {
  const word = String(isJsonObject(value) || isArray(value) ? JSON.stringify(value) : value)
    .trim()
    .toLowerCase()
  if (words.true.some((one) => one.toLowerCase() === word)) return Result.succeed(true)
  if (words.false.some((one) => one.toLowerCase() === word)) return Result.succeed(false)
  // Only now, so that words can turn one round, such as that of a field that says who is disabled.
  if (typeof value === "boolean") return Result.succeed(value)
  const known = [...words.true, ...words.false].join(", ")
  return Result.fail(`${JSON.stringify(word)} is none of the words for true and false: ${known}`)
}

const placeholder = /\$\{([^{}]+)\}/g

/** The fields that a source of values names. */
export const fieldsIn = (source: ValueSource): ReadonlyArray<string> => {
  if (typeof source === "string") return [source]
  if ("from" in source) return [source.from]
  if ("template" in source) return [...source.template.matchAll(placeholder)].map(([, name = ""]) => name.trim())
  return []
}

const fill = (template: string, fields: JsonObject): Json => {
  let some = false
  const text = template.replaceAll(placeholder, (_, name: string) => {
    const value = fieldOf(fields, name.trim())
    if (isBlank(value) || typeof value === "object") return ""
    some = true
    return String(value).trim()
  })
  // A template of nothing but empty fields is empty, whatever stands between them.
  return some || !template.includes("${") ? text.replaceAll(/\s+/g, " ").trim() : null
}

const run = (value: Json, transforms: ReadonlyArray<Transform>, note: Note): Json =>
  transforms.reduce((held: Json, transform) => {
    const next = transformed(held, transform)
    note(transform, next)
    return next
  }, value)

const fromField = (source: typeof FromField.Type, fields: JsonObject, note: Note): Result.Result<Json, string> => {
  const held = fieldOf(fields, source.from)
  note(`field ${source.from}`, held ?? null)
  if (isBlank(held) || held === undefined) {
    if (source.otherwise === undefined) return Result.succeed(null)
    note("otherwise", source.otherwise)
    return Result.succeed(source.otherwise)
  }
  let value: Json = held
  if (source.split !== undefined) {
    value = pieces(value, source.split)
    note(`split by ${source.split}`, value)
  }
  value = run(value, source.transform ?? [], note)
  if (source.boolean === undefined) return Result.succeed(value)
  const truth = truthOf(value, source.boolean === true ? usualWords : source.boolean)
  if (Result.isSuccess(truth)) note("boolean", truth.success)
  return truth
}

/**
 * Makes a value; null when the record has none. Fails, in words, for a word that is neither true nor false. `note` is
 * told each step.
 */
export const evaluate = (
  source: ValueSource,
  fields: JsonObject,
  note: Note = () => {}
): Result.Result<Json, string> => {
  if (typeof source === "string") return fromField({ from: source }, fields, note)
  if ("from" in source) return fromField(source, fields, note)
  if ("constant" in source) {
    note("constant", source.constant)
    return Result.succeed(source.constant)
  }
  const filled = fill(source.template, fields)
  note(`template ${source.template}`, filled)
  return Result.succeed(run(filled, source.transform ?? [], note))
}
