/** `loom-scim keys list | create | revoke`: the keys that a server's API takes. */
import * as Contract from "@loom-scim/contract/Keys"
import { ApiKeyId, Grant } from "@loom-scim/core/ports/ApiKeys"
import { Console, DateTime, Effect, Schema } from "effect"
import { codes, Ended } from "../Exit.ts"
import { momentText } from "../plain/ScheduleText.ts"
import { lines } from "../plain/Table.ts"
import { Client, pageSize } from "../remote/Client.ts"
import { faultsIn, governed, saidBy, whole } from "./governed.ts"
import { confirmed } from "./confirm.ts"
import type { SharedFlags } from "./shared.ts"

const instead = "The key that seals tokens in a data directory is another one: loom-scim key show."
const see = "loom-scim keys list"

type Key = typeof Contract.Key.Type

const usage = (reason: string, detail: string) => new Ended({ code: codes.usage, reason, detail })

const standing = ({ expiresAt, revokedAt }: Key, now: DateTime.Utc): string => {
  if (revokedAt !== null) return `revoked ${momentText(revokedAt)}`
  if (expiresAt === null) return "no end"
  return `${DateTime.isGreaterThan(expiresAt, now) ? "until" : "expired"} ${momentText(expiresAt)}`
}

const header = ["key", "name", "may", "made by", "stands (UTC)", "last used (UTC)"]

const rowAt =
  (now: DateTime.Utc) =>
  (key: Key): ReadonlyArray<string> => [
    key.id,
    key.name,
    key.grants.map(({ connection, verb }) => `${verb}:${connection}`).join(" "),
    key.createdBy,
    standing(key, now),
    key.lastUsedAt === null ? "never" : momentText(key.lastUsedAt)
  ]

export const list = (flags: SharedFlags) =>
  Effect.gen(function* () {
    const { api, asked, url } = yield* Client
    const all = yield* whole((cursor) =>
      Effect.gen(function* () {
        const place = cursor === null ? {} : { cursor: yield* Schema.decodeUnknownEffect(Contract.KeyCursor)(cursor) }
        return yield* asked(api.keys.list({ query: { limit: pageSize, ...place } }))
      }).pipe(Effect.mapError(saidBy(url, see)))
    )
    if (flags.json)
      return yield* Console.log(JSON.stringify({ keys: all.map((key) => Schema.encodeSync(Contract.Key)(key)) }))
    return yield* Console.log(lines(header, all.map(rowAt(yield* DateTime.now))).join("\n"))
  }).pipe((effect) => governed(flags, instead, effect))

const grantFrom = (text: string) => {
  const [verb, connection] = text.split(":")
  const detail = `"${text}" is no grant. One is a verb (read, operate, admin) over a connection, or over everything: read:acme, operate:*`
  return Effect.mapError(Schema.decodeUnknownEffect(Grant)({ verb, connection }), () => usage("NoGrant", detail))
}

const wrong = faultsIn({ name: "NAME", grants: "--grant", expiresInDays: "--days" })

const payloadOf = Schema.decodeUnknownEffect(Contract.NewKey)

/** The secret alone goes to standard output, and what is said of it to standard error, so that `$(…)` takes the one. */
export const create = (
  flags: SharedFlags,
  own: { readonly name: string; readonly grants: ReadonlyArray<string>; readonly days: number }
) =>
  Effect.gen(function* () {
    const grants = yield* Effect.forEach(own.grants, grantFrom)
    const payload = yield* Effect.mapError(payloadOf({ name: own.name, grants, expiresInDays: own.days }), (error) =>
      usage("InvalidKey", `No key can be made of that: ${wrong(error)}`)
    )
    const { api, posted, url } = yield* Client
    const made = yield* Effect.mapError(
      posted((headers) => api.keys.create({ headers, payload })),
      saidBy(url, see)
    )
    if (made.secret === null) return yield* lost(`loom-scim keys revoke ${made.id}`)
    if (flags.json) return yield* Console.log(JSON.stringify(Schema.encodeSync(Contract.MadeKey)(made)))
    const until = made.expiresAt === null ? "" : ` It ends ${momentText(made.expiresAt)} UTC.`
    yield* Console.error(`Key ${made.id} is made.${until} It is shown this once:`)
    return yield* Console.log(made.secret)
  }).pipe((effect) => governed(flags, instead, effect))

/** The connection broke before the answer came, and a secret is not said twice. */
export const lost = (undo: string) =>
  Effect.fail(
    new Ended({
      code: codes.refused,
      reason: "SecretLost",
      detail: `It was made, but its secret was lost on the way, and is not shown again. Take it back with ${undo} and make another.`
    })
  )

export const revoke = (flags: SharedFlags, own: { readonly id: string; readonly yes: boolean }) =>
  Effect.gen(function* () {
    const key = yield* Effect.mapError(Schema.decodeUnknownEffect(ApiKeyId)(own.id), () =>
      usage("NoKeyId", `"${own.id}" is no key's id. See them with: ${see}`)
    )
    if (!own.yes && !(yield* confirmed(`End key ${key} now? Whoever uses it is let in no more. [y/N] `))) {
      return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was revoked." })
    }
    const { api, asked, url } = yield* Client
    yield* Effect.mapError(asked(api.keys.revoke({ params: { key } })), saidBy(url, see))
    return yield* Console.log(flags.json ? JSON.stringify({ revoked: key }) : `Revoked key ${key}.`)
  }).pipe((effect) => governed(flags, instead, effect))
