/** What goes into the client's operations and what comes out. */
import type { JsonObject } from "./Json.ts"
import type { ListVerdict } from "./List.ts"

/** One operation of a PATCH (RFC 7644 §3.5.2). `value` may be missing for `remove` only. */
export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path?: string; readonly value: JsonObject[string] }
  | { readonly op: "remove"; readonly path: string; readonly value?: JsonObject[string] }

/** Which attributes are answered (RFC 7644 §3.9). A server need not heed it. */
export interface Projection {
  readonly attributes?: ReadonlyArray<string>
  readonly excludedAttributes?: ReadonlyArray<string>
}

/** A list query (RFC 7644 §3.4.2). */
export interface ListQuery extends Projection {
  /** Filter text. Give {@link matches} along with it, since some servers ignore filters silently. */
  readonly filter?: string
  readonly matches?: (resource: JsonObject) => boolean
  readonly sortBy?: string
  readonly sortOrder?: "ascending" | "descending"
  /** Rows per page; the client's page size when absent. */
  readonly count?: number
  /** `cursor` asks for pages by cursor (RFC 9865). Default `index`, which also follows a cursor the server offers. */
  readonly paging?: "index" | "cursor"
  /** Default 100 000. */
  readonly maxPages?: number
}

/** The rows of one page, after duplicates and rows that do not match were left out; the last page has the verdict. */
export interface ListedPage {
  readonly resources: ReadonlyArray<JsonObject>
  readonly verdict: ListVerdict | null
}

/** A resource and the version that If-Match takes; null when the server has none. */
export interface Versioned {
  readonly resource: JsonObject
  readonly version: string | null
}

/** What a change was answered with. The resource is null for 204, or when the server sent something else back. */
export interface Changed {
  readonly resource: JsonObject | null
  readonly version: string | null
  /** Of the last answer. With 200 and no resource, a server breaks RFC 7644 §3.5.2, and may not have done anything. */
  readonly status: number
}

/** A created resource. */
export interface Created extends Versioned {
  readonly id: string
  /**
   * `answer`: the server said so. `lookup`: the answer was lost or had no id, and the resource was found by its user
   * name or external id. It may then differ from what was sent: compare before relying on it.
   */
  readonly settled: "answer" | "lookup"
}

/** How a change is made and answered. */
export interface ChangeOptions extends Projection {
  /**
   * The version to send as If-Match. When absent, `replace` takes the `meta.version` of the resource it is given; null
   * sends no condition.
   */
  readonly version?: string | null
  /** Sends a PATCH in the very form it is given, whatever the profile says. For whoever tries the forms. */
  readonly asGiven?: boolean
}
