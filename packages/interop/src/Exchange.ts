/** What the parts of the quirk server hand to each other. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { Quirk } from "@loom-scim/core/scim/Quirk"
import type { Directory } from "./Store.ts"
import type { Veil } from "./Veil.ts"

/** The two resource types. */
export type Kind = "Users" | "Groups"

/** A request, taken apart. */
export interface Incoming {
  readonly method: string
  /** Decoded segments below the base URL. */
  readonly path: ReadonlyArray<string>
  readonly query: URLSearchParams
  readonly ifMatch: string | undefined
  readonly authorization: string | undefined
  readonly text: string
}

/** An answer; a body that is text is sent as it is. */
export interface Outgoing {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: JsonObject | string
}

/** What every part needs. */
export interface Context {
  /** The base URL. */
  readonly url: string
  readonly token: string
  readonly directory: Directory
  readonly veil: Veil
  /** Whether e-mail addresses of users have to be unique, as some servers demand. */
  readonly uniqueEmails: boolean
  /** Where redirects point. */
  readonly elsewhere: string
  readonly has: (quirk: Quirk) => boolean
}

/** What the server is told to limit. */
export const limits = {
  /** Rows per page. */
  page: 200,
  /** Rows per page with `countCapped`. */
  cappedPage: 5,
  /** Operations, or values of one, with `patchOperationLimit`. */
  patch: 100,
  /** Bytes of a body with `bodyLimit`. */
  body: 4000,
  /** Bytes of a body without. */
  payload: 1_048_576,
  bulkOperations: 100,
  /** Operations of a Bulk that the rate limit lets through with `bulkCountedPerOperation`. */
  bulkRate: 3,
  /** Members of a group that cannot be listed with `excludeMembersNeeded`. */
  listedMembers: 100
} as const

/** A request that is not carried out. */
export class Refusal extends Error {
  readonly status: number
  readonly scimType: string | null

  constructor(status: number, scimType: string | null, detail: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}
