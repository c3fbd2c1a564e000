/** The key to begin with: made once, for everything, and shown on standard error where nothing else collects it. */
import type { StoredApiKey } from "@loom-scim/core/ports/ApiKeys"
import { ApiKeys } from "@loom-scim/core/ports/ApiKeys"
import { DateTime, Effect, Redacted } from "effect"
import * as KeySecret from "./KeySecret.ts"

const governing = (fresh: KeySecret.FreshKey, name: string, now: DateTime.Utc): StoredApiKey => ({
  hash: fresh.hash,
  key: {
    id: fresh.id,
    name,
    grants: [{ verb: "admin", connection: "*" }],
    createdAt: now,
    createdBy: "loom-scim-api",
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null
  }
})

/** Makes the first key if there never was one, and another one if that is asked for; hands a new one to `show`. */
export const ensure = Effect.fn("FirstKey.ensure")(function* (another: boolean, show: (line: string) => void) {
  const keys = yield* ApiKeys
  const now = yield* DateTime.now
  const fresh = KeySecret.make()
  const isFirst = yield* keys.insertFirst(governing(fresh, "first", now))
  if (!isFirst) {
    if (!another) return
    yield* keys.insert(governing(fresh, "replacement", now))
  }
  show("This key may do everything. It is shown this once; make lesser ones with it: POST /v1/keys")
  show(Redacted.value(fresh.whole))
})
