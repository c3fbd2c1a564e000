/** What operations are given. Types only, since they are part of the declarations that functions see. */

/** One resource by the id that the server gave it. */
export interface Id {
  readonly id: string
}

/** A resource as it is to be sent; `schemas` is put in. */
export interface NewResource {
  readonly [attribute: string]: unknown
}

/** Operations of a PATCH (RFC 7644 §3.5.2), as the caller has them. */
export interface PatchInput extends Id {
  readonly operations: ReadonlyArray<{
    readonly op: "add" | "replace" | "remove"
    readonly path?: string | undefined
    readonly value?: unknown
  }>
}

/** Single values of a user that are to be replaced; what is absent stays. */
export interface UserUpdate extends Id {
  readonly userName?: string | undefined
  readonly givenName?: string | undefined
  readonly familyName?: string | undefined
  readonly displayName?: string | undefined
  readonly active?: boolean | undefined
}

/** A new name of a group, and who joins or leaves it. */
export interface GroupUpdate extends Id {
  readonly displayName?: string | undefined
  readonly members?:
    | ReadonlyArray<{ readonly op: "add" | "remove"; readonly userId: string; readonly display?: string | undefined }>
    | undefined
}

/** One page of a list. */
export interface ListInput {
  /** As the page before said; absent for the first. */
  readonly cursor?: string | undefined
  readonly filter?: string | undefined
  readonly count?: number | undefined
  readonly attributes?: ReadonlyArray<string> | undefined
  readonly excludedAttributes?: ReadonlyArray<string> | undefined
}

/** No input. */
export type Nothing = Readonly<Record<string, unknown>>

/** A person as Nango's unified models have one, with what more may be known. */
export interface NewPerson {
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly [attribute: string]: unknown
}
