/** The quirks that an answer shows in passing: pure functions on what arrived. */
import { Predicate } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type { Quirk } from "./Quirk.ts"
import * as ErrorBody from "./ScimErrorBody.ts"

/** An answer as it arrived. */
export interface Exchange {
  readonly method: string
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

const none: ReadonlyArray<Quirk> = []

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** RFC 7644 §3.12: `schemas` with the error's URN, and `status`. */
const isScimError = (body: unknown): boolean =>
  isJsonObject(body) &&
  Predicate.isString(body["status"]) &&
  [body["schemas"]].flat().includes("urn:ietf:params:scim:api:messages:2.0:Error")

const ofRefusal = ({ headers, status, text }: Exchange): ReadonlyArray<Quirk> => {
  const found: Array<Quirk> = []
  const body = parsed(text)
  if (ErrorBody.isWebPage(text)) found.push("htmlErrors")
  else if (!isScimError(body)) found.push("errorShape")
  if (status === 409 && !(isJsonObject(body) && body["scimType"] === "uniqueness"))
    found.push("conflictWithoutScimType")
  if (status === 429) {
    const wait = headers["retry-after"]
    if (wait === undefined) found.push("retryAfterMissing")
    else if (!/^\s*\d+\s*$/.test(wait)) found.push("retryAfterDate")
  }
  if (status >= 500 && status !== 501) found.push("faultsUnderLoad")
  return found
}

/** What the frame of an answer shows. Cheap for the ordinary success. */
export const ofExchange = (exchange: Exchange): ReadonlyArray<Quirk> => {
  const { headers, method, status, text } = exchange
  if (status < 200 || status >= 300) return status >= 400 ? ofRefusal(exchange) : none
  if (text === "") return method === "PATCH" ? ["patchAnswersNoContent"] : none
  const isPlain = headers["content-type"]?.startsWith("application/json") === true
  if (method === "DELETE") return ["deleteAnswersBody"]
  return isPlain ? ["plainJsonMediaType"] : none
}

const ofLocation = (location: unknown): ReadonlyArray<Quirk> => {
  if (!Predicate.isString(location) || location === "") return ["locationMissing"]
  // RFC 3986 §2: whatever else has to be percent-encoded; an @ may stand in a path, yet servers encode it in ids.
  if (!/^[\w.~:/?#[\]@!$&'()*+,;=%-]*$/.test(location)) return ["locationUnencoded"]
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location) ? none : ["locationRelative"]
}

/** What a resource shows (RFC 7643 §3). */
export const ofResource = (resource: JsonObject): ReadonlyArray<Quirk> => {
  const { active, meta, schemas } = resource
  const found: Array<Quirk> = []
  if (!Array.isArray(schemas) || schemas.length === 0) found.push("schemasMissing")
  if (Predicate.isString(active)) found.push("booleansAsStrings")
  found.push(...ofLocation(isJsonObject(meta) ? meta["location"] : undefined))
  return found
}

/** What a version shows (RFC 7644 §3.14); null when there was none. */
export const ofVersion = (version: string | null): ReadonlyArray<Quirk> => {
  if (version === null) return ["etagMissing"]
  if (/^(?:W\/)?"0?"$/.test(version)) return ["etagConstant"]
  return version.startsWith("W/") ? ["etagWeak"] : none
}
