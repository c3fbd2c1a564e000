/** The API's own keys: made, listed and revoked by whoever governs everything. */
import { ApiKeyId, Grant } from "@loom-scim/core/ports/ApiKeys"
import { isLine } from "@loom-scim/core/setup/PlainText"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Audited } from "./Audited.ts"
import { Idempotent, idempotencyKey, Withheld } from "./Idempotency.ts"
import * as Page from "./Page.ts"
import { changing, reading } from "./Problem.ts"
import { Authorization, Needs } from "./Security.ts"
import { shown } from "./Shown.ts"
import { WellFormed } from "./WellFormed.ts"

const moment = Schema.NullOr(Schema.DateTimeUtcFromString)

const fields = {
  id: ApiKeyId,
  name: Schema.String,
  grants: Schema.Array(Grant),
  createdAt: Schema.DateTimeUtcFromString,
  createdBy: Schema.String,
  expiresAt: moment,
  revokedAt: moment,
  lastUsedAt: moment
}

const example = {
  id: "k3x9mzq0a1b2",
  name: "ci",
  grants: [{ verb: "operate", connection: "acme" }],
  createdAt: "2026-11-24T19:30:00.000Z",
  createdBy: "first key (a1b2c3d4e5f6)",
  expiresAt: "2027-02-22T19:30:00.000Z",
  revokedAt: null,
  lastUsedAt: null
} as const

/** A key, without its secret. */
export const Key = Schema.Struct(fields).pipe(shown("Key", "A key, without its secret.", example))

/** A key with its secret. */
export const MadeKey = Schema.Struct({
  ...fields,
  /** The whole key, for the Authorization header. Null in the answer to a repeated request. */
  secret: Schema.NullOr(Schema.String)
}).pipe(
  shown("MadeKey", "A key with its secret, which is shown this once.", {
    ...example,
    secret: "lsk_k3x9mzq0a1b2_…"
  })
)

/** A page of keys. */
export const KeyPage = Page.of(Key).pipe(
  shown("KeyPage", "Keys in the order of their ids, revoked ones among them.", { items: [example], nextCursor: null })
)

/** What a new key needs. */
export const NewKey = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100), isLine),
  grants: Schema.NonEmptyArray(Grant).check(Schema.isMaxLength(100)),
  /** 1 to 3650; 90 without it. */
  expiresInDays: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3650 })))
}).pipe(
  shown("NewKey", "What a key may do, and for how long.", {
    name: "ci",
    grants: [{ verb: "operate", connection: "acme" }],
    expiresInDays: 90
  })
)

/** A place in the list. */
export const KeyCursor = Page.cursor(Schema.Struct({ keysAfter: ApiKeyId }))

/** The group. */
export class KeysGroup extends HttpApiGroup.make("keys")
  .add(
    HttpApiEndpoint.get("list", "/keys", { query: Page.query(KeyCursor), success: KeyPage, error: reading })
      .annotate(Needs, { verb: "admin", over: "everything" })
      .annotate(OpenApi.Summary, "All keys"),
    HttpApiEndpoint.post("create", "/keys", {
      headers: idempotencyKey,
      payload: NewKey,
      success: MadeKey.pipe(HttpApiSchema.status(201)),
      error: changing
    })
      .middleware(Idempotent)
      .annotate(Withheld, ["secret"])
      .annotate(Needs, { verb: "admin", over: "everything" })
      .annotate(OpenApi.Summary, "Make a key; its secret is shown once"),
    HttpApiEndpoint.delete("revoke", "/keys/:key", { params: { key: ApiKeyId }, error: reading })
      .annotate(Needs, { verb: "admin", over: "everything" })
      .annotate(OpenApi.Summary, "End a key now")
  )
  .middleware(Audited)
  .middleware(Authorization)
  .middleware(WellFormed)
  .annotate(OpenApi.Description, "Hashed at rest, scoped by verb and connection, expiring.") {}
