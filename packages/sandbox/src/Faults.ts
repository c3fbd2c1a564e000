import {
  asObject,
  booleanField,
  choiceField,
  integerField,
  InputError,
  isObject,
  optionalString,
  stringField,
  type JsonObject
} from "./Input.ts"

/** Which requests a fault touches; both conditions must hold. */
export interface FaultMatch {
  /** HTTP method in capitals. */
  readonly method?: string
  /** Part of the request's path and query. */
  readonly pathIncludes?: string
}

/** What a fault does, with its parameters (all times as named). */
export type FaultEffect =
  | { readonly kind: "rateLimit"; readonly retryAfter: "seconds" | "date" | "none"; readonly seconds: number }
  | {
      readonly kind: "status"
      readonly status: number
      readonly detail: string
      readonly scimType?: string
      readonly echoToken: boolean
    }
  | { readonly kind: "latency"; readonly ms: number }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }
  | { readonly kind: "garbage" }
  | { readonly kind: "html"; readonly status: number }
  | { readonly kind: "redirect"; readonly location: string; readonly status: number }
  | { readonly kind: "droppedMembers" }
  | { readonly kind: "lyingTotal"; readonly total: number | "page" }
  | { readonly kind: "cappedPages"; readonly max: number }
  | { readonly kind: "acceptAnyToken" }
  | { readonly kind: "noDiscovery" }
  | { readonly kind: "wrongContentType"; readonly contentType: string }

/** Name of a fault's effect. */
export type FaultKind = FaultEffect["kind"]

/** A fault as asked for: an effect, on which requests, how often (absent: until cleared). */
export interface Fault {
  readonly effect: FaultEffect
  readonly times?: number
  /** The SCIM endpoint, or the identity provider's metadata. */
  readonly target: "scim" | "idp"
  readonly match: FaultMatch
}

/** A fault in force and how many requests it still touches. */
export interface ActiveFault {
  readonly effect: FaultEffect
  readonly target: "scim" | "idp"
  readonly match: FaultMatch
  /** Absent: until cleared. */
  readonly timesLeft?: number
}

/** The facts of a request that faults are matched against. */
export interface FaultRequest {
  readonly target: "scim" | "idp"
  readonly method: string
  /** Path and query. */
  readonly url: string
}

const KINDS = [
  "rateLimit",
  "status",
  "latency",
  "hang",
  "reset",
  "garbage",
  "html",
  "redirect",
  "droppedMembers",
  "lyingTotal",
  "cappedPages",
  "acceptAnyToken",
  "noDiscovery",
  "wrongContentType"
] as const satisfies ReadonlyArray<FaultKind>

function decodeEffect(input: JsonObject): FaultEffect {
  const kind = choiceField(input, "kind", KINDS)
  switch (kind) {
    case "rateLimit":
      return {
        kind,
        retryAfter: choiceField(input, "retryAfter", ["seconds", "date", "none"], "seconds"),
        seconds: integerField(input, "seconds", { min: 0, max: 86_400, fallback: 1 })
      }
    case "status": {
      const scimType = optionalString(input, "scimType")
      return {
        kind,
        status: integerField(input, "status", { min: 400, max: 599 }),
        detail: optionalString(input, "detail") ?? "This answer was asked for by a fault.",
        ...(scimType === undefined ? {} : { scimType }),
        echoToken: booleanField(input, "echoToken", false)
      }
    }
    case "latency":
      return { kind, ms: integerField(input, "ms", { min: 0, max: 600_000 }) }
    case "html":
      return { kind, status: integerField(input, "status", { min: 200, max: 599, fallback: 200 }) }
    case "redirect":
      return {
        kind,
        location: stringField(input, "location"),
        status: integerField(input, "status", { min: 300, max: 399, fallback: 302 })
      }
    case "lyingTotal":
      return {
        kind,
        total: input["total"] === "page" ? "page" : integerField(input, "total", { min: 0, max: 1_000_000_000 })
      }
    case "cappedPages":
      return { kind, max: integerField(input, "max", { min: 0, max: 1_000_000 }) }
    case "wrongContentType":
      return { kind, contentType: optionalString(input, "contentType") ?? "text/plain" }
    case "hang":
    case "reset":
    case "garbage":
    case "droppedMembers":
    case "acceptAnyToken":
    case "noDiscovery":
      return { kind }
  }
}

/** Reads the body of `POST /__control/faults`. Throws {@link InputError}. */
export function decodeFault(body: unknown): Fault {
  const input = asObject(body, "A fault")
  const match = input["match"] ?? {}
  if (!isObject(match)) throw new InputError('"match" must be an object.')
  const method = optionalString(match, "method")?.toUpperCase()
  const pathIncludes = optionalString(match, "pathIncludes")
  return {
    effect: decodeEffect(input),
    target: choiceField(input, "target", ["scim", "idp"], "scim"),
    ...(input["times"] === undefined ? {} : { times: integerField(input, "times", { min: 1, max: 1_000_000 }) }),
    match: {
      ...(method === undefined ? {} : { method }),
      ...(pathIncludes === undefined ? {} : { pathIncludes })
    }
  }
}

function matches(fault: Fault, request: FaultRequest): boolean {
  if (fault.target !== request.target) return false
  if (fault.match.method !== undefined && fault.match.method !== request.method) return false
  return fault.match.pathIncludes === undefined || request.url.includes(fault.match.pathIncludes)
}

/** The faults in force, oldest first. */
export class FaultBoard {
  #entries: Array<{ readonly fault: Fault; left: number }> = []

  add(fault: Fault): void {
    this.#entries.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY })
  }

  clear(): void {
    this.#entries = []
  }

  active(): ReadonlyArray<ActiveFault> {
    return this.#entries.map(({ fault, left }) => ({
      effect: fault.effect,
      target: fault.target,
      match: fault.match,
      ...(Number.isFinite(left) ? { timesLeft: left } : {})
    }))
  }

  /** The oldest fault of one of these kinds that touches the request; uses up one of its times. */
  take<const Kind extends FaultKind>(
    kinds: ReadonlyArray<Kind>,
    request: FaultRequest
  ): Extract<FaultEffect, { readonly kind: Kind }> | undefined {
    const isAsked = (effect: FaultEffect): effect is Extract<FaultEffect, { readonly kind: Kind }> =>
      kinds.some((kind) => kind === effect.kind)
    for (const entry of this.#entries) {
      const { effect } = entry.fault
      if (!isAsked(effect) || !matches(entry.fault, request)) continue
      entry.left -= 1
      if (entry.left <= 0) this.#entries = this.#entries.filter((other) => other !== entry)
      return effect
    }
    return undefined
  }
}
