/** What an answer means: a parsed success or the typed error it stands for. */
import { Predicate, Result, type Schema } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type * as E from "./ScimError.ts"
import * as ErrorAnswer from "./ScimErrorAnswer.ts"
import * as ErrorBody from "./ScimErrorBody.ts"
import type { Answer, Call } from "./Transport.ts"
import type { WireAnswer } from "./TransportWire.ts"

const errorSchema = "urn:ietf:params:scim:api:messages:2.0:error"

const isErrorSchema = (schema: unknown): boolean =>
  Predicate.isString(schema) && schema.length === errorSchema.length && schema.toLowerCase() === errorSchema

/** Some servers answer 200 with an error message in the body. */
const isErrorMessage = (json: unknown): json is JsonObject => {
  if (!isJsonObject(json)) return false
  const { schemas } = json
  return Array.isArray(schemas) ? schemas.some(isErrorSchema) : isErrorSchema(schemas)
}

/**
 * Words such as `OK` under a change that succeeded; its answer may as well be empty (RFC 7644 §3.5, §3.6). A web page is
 * no such thing: a log-in page proves no change.
 */
const isRemark = ({ method }: Call, text: string): boolean =>
  (method === "DELETE" || method === "PUT" || method === "PATCH") && !/^\uFEFF?\s*[<{[]/.test(text)

/** Reads an answer that came at `nowMillis` to the URL below `baseUrl`. */
export const read = (
  {
    baseUrl,
    nowMillis,
    scrub
  }: {
    readonly baseUrl: string
    readonly nowMillis: number
    readonly scrub: (text: string) => string
  },
  call: Call,
  { headers, isCut, status, text }: WireAnswer
): Result.Result<Answer, E.ScimError> => {
  const malformed = (reason: E.MalformedReason) =>
    ErrorAnswer.malformed({ operation: `${call.method} ${call.label}`, status, body: text }, reason, scrub)
  const refused = () => {
    const answer = { operation: `${call.method} ${call.label}`, status, headers, body: text, nowMillis }
    return Result.fail(ErrorAnswer.toError({ ...answer, url: baseUrl + call.path }, scrub))
  }
  if (status < 200 || status >= 300) return refused()
  if (isCut) return Result.fail(malformed("tooLong"))
  let json: Schema.Json
  try {
    // JSON.parse gives nothing but JSON values, which is what the type says.
    json = JSON.parse(text)
  } catch {
    if (text.trim() === "" || isRemark(call, text)) {
      return Result.succeed({ status, headers, call, malformed, json: undefined })
    }
    return Result.fail(malformed(ErrorBody.isWebPage(text) ? "webPage" : "notJson"))
  }
  return isErrorMessage(json) ? refused() : Result.succeed({ status, headers, call, malformed, json })
}
