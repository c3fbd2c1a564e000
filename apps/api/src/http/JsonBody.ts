/** What a JSON body must be before it is parsed: UTF-8 as it stands, and not nested so deep that a walk through it fails. */
import { InvalidRequestProblem, MediaTypeProblem } from "@loom-scim/contract/Problem"
import { Context, Effect } from "effect"
import { toResponse } from "effect/http/HttpServerRespondable"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"

type Refusal = InvalidRequestProblem | MediaTypeProblem

/** How deep arrays and objects may stand in each other. */
export const deepest = 64

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** Counted on the text, since a parsed value would have to be walked. What stands in a string is skipped. */
export const isTooDeep = (text: string): boolean => {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (isInString) {
      if (char === "\\") at += 1
      else if (char === '"') isInString = false
    } else if (char === '"') isInString = true
    else if (char === "[" || char === "{") {
      depth += 1
      if (depth > deepest) return true
    } else if (char === "]" || char === "}") depth -= 1
  }
  return false
}

const invalid = (detail: string, next: string) =>
  new InvalidRequestProblem({ detail, next, errors: [{ path: ["payload"], message: detail }] })

const refusalOfHeaders = ({ headers }: HttpServerRequest): Refusal | null => {
  const encoding = headers["content-encoding"] ?? "identity"
  if (encoding.trim().toLowerCase() !== "identity")
    return new MediaTypeProblem({
      detail: "The body is said to be compressed, and this server takes none that is.",
      next: "Send it as it is, without Content-Encoding."
    })
  const [, charset = "utf-8"] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers["content-type"] ?? "") ?? []
  return /^utf-?8$/i.test(charset)
    ? null
    : new MediaTypeProblem({
        detail: "The body is said to be in another charset than UTF-8.",
        next: "Send it in UTF-8, as application/json without a charset."
      })
}

const decoded = (bytes: ArrayBuffer): string | null => {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

const read = (request: HttpServerRequest, bytes: ArrayBuffer): string | Refusal => {
  if (bytes.byteLength === 0) return ""
  const refusal = refusalOfHeaders(request)
  if (refusal !== null) return refusal
  const text = decoded(bytes)
  if (text === null) return invalid("The body is not UTF-8.", "Save it as UTF-8 and send it again.")
  return isTooDeep(text) ? invalid(`The body is nested deeper than ${deepest} levels.`, "Send it flatter.") : text
}

/** Never JSON, so nothing is done with a body that reads so. */
const unreadable = "\u0000"

/**
 * Gives `app` a request whose text is looked at when it is read: after the key was, and by whatever reads it. To `app` a
 * text that is refused is no JSON, so it refuses it as it does any other, and why is said in its place. An upload is not
 * read as text, and what has no body is passed on as it is.
 */
export const checked = <E, R>(
  request: HttpServerRequest,
  app: Effect.Effect<HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse, E, R> => {
  if (request.method === "GET" || request.method === "HEAD") return app
  let refusal: Refusal | null = null
  const text = Effect.map(request.arrayBuffer, (bytes) => {
    const found = read(request, bytes)
    if (typeof found === "string") return found
    refusal = found
    return unreadable
  })
  const looked: HttpServerRequest = Object.create(request, { text: { value: text } })
  const answered = Effect.updateContext(app, (context: Context.Context<R>) =>
    Context.add(context, HttpServerRequest, looked)
  )
  return Effect.flatMap(answered, (response) => (refusal === null ? Effect.succeed(response) : toResponse(refusal)))
}
