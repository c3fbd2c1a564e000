/** What goes wrong around a request: limits, cut connections, redirects. */
import type { Context, Incoming, Outgoing } from "./Exchange.ts"

/** What becomes of a request. */
export type Fault =
  | { readonly _tag: "None" }
  /** It is answered so, and not carried out. */
  | { readonly _tag: "Answer"; readonly answer: Outgoing }
  /** The connection breaks before it is carried out. */
  | { readonly _tag: "Break" }
  /** It is carried out, and answered so; null breaks the connection instead. */
  | { readonly _tag: "Lose"; readonly answer: Outgoing | null }

const none: Fault = { _tag: "None" }

const limited = (headers: Readonly<Record<string, string>>): Outgoing => ({
  status: 429,
  headers,
  body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "429", detail: "Too many requests." }
})

const broken: Outgoing = {
  status: 500,
  body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "500", detail: "Overloaded." }
}

/** Decides it for one request after the other. */
export class Faults {
  #requests = 0
  readonly #posts = new Map<string, number>()

  /** The fault that a request meets. */
  next({ elsewhere, has, veil }: Context, { method, path, query, text }: Incoming): Fault {
    const number = ++this.#requests
    if (has("baseUrlQuery") && !query.has("tenant")) return { _tag: "Answer", answer: { status: 404 } }
    if (has("redirects")) {
      return { _tag: "Answer", answer: { status: 307, headers: { location: `${elsewhere}/${path.join("/")}` } } }
    }
    if (has("retryAfterMissing") && number === 1) return { _tag: "Answer", answer: limited({}) }
    if (has("retryAfterDate") && number === 1) {
      // A date has no fractions of a second: the next full one.
      const date = new Date(Date.now() + 1000).toUTCString()
      return { _tag: "Answer", answer: limited({ "retry-after": date }) }
    }
    if (has("faultsUnderLoad") && (number <= 2 || number % 5 === 0)) {
      return number % 2 === 1 ? { _tag: "Answer", answer: broken } : { _tag: "Break" }
    }
    const isCreation = method === "POST" && path.length === 1 && path[0] !== "Bulk"
    if (!isCreation) return none
    const times = (this.#posts.get(text) ?? 0) + 1
    this.#posts.set(text, times)
    if (has("rateLimitSwallowed") && times === 1) return { _tag: "Lose", answer: limited({ "retry-after": "0" }) }
    if (!has("conflictAfterSuccess")) return none
    // Nobody sees what was made until it is sent again.
    if (times > 1) veil.lift()
    return times === 1 ? { _tag: "Lose", answer: null } : none
  }
}
