/** What an error answer says, whatever shape its body has. */
import { Predicate, Result } from "effect"
import { oneLine } from "./ScimErrorScrub.ts"

/** An error as RFC 7644 §3.12 describes it, as far as the body says. */
export interface ScimErrorBody {
  /** The HTTP status repeated in the body; null when absent. */
  readonly status: number | null
  /** Such as `uniqueness` or `invalidFilter`; null when absent. */
  readonly scimType: string | null
  /** The server's words on one line, at most {@link detailLimit} characters, without the token. May name people. */
  readonly detail: string | null
}

/** How long a detail may be, in characters. */
export const detailLimit = 300

const nothing: ScimErrorBody = { status: null, scimType: null, detail: null }

// Wrappers nest: {"errors":[{"error":{"message":{"value":…}}}]}. Deeper than this nobody nests an error.
const deepest = 5

const statusOf = (value: unknown): number | null => {
  const digits = /^\s*([1-5]\d\d)\b/.exec(Predicate.isNumber(value) || Predicate.isString(value) ? String(value) : "")
  return digits === null ? null : Number(digits[1])
}

const scimTypeOf = (value: unknown): string | null =>
  Predicate.isString(value) && /^[A-Za-z]{1,40}$/.test(value) ? value : null

const textOf = (value: unknown, depth = 0): string | null => {
  if (Predicate.isString(value)) return value.trim() === "" ? null : value
  // Azure writes {"message":{"lang":"en-US","value":"…"}}.
  return depth <= deepest && Predicate.hasProperty(value, "value") ? textOf(value.value, depth + 1) : null
}

const detailKeys = ["detail", "errorSummary", "error_description", "message", "description", "title", "reason"]
const wrapperKeys = ["error", "errors", "Errors", "odata.error", "errorCauses", "fault", "response"]

const field = (value: object, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const merge = (outer: ScimErrorBody, inner: ScimErrorBody): ScimErrorBody => ({
  status: outer.status ?? inner.status,
  scimType: outer.scimType ?? inner.scimType,
  detail: outer.detail ?? inner.detail
})

const readValue = (value: unknown, depth: number): ScimErrorBody => {
  if (depth > deepest) return nothing
  if (Predicate.isString(value)) return { ...nothing, detail: textOf(value) }
  if (Array.isArray(value)) {
    return value
      .slice(0, 10)
      .reduce((found: ScimErrorBody, entry) => merge(found, readValue(entry, depth + 1)), nothing)
  }
  if (!Predicate.isObject(value)) return nothing
  const detail = detailKeys.map((key) => textOf(field(value, key))).find((text) => text !== null) ?? null
  const own: ScimErrorBody = {
    status: statusOf(field(value, "status")) ?? statusOf(field(value, "code")) ?? statusOf(field(value, "statusCode")),
    scimType: scimTypeOf(field(value, "scimType")),
    detail
  }
  return wrapperKeys.reduce((found, key) => merge(found, readValue(field(value, key), depth + 1)), own)
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " "
}

/** The title or first heading of a web page: the body of one is not for people to read. */
const readPage = (body: string): ScimErrorBody => {
  const start = body.slice(0, 10_000)
  const found = /<title[^>]{0,200}>([^<]{1,500})/i.exec(start) ?? /<h1[^>]{0,200}>([^<]{1,500})/i.exec(start)
  const text = found?.[1]?.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? entity)
  return { ...nothing, detail: text === undefined ? null : textOf(text) }
}

/** True for bodies that are web pages, whatever media type they claim. */
export const isWebPage = (body: string): boolean =>
  /^\uFEFF?\s{0,100}(?:<\?xml[^>]{0,200}>\s{0,100})?<(?:!doctype\s+html|html)/i.test(body)

const cleaned = (read: ScimErrorBody, scrub: (text: string) => string): ScimErrorBody => ({
  ...read,
  // A token of letters alone could pass for one.
  scimType: read.scimType !== null && scrub(read.scimType) === read.scimType ? read.scimType : null,
  detail: read.detail === null ? null : textOf(oneLine(scrub(read.detail), detailLimit))
})

/** Reads an error that is part of another answer, such as the `response` of a bulk operation. */
export const fromJson = (value: unknown, scrub: (text: string) => string): ScimErrorBody =>
  cleaned(readValue(value, 0), scrub)

/**
 * Reads an error body: RFC 7644 §3.12 with or without `schemas`, `status` as text or number, `scimType` missing;
 * `{error: {…}}`, `{errors: […]}`, `{message}`, `{errorSummary}`, problem details (RFC 9457), a web page, plain text,
 * nothing at all. Never throws; `scrub` takes the token out of what is kept.
 */
export const decode = (body: string, scrub: (text: string) => string): ScimErrorBody => {
  const trimmed = body.replace(/^\uFEFF/, "").trim()
  if (trimmed === "") return nothing
  const parsed = Result.try((): unknown => JSON.parse(trimmed))
  if (Result.isSuccess(parsed)) return fromJson(parsed.success, scrub)
  if (trimmed.startsWith("<")) return cleaned(readPage(trimmed), scrub)
  return cleaned({ ...nothing, detail: /^[[{]/.test(trimmed) ? null : trimmed.slice(0, 4000) }, scrub)
}
