/** From what the proxy answers, or throws, to an answer of the server or a failure without one: pure. */
import { ForbiddenAddress } from "@loom-scim/core/scim/NetworkPolicy"
import type { WireAnswer } from "@loom-scim/core/scim/TransportWire"
import { Predicate, Result, Schema } from "effect"
import type { ProxyResponse } from "./NangoProxy.ts"

/**
 * There was no answer. Holds a code and nothing else of axios' error, whose `config` has the headers with the token in
 * it. System codes (`ECONNREFUSED`) are those that `transportFailure.explain` of core puts into words; those of Nango
 * itself begin with `NANGO_`.
 */
export class ProxyFailed extends Schema.TaggedError<ProxyFailed>()("ProxyFailed", { code: Schema.String }) {
  override get message(): string {
    return `Nango's proxy gave no answer (${this.code}).`
  }
}

/** The platform stops this function: it was cancelled, or its time is over. Carries Nango's own error. */
export interface Stopped {
  readonly _tag: "Stopped"
  readonly error: unknown
}

const stops = new Set(["script_aborted", "execution_timeout", "execution_interrupted"])

const textOf = (data: unknown): string => {
  if (Predicate.isString(data)) return data.startsWith("\uFEFF") ? data.slice(1) : data
  if (data === undefined || data === null) return ""
  // A proxy that parses although it was asked not to.
  return data instanceof Uint8Array ? new TextDecoder().decode(data) : JSON.stringify(data)
}

const valueOf = (value: unknown): string | undefined => {
  if (Predicate.isString(value)) return value
  if (Predicate.isNumber(value)) return String(value)
  return Array.isArray(value) ? value.map(String).join(", ") : undefined
}

/** Names in lower case, without a prototype, since servers choose the names. */
const headersOf = (headers: unknown): WireAnswer["headers"] => {
  const flat: Record<string, string | undefined> = Object.create(null)
  if (!Predicate.isObject(headers)) return flat
  for (const [name, value] of Object.entries(headers)) flat[name.toLowerCase()] = valueOf(value)
  return flat
}

// A parsed body is written anew, and a decompressed one is longer: the numbers no longer fit.
const ofTheOriginal = ["content-length", "content-encoding", "transfer-encoding"]

const inside = (value: unknown, name: string): unknown => (Predicate.hasProperty(value, name) ? value[name] : undefined)

/**
 * Where the proxy was led by redirects, which it follows of its own accord; null when it went nowhere else, or it cannot
 * be seen. What comes from there is no answer to what was sent: a POST that is redirected arrives as a GET.
 */
const ledTo = ({ config, request }: ProxyResponse): string | null => {
  const asked = inside(config, "url")
  const came = inside(inside(request, "res"), "responseUrl")
  if (!Predicate.isString(asked) || !Predicate.isString(came) || !URL.canParse(asked)) return null
  return new URL(asked).href === came ? null : came
}

/**
 * The answer; `isCut` with the first `maxBodyBytes` characters when the body is longer. One that came from elsewhere is
 * the redirect that it was.
 */
export const ofResponse = (response: ProxyResponse, maxBodyBytes: number): WireAnswer => {
  const elsewhere = ledTo(response)
  if (elsewhere !== null) return { status: 302, headers: { location: elsewhere }, text: "", isCut: false }
  const { data, headers, status } = response
  const text = textOf(data)
  const kept = { ...headersOf(headers) }
  for (const name of ofTheOriginal) delete kept[name]
  return text.length > maxBodyBytes
    ? { status, headers: kept, text: text.slice(0, maxBodyBytes), isCut: true }
    : { status, headers: kept, text, isCut: false }
}

const isResponse = (value: unknown): value is ProxyResponse =>
  Predicate.hasProperty(value, "status") &&
  Predicate.isNumber(value.status) &&
  Predicate.hasProperty(value, "headers") &&
  Predicate.hasProperty(value, "data")

/** An error and what it was caused by, bounded since causes may form a ring. */
const chainOf = (error: unknown): ReadonlyArray<unknown> => {
  const chain = [error]
  for (let index = 0; index < chain.length && chain.length < 20; index++) {
    const current = chain[index]
    if (Predicate.hasProperty(current, "cause") && current.cause !== undefined) chain.push(current.cause)
    if (Predicate.hasProperty(current, "errors") && Array.isArray(current.errors)) chain.push(...current.errors)
  }
  return chain
}

const codesOf = (chain: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  chain.flatMap((link) =>
    Predicate.hasProperty(link, "code") && Predicate.isString(link.code) && /^\w{2,60}$/.test(link.code)
      ? [link.code]
      : []
  )

// What axios calls an answer that broke off, and a request that took too long.
const axiosCodes: Readonly<Record<string, string>> = {
  ERR_BAD_RESPONSE: "ECONNRESET",
  ERR_NETWORK: "ECONNRESET",
  ERR_STREAM_PREMATURE_CLOSE: "ECONNRESET",
  ECONNABORTED: "UND_ERR_HEADERS_TIMEOUT"
}

const isOfAxios = (code: string): boolean => Object.hasOwn(axiosCodes, code)

const codeOf = (chain: ReadonlyArray<unknown>): string => {
  const codes = codesOf(chain)
  // A code of the system says more than axios' own around it.
  const code = codes.find((candidate) => !isOfAxios(candidate)) ?? codes[0]
  if (code === undefined) return "NANGO_PROXY"
  return axiosCodes[code] ?? (/^[a-z]/.test(code) ? `NANGO_${code.toUpperCase()}` : code)
}

// Nango refuses addresses of its own accord; which one is not said, lest networks be explored through it.
const refusedAddress =
  "Nango does not send tokens to that address: it is private, or denied by the settings of the Nango server."

const isRefusedAddress = (link: unknown): boolean =>
  Predicate.hasProperty(link, "name") && link.name === "OutboundUrlError"

/** What a thrown error stands for: an answer with an error status, no answer, or the end of the function. */
export const ofThrown = (
  error: unknown,
  maxBodyBytes: number
): Result.Result<WireAnswer, ProxyFailed | ForbiddenAddress | Stopped> => {
  const response = Predicate.hasProperty(error, "response") ? error.response : undefined
  // A success that is thrown is one that broke off: axios has its head, and no body.
  if (isResponse(response) && response.status >= 300) return ofAnswer(response, maxBodyBytes)
  const chain = chainOf(error)
  if (codesOf(chain).some((code) => stops.has(code))) return Result.fail({ _tag: "Stopped", error })
  if (chain.some(isRefusedAddress))
    return Result.fail(new ForbiddenAddress({ host: "(unknown)", detail: refusedAddress }))
  return Result.fail(new ProxyFailed({ code: codeOf(chain) }))
}

/** The code of an error that Nango's server answers itself: `{"error":{"code":…}}`, which no SCIM server does. */
const codeOfNango = (text: string): string | null => {
  if (!text.startsWith('{"error":{')) return null
  try {
    const body: unknown = JSON.parse(text)
    const error = Predicate.hasProperty(body, "error") ? body.error : undefined
    const code = Predicate.hasProperty(error, "code") ? error.code : undefined
    return Predicate.isString(code) && /^\w{2,50}$/.test(code) ? `NANGO_${code.toUpperCase()}` : null
  } catch {
    return null
  }
}

/** An answer of the server; what Nango's own server answers in its place is a failure with Nango's code. */
export const ofAnswer = (response: ProxyResponse, maxBodyBytes: number): Result.Result<WireAnswer, ProxyFailed> => {
  const answer = ofResponse(response, maxBodyBytes)
  const code = answer.status >= 400 ? codeOfNango(answer.text) : null
  return code === null ? Result.succeed(answer) : Result.fail(new ProxyFailed({ code }))
}
