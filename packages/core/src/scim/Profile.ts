/** What a server claims, how it wants to be spoken to, and which quirks it showed. */
import { Predicate, Schema } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"
import * as Quirk from "./Quirk.ts"

/** What ServiceProviderConfig says (RFC 7643 §5); null for what it does not say. */
export const Claims = Schema.Struct({
  patch: Schema.NullOr(Schema.Boolean),
  filter: Schema.NullOr(Schema.Boolean),
  /** Rows. */
  maxResults: Schema.NullOr(Schema.Int),
  bulk: Schema.NullOr(Schema.Boolean),
  maxOperations: Schema.NullOr(Schema.Int),
  /** Bytes. */
  maxPayloadSize: Schema.NullOr(Schema.Int),
  sort: Schema.NullOr(Schema.Boolean),
  etag: Schema.NullOr(Schema.Boolean),
  /** RFC 9865 §4. */
  cursor: Schema.NullOr(Schema.Boolean)
})
export type Claims = typeof Claims.Type

/** How requests are made so that the server understands them. */
export const Behaviour = Schema.Struct({
  /** `capitalised` sends Add, Replace and Remove. */
  patchOp: Schema.Literals(["lower", "capitalised"]),
  /** Whether a PATCH may leave the path out (RFC 7644 §3.5.2). */
  pathless: Schema.Boolean,
  /** See `PatchDiffMembers`. */
  memberRemoval: Schema.Literals(["oneFilter", "eachFilter", "valueList"]),
  /** Whether all members may be removed at once. */
  clearMembers: Schema.Boolean,
  /** Operations in one PATCH; null without a known limit. */
  maxOperations: Schema.NullOr(Schema.Int),
  /** Values in one PATCH, over all its operations; null without a known limit. */
  maxMembers: Schema.NullOr(Schema.Int),
  /** Whether members are sent with `display`. */
  memberDisplay: Schema.Boolean,
  /** Whether a group is created with its members, or gets them by PATCH afterwards. */
  createMembers: Schema.Boolean,
  /** Whether `totalResults` may be taken at its word. */
  trustTotals: Schema.Boolean,
  /** Whether If-Match is sent. */
  conditions: Schema.Boolean,
  /** Whether Bulk may be used. */
  bulk: Schema.Boolean,
  /** `none` sends the token alone. */
  tokenScheme: Schema.Literals(["Bearer", "none"])
})
export type Behaviour = typeof Behaviour.Type

/** Everything known of a server. It holds neither personal data nor the token, so it may be kept and shown. */
export const Profile = Schema.Struct({
  /** Null when there is no ServiceProviderConfig, or nobody has asked yet. */
  claims: Schema.NullOr(Claims),
  behaviour: Behaviour,
  /** How often each quirk was seen. */
  quirks: Schema.Record(Schema.String, Schema.Int)
})
export type Profile = typeof Profile.Type

/** How a server that follows the RFCs is spoken to; Bulk only once it was proven. */
export const standard: Behaviour = {
  patchOp: "lower",
  pathless: true,
  memberRemoval: "eachFilter",
  clearMembers: true,
  maxOperations: null,
  maxMembers: null,
  memberDisplay: false,
  createMembers: true,
  trustTotals: false,
  conditions: true,
  bulk: false,
  tokenScheme: "Bearer"
}

/** Nothing known yet. */
export const unknown: Profile = { claims: null, behaviour: standard, quirks: {} }

const isSupported = (part: JsonObject[string] | undefined): boolean | null => {
  const value = isJsonObject(part) ? part["supported"] : undefined
  if (Predicate.isBoolean(value)) return value
  return Predicate.isString(value) && /^(?:true|false)$/i.test(value) ? value.toLowerCase() === "true" : null
}

const limitOf = (part: JsonObject[string] | undefined, name: string): number | null => {
  const value = isJsonObject(part) ? part[name] : undefined
  return Predicate.isNumber(value) && Number.isSafeInteger(value) && value > 0 ? value : null
}

/** Reads the claims of a ServiceProviderConfig. */
export const claimsOf = (config: JsonObject): Claims => {
  const pagination = config["pagination"]
  const cursor = isJsonObject(pagination) ? pagination["cursor"] : undefined
  return {
    patch: isSupported(config["patch"]),
    filter: isSupported(config["filter"]),
    maxResults: limitOf(config["filter"], "maxResults"),
    bulk: isSupported(config["bulk"]),
    maxOperations: limitOf(config["bulk"], "maxOperations"),
    maxPayloadSize: limitOf(config["bulk"], "maxPayloadSize"),
    sort: isSupported(config["sort"]),
    etag: isSupported(config["etag"]),
    cursor: Predicate.isBoolean(cursor) ? cursor : null
  }
}

/** The quirks of a profile in words, the most frequent first. */
export const describe = (
  profile: Profile
): ReadonlyArray<{ readonly name: Quirk.Quirk; readonly times: number } & Quirk.QuirkEntry> =>
  Quirk.names
    .flatMap((name) => {
      const times = profile.quirks[name] ?? 0
      return times === 0 ? [] : [{ name, times, ...Quirk.quirks[name] }]
    })
    .toSorted((left, right) => right.times - left.times)

/** A profile that is still being learnt: changed in place by the client that holds it. */
export class Learner {
  #claims: Claims | null
  #behaviour: Behaviour
  readonly #quirks: Map<string, number>
  /** Whether a PATCH was taken in the present form. */
  hasPatched = false

  constructor(start: Profile) {
    this.#claims = start.claims
    this.#behaviour = start.behaviour
    this.#quirks = new Map(Object.entries(start.quirks))
  }

  get behaviour(): Behaviour {
    return this.#behaviour
  }

  get claims(): Claims | null {
    return this.#claims
  }

  /** Whether a quirk was ever seen. */
  has(quirk: Quirk.Quirk): boolean {
    return this.#quirks.has(quirk)
  }

  /** Counts a quirk. */
  note(...quirks: ReadonlyArray<Quirk.Quirk>): void {
    for (const quirk of quirks) this.#quirks.set(quirk, (this.#quirks.get(quirk) ?? 0) + 1)
  }

  /** Speaks to the server in another way from now on. */
  adapt(change: Partial<Behaviour>): void {
    this.#behaviour = { ...this.#behaviour, ...change }
  }

  claim(claims: Claims): void {
    this.#claims = claims
  }

  /** What is known by now. */
  get profile(): Profile {
    return { claims: this.#claims, behaviour: this.#behaviour, quirks: Object.fromEntries(this.#quirks) }
  }
}
