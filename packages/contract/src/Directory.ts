/** What users and groups share: resources as the server has them, lists with a verdict, changes with what came of them. */
import { isLine } from "@loom-scim/core/setup/PlainText"
import { Schema } from "effect"
import { path } from "./Connections.ts"
import { idempotencyKey } from "./Idempotency.ts"
import * as Page from "./Page.ts"
import { changing, ServerProblem } from "./Problem.ts"
import { shown } from "./Shown.ts"

const someUser = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  id: "u1",
  userName: "ada@acme.com",
  active: true
}

/** A SCIM resource (RFC 7643 §3) as the server has it, unknown attributes included. */
export const Resource = Schema.Record(Schema.String, Schema.Json).pipe(
  shown("ScimResource", "A user or group as the SCIM server has it (RFC 7643).", someUser)
)

/** A member of a group, or whoever else is named by a server's id. */
export const ResourceId = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(512), isLine)

const change = Schema.Union([
  Schema.Struct({
    op: Schema.Literals(["add", "replace"]),
    path: Schema.optionalKey(Schema.String),
    value: Schema.Json
  }),
  Schema.Struct({ op: Schema.Literal("remove"), path: Schema.String, value: Schema.optionalKey(Schema.Json) })
])

/** The body of a PATCH (RFC 7644 §3.5.2). */
export const PatchOp = Schema.Struct({
  schemas: Schema.optionalKey(Schema.Array(Schema.String)),
  Operations: Schema.NonEmptyArray(change).check(Schema.isMaxLength(1000))
}).pipe(
  shown("PatchOp", "The body of a PATCH (RFC 7644 §3.5.2). It is sent in the form that the server understands.", {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "title", value: "Engineer" }]
  })
)

const requestExample = {
  method: "DELETE",
  url: "https://api.workos.com/scim/v2.0/abc/Users/u1",
  body: null
} as const

/** A request as it goes to the server, without the token. */
export const ShownRequest = Schema.Struct({
  method: Schema.Literals(["POST", "PUT", "PATCH", "DELETE"]),
  url: Schema.String,
  body: Schema.NullOr(Schema.Record(Schema.String, Schema.Json))
}).pipe(shown("ShownRequest", "A request as it goes to the SCIM server, without the token.", requestExample))

/** What came of a change, or what would be sent for it. */
export const Outcome = Schema.Struct({
  /** True when nothing was sent. */
  dryRun: Schema.Boolean,
  /** Of the resource; null for one that a dry run would create. */
  id: Schema.NullOr(Schema.String),
  /** As the server has it afterwards; null when it did not say, or when there is none any more. */
  resource: Schema.NullOr(Schema.Record(Schema.String, Schema.Json)),
  /** In what way the server did not do as asked, though it answered success. */
  doubt: Schema.NullOr(Schema.String),
  /** What the change means under the policy of the connection. */
  warning: Schema.NullOr(Schema.String),
  /** What a dry run would send; empty otherwise. */
  requests: Schema.Array(ShownRequest)
}).pipe(
  shown(
    "DirectoryOutcome",
    "What came of a change; `doubt` when the server answered success and did not do as asked.",
    {
      dryRun: false,
      id: "u1",
      resource: someUser,
      doubt: null,
      warning: null,
      requests: []
    }
  )
)

const verdictExample = { complete: true, reason: null, seen: 1, total: 1, duplicates: 0, unmatched: 0, quirks: [] }

/** Whether everything was seen. Who is missing from a list that is not complete is not gone. */
export const Verdict = Schema.Struct({
  complete: Schema.Boolean,
  /** Why not. */
  reason: Schema.NullOr(Schema.String),
  /** Different resources over all pages, matching or not. */
  seen: Schema.Int,
  /** How many the server said there are, last. */
  total: Schema.NullOr(Schema.Int),
  duplicates: Schema.Int,
  /** Rows that do not match the filter and were left out. */
  unmatched: Schema.Int,
  /** What the server did differently from the RFCs. */
  quirks: Schema.Array(Schema.String)
}).pipe(
  shown(
    "ListVerdict",
    "Whether everything was seen. Who is missing from an incomplete list is not gone.",
    verdictExample
  )
)

/** One page of the server's, and on the last one the verdict. */
export const ResourcePage = Schema.Struct({
  items: Schema.Array(Resource),
  nextCursor: Schema.NullOr(Schema.String),
  /** Null until the last page. */
  verdict: Schema.NullOr(Verdict)
}).pipe(
  shown("ResourcePage", "A page as the server gave it; the last one says whether the list is complete.", {
    items: [someUser],
    nextCursor: null,
    verdict: verdictExample
  })
)

const digest = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/))

/** A place in the walk through a list: which walk, the pages behind it, and a digest of whom they held. */
export const WalkCursor = Page.cursor(
  Schema.Struct({
    walk: digest,
    pages: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })),
    held: digest
  })
)

const attribute = /^[A-Za-z][\w.:$-]{0,199}$/
const attributes = /^[A-Za-z][\w.:$-]{0,199}(?:,[A-Za-z][\w.:$-]{0,199}){0,49}$/

/** What a list is asked for with; the same on every page of it. */
export const listQuery = {
  ...Page.query(WalkCursor),
  /** RFC 7644 §3.4.2.2, such as `userName eq "ada@acme.com"`. */
  filter: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2000))),
  sortBy: Schema.optionalKey(Schema.String.check(Schema.isPattern(attribute, { message: "an attribute" }))),
  sortOrder: Schema.optionalKey(Schema.Literals(["ascending", "descending"])),
  /** Separated by commas. */
  attributes: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(attributes, { message: "attributes, separated by commas" }))
  )
}

/** `dryRun=true` shows the requests and sends none. */
export const changeQuery = { dryRun: Schema.optionalKey(Schema.Literals(["true", "false"])) }

const entityTag = Schema.String.check(
  Schema.isPattern(/^(?:W\/)?"[\x21\x23-\x7e]{0,200}"$/, { message: "an entity tag as the resource's ETag gives it" })
)

/** The version of the resource on the SCIM server, when it gives any. */
export const scimEtag = { etag: Schema.optionalKey(entityTag) }

/** With it, a change is made to that version of the server's, or not at all (412). */
export const ifScimMatch = { "if-match": Schema.optionalKey(entityTag) }

/** With it, a resource that is still that version is not sent again (304). */
export const ifNoneMatch = { "if-none-match": Schema.optionalKey(Schema.String.check(Schema.isMaxLength(500))) }

/** The paths of one user and of one group. */
export const userPath = { ...path, user: ResourceId }
export const groupPath = { ...path, group: ResourceId }

/** What everything that asks the SCIM server may fail with. */
export const asking = [...changing, ServerProblem] as const

/** What a change takes besides its body and answers with; `posted` is under an Idempotency-Key. */
export const outcome = { query: changeQuery, success: Outcome, error: asking }
export const changed = { headers: ifScimMatch, ...outcome }
export const posted = { headers: { ...ifScimMatch, ...idempotencyKey }, ...outcome }
