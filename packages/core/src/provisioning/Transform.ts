/** From the fields of a source's record to one value: where it is read, and what is done to it. */
import { isJsonObject, type Json, type JsonObject } from "../scim/Json.ts"
import { Result, Schema } from "effect"
import { isArray } from "../scim/ResourceValue.ts"
import { cnOf } from "./DistinguishedName.ts"
import { foldName } from "./PersonDigest.ts"
import { composedIn, fieldOf, isBlank, pieces } from "./SourceField.ts"

/**
 * A change of a text; lists are changed text by text. `first` takes the first of a list, `cn` the common name of a
 * distinguished name.
 */
export const Transform = Schema.Literals(["trim", "lowercase", "uppercase", "first", "cn"])
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
  /** Taken when the field is empty, null for nothing. With it, no record needs to have the field. */
  otherwise: Schema.optionalKey(Schema.Json)
})

const FromTemplate = Schema.Struct({
  /** `${first} ${last}`: empty fields leave nothing behind, not even a space. */
  template: Schema.NonEmptyString,
  transform: Schema.optionalKey(Schema.Array(Transform)),
  /** Taken when nothing is left of it, null for nothing. With it, no record needs to have the fields. */
  otherwise: Schema.optionalKey(Schema.Json)
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

const eachText = (
  value: Json,
  change: (text: string) => Result.Result<string, string>
): Result.Result<Json, string> => {
  if (typeof value === "string") return change(value)
  if (!isArray(value)) return Result.succeed(value)
  const changed: Array<Json> = []
  for (const entry of value) {
    const one = eachText(entry, change)
    if (Result.isFailure(one)) return one
    changed.push(one.success)
  }
  return Result.succeed(changed)
}

const transformed = (value: Json, transform: Transform): Result.Result<Json, string> => {
  switch (transform) {
    case "trim":
      return eachText(value, (text) => Result.succeed(text.trim()))
    case "lowercase":
      return eachText(value, (text) => Result.succeed(text.toLowerCase()))
    case "uppercase":
      return eachText(value, (text) => Result.succeed(text.toUpperCase()))
    case "first":
      return Result.succeed(isArray(value) ? (value[0] ?? null) : value)
    case "cn":
      return eachText(value, cnOf)
  }
}

/** Changes a value step by step. Fails, in words, for a text that cannot be changed so. */
export const change = (
  value: Json,
  transforms: ReadonlyArray<Transform>,
  note: Note = () => {}
): Result.Result<Json, string> => {
  let held = value
  for (const transform of transforms) {
    const next = transformed(held, transform)
    if (Result.isFailure(next)) return next
    held = next.success
    note(transform, held)
  }
  return Result.succeed(held)
}

interface Words {
  readonly yes: ReadonlySet<string>
  readonly no: ReadonlySet<string>
}

// Every record is asked with the same words.
const known = new WeakMap<BooleanWords, Words>()

const wordsOf = (words: BooleanWords): Words => {
  const found = known.get(words) ?? { yes: new Set(words.true.map(foldName)), no: new Set(words.false.map(foldName)) }
  known.set(words, found)
  return found
}

const truthOf = (value: Json, words: BooleanWords): Result.Result<boolean, string> => {
  const word = foldName(String(isJsonObject(value) || isArray(value) ? JSON.stringify(value) : value))
  const { no, yes } = wordsOf(words)
  if (yes.has(word)) return Result.succeed(true)
  if (no.has(word)) return Result.succeed(false)
  // Only now, so that words can turn one round, such as that of a field that says who is disabled.
  if (typeof value === "boolean") return Result.succeed(value)
  const all = [...words.true, ...words.false].join(", ")
  return Result.fail(`${JSON.stringify(word)} is none of the words for true and false: ${all}`)
}

const placeholder = /\$\{([^{}]+)\}/g

/** What reads fields: a source of values, or a rule for groups. */
type Reader = ValueSource | Pick<typeof FromField.Type, "from" | "otherwise">

/** The fields that are read. */
export const fieldsIn = (source: Reader): ReadonlyArray<string> => {
  if (typeof source === "string") return [source]
  if ("from" in source) return [source.from]
  if (!("template" in source)) return []
  return [...source.template.matchAll(placeholder)].map(([, name = ""]) => name.trim())
}

/** Whether it is said what it means that the field is not there. */
export const hasOtherwise = (source: Reader): boolean => typeof source === "object" && "otherwise" in source

/** What a placeholder stands for. */
const filling = (name: string, value: Json | undefined): Result.Result<string, string> => {
  if (isArray(value) && value.length === 1) return filling(name, value[0])
  if (isBlank(value)) return Result.succeed("")
  if (typeof value !== "object") return Result.succeed(String(value).trim())
  const held = isArray(value) ? `has ${value.length} values` : "is an object"
  return Result.fail(`the field ${name} ${held}, and a template takes one text`)
}

const fill = (template: string, fields: JsonObject): Result.Result<Json, string> => {
  let fault: string | null = null
  let isEmpty = template.includes("${")
  const text = template.replaceAll(placeholder, (_, written: string) => {
    const name = written.trim()
    const filled = filling(name, fieldOf(fields, name))
    if (Result.isFailure(filled)) fault ??= filled.failure
    const part = Result.getOrElse(filled, () => "")
    if (part !== "") isEmpty = false
    return part
  })
  if (fault !== null) return Result.fail(fault)
  // A template of nothing but empty fields is empty, whatever stands between them.
  return Result.succeed(isEmpty ? null : text.replaceAll(/\s+/g, " ").trim())
}

const instead = (otherwise: Json | undefined, note: Note): Result.Result<Json, string> => {
  if (otherwise === undefined) return Result.succeed(null)
  note("otherwise", otherwise)
  return Result.succeed(otherwise)
}

const fromField = (source: typeof FromField.Type, fields: JsonObject, note: Note): Result.Result<Json, string> => {
  const held = fieldOf(fields, source.from)
  note(`field ${source.from}`, held ?? null)
  if (isBlank(held) || held === undefined) return instead(source.otherwise, note)
  const split = source.split === undefined ? Result.succeed(held) : pieces(held, source.split)
  if (Result.isFailure(split)) return split
  if (source.split !== undefined) note(`split by ${source.split}`, split.success)
  const value = change(split.success, source.transform ?? [], note)
  if (source.boolean === undefined || Result.isFailure(value)) return value
  const truth = truthOf(value.success, source.boolean === true ? usualWords : source.boolean)
  if (Result.isSuccess(truth)) note("boolean", truth.success)
  return truth
}

const fromTemplate = (
  source: typeof FromTemplate.Type,
  fields: JsonObject,
  note: Note
): Result.Result<Json, string> => {
  const filled = fill(source.template, fields)
  if (Result.isFailure(filled)) return filled
  note(`template ${source.template}`, filled.success)
  return filled.success === null
    ? instead(source.otherwise, note)
    : change(filled.success, source.transform ?? [], note)
}

const valueOf = (source: ValueSource, fields: JsonObject, note: Note): Result.Result<Json, string> => {
  if (typeof source === "string") return fromField({ from: source }, fields, note)
  if ("from" in source) return fromField(source, fields, note)
  if ("template" in source) return fromTemplate(source, fields, note)
  note("constant", source.constant)
  return Result.succeed(source.constant)
}

/**
 * Makes a value; null when the record has none. Fails, in words, for a word that is neither true nor false, and for what
 * is no text where one is needed. `note` is told each step.
 */
export const evaluate = (source: ValueSource, fields: JsonObject, note: Note = () => {}): Result.Result<Json, string> =>
  Result.map(valueOf(source, fields, note), composedIn)
