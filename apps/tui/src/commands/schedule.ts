/** `loom-scim schedule list | show | add | pause | resume | fire | remove`: what a server does by itself. */
import * as Contract from "@loom-scim/contract/Schedules"
import { SourceName } from "@loom-scim/core/ports/NamedSources"
import { PolicyText } from "@loom-scim/core/provisioning/PolicyRead"
import { Cadence } from "@loom-scim/core/schedules/Cadence"
import { ScheduleId } from "@loom-scim/core/schedules/Schedule"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import * as MappingFile from "@loom-scim/platform-node/sources/MappingFile"
import { Console, Duration, Effect, Option, Schema } from "effect"
import { codes, Ended } from "../Exit.ts"
import { cadenceText, firingText, momentText, taskText } from "../plain/ScheduleText.ts"
import { lines } from "../plain/Table.ts"
import { Client, pageSize } from "../remote/Client.ts"
import { governed, saidBy, whole } from "./governed.ts"
import { required } from "../Selection.ts"
import { confirmed } from "./confirm.ts"
import type { SharedFlags } from "./shared.ts"
import { fileFailed } from "./source.ts"
import { spanOf } from "./span.ts"

const instead = "On this machine alone, loom-scim watch keeps a workspace equal for as long as it runs."
const see = "loom-scim schedule list"

/** Which connection's, and which one. */
export interface OneFlags {
  readonly connection: Option.Option<string>
  readonly id: string
}

/** What a new one is to be. */
export interface AddFlags {
  readonly connection: Option.Option<string>
  readonly name: string
  readonly every: Option.Option<string>
  readonly daily: Option.Option<string>
  readonly cron: Option.Option<string>
  readonly timeZone: string
  readonly check: boolean
  readonly source: Option.Option<string>
  readonly from: Option.Option<string>
  readonly mapping: Option.Option<string>
  readonly policy: Option.Option<string>
  readonly full: boolean
  readonly adopt: "never" | "unclaimed" | "any"
  readonly leftGroups: "empty" | "delete"
  readonly paused: boolean
}

const usage = (reason: string, detail: string) => new Ended({ code: codes.usage, reason, detail })

const decoded = <A>(schema: Schema.Decoder<A>, value: unknown, reason: string, detail: string) =>
  Effect.mapError(Schema.decodeUnknownEffect(schema)(value), () => usage(reason, detail))

const idFrom = (text: string) =>
  decoded(ScheduleId, text, "NoScheduleId", `"${text}" is no schedule's id. See them with: ${see}`)

const encoded = Schema.encodeSync(Contract.Schedule)

const row = ({ cadence, enabled, id, last, name, nextDueAt, task }: Contract.Schedule): ReadonlyArray<string> => [
  id,
  name,
  taskText(task),
  cadenceText(cadence),
  enabled && nextDueAt !== null ? momentText(nextDueAt) : "paused",
  last === null ? "never" : firingText(last)
]

const header = ["schedule", "name", "does", "when", "next (UTC)", "last (UTC)"]

const shownOne = (schedule: Contract.Schedule): string => lines(header, [row(schedule)]).join("\n")

export const list = (flags: SharedFlags, own: { readonly connection: Option.Option<string> }) =>
  Effect.gen(function* () {
    const { id } = yield* required(own.connection)
    const { api, asked, url } = yield* Client
    const all = yield* whole((cursor) =>
      Effect.gen(function* () {
        const place =
          cursor === null ? {} : { cursor: yield* Schema.decodeUnknownEffect(Contract.ScheduleCursor)(cursor) }
        return yield* asked(api.schedules.list({ params: { connection: id }, query: { limit: pageSize, ...place } }))
      }).pipe(Effect.mapError(saidBy(url, see)))
    )
    if (flags.json) return yield* Console.log(JSON.stringify({ schedules: all.map((one) => encoded(one)) }))
    if (all.length === 0) return yield* Console.log("No schedules yet. Make one with: loom-scim schedule add")
    return yield* Console.log(lines(header, all.map(row)).join("\n"))
  }).pipe((effect) => governed(flags, instead, effect))

/** The last ten firings of it, too. */
export const show = (flags: SharedFlags, own: OneFlags) =>
  Effect.gen(function* () {
    const schedule = yield* idFrom(own.id)
    const { id } = yield* required(own.connection)
    const { api, asked, url } = yield* Client
    const params = { connection: id, schedule }
    const { body } = yield* Effect.mapError(asked(api.schedules.get({ params })), saidBy(url, see))
    const { items } = yield* Effect.mapError(
      asked(api.schedules.firings({ params, query: { limit: 10 } })),
      saidBy(url, see)
    )
    if (flags.json) {
      const firings = items.map((firing) => Schema.encodeSync(Contract.Firing)(firing))
      return yield* Console.log(JSON.stringify({ ...encoded(body), firings }))
    }
    yield* Console.log(shownOne(body))
    for (const firing of items) yield* Console.log(`  ${firingText(firing)}`)
    return undefined
  }).pipe((effect) => governed(flags, instead, effect))

const cadenceOf = Effect.fnUntraced(function* ({ cron, daily, every, timeZone }: AddFlags) {
  const given = [every, daily, cron].filter(Option.isSome)
  if (given.length !== 1)
    return yield* usage("NoCadence", "Say how often, in one way: --every 15m, --daily 03:30 or --cron.")
  const value = Option.isSome(every)
    ? { _tag: "Every", seconds: Duration.toSeconds(yield* spanOf("every", every.value)) }
    : Option.isSome(daily)
      ? { _tag: "Daily", at: daily.value, timeZone }
      : { _tag: "Cron", expression: Option.getOrElse(cron, () => ""), timeZone }
  const detail =
    "Nothing is ever due so: --every goes from 1m to 31d, --daily takes a time such as 03:30, --cron five fields such as '0 3 * * 1-5', --time-zone a name such as Europe/Berlin."
  return yield* decoded(Cadence, value, "NoCadence", detail)
})

const isRecord = Schema.Record(Schema.String, Schema.Json)

const readFile = <A>(path: string, schema: Schema.Decoder<A>, what?: "policy") =>
  Effect.flatMap(
    Effect.mapError(what === undefined ? MappingFile.read(path) : MappingFile.read(path, what), fileFailed),
    (value) => decoded(schema, value ?? {}, "FileInvalid", `${path} is not what it should be; see docs/reconcile.md.`)
  )

const taskOf = Effect.fnUntraced(function* (own: AddFlags) {
  const { adopt, check, from, full, leftGroups, mapping, policy, source } = own
  const given = [check, Option.isSome(source), Option.isSome(from)].filter((isGiven) => isGiven)
  if (given.length !== 1) {
    const detail =
      "Say what is done, one of: --check, --source NAME of a source that the server names for the connection, or --from CONNECTION with --mapping."
    return yield* usage("NoTask", detail)
  }
  if (check) return { _tag: "Check" } as const
  const limits = Option.isSome(policy) ? yield* readFile(policy.value, PolicyText, "policy") : {}
  const rest = { policy: limits, adopt, leftGroups }
  const _tag = full ? ("FullSync" as const) : ("Sync" as const)
  if (Option.isSome(source)) {
    const name = yield* decoded(SourceName, source.value, "NoSourceName", `"${source.value}" is no name of a source.`)
    return { _tag, source: { _tag: "Named" as const, name }, ...rest }
  }
  const other = Option.getOrElse(from, () => "")
  const connection = yield* decoded(ConnectionId, other, "NoSuchConnection", `There is no connection "${other}".`)
  if (Option.isNone(mapping))
    return yield* usage("NoMapping", "--from needs --mapping, the file that makes people of users.")
  return {
    _tag,
    source: { _tag: "Connection" as const, connection, mapping: yield* readFile(mapping.value, isRecord) },
    ...rest
  }
})

export const add = (flags: SharedFlags, own: AddFlags) =>
  Effect.gen(function* () {
    const cadence = yield* cadenceOf(own)
    const task = yield* taskOf(own)
    const { id } = yield* required(own.connection)
    const { api, posted, url } = yield* Client
    const name = yield* decoded(
      Contract.NewSchedule.fields.name,
      own.name,
      "NoName",
      "A schedule has a name of 1 to 100 characters."
    )
    const payload = { name, cadence, task, enabled: !own.paused }
    const made = posted((headers) => api.schedules.create({ params: { connection: id }, headers, payload }))
    const { body } = yield* Effect.mapError(made, saidBy(url, see))
    return yield* Console.log(flags.json ? JSON.stringify(encoded(body)) : shownOne(body))
  }).pipe((effect) => governed(flags, instead, effect))

const enabling = (enabled: boolean) => (flags: SharedFlags, own: OneFlags) =>
  Effect.gen(function* () {
    const schedule = yield* idFrom(own.id)
    const { id } = yield* required(own.connection)
    const { api, asked, url } = yield* Client
    const change = api.schedules.change({ params: { connection: id, schedule }, headers: {}, payload: { enabled } })
    const { body } = yield* Effect.mapError(asked(change), saidBy(url, see))
    return yield* Console.log(flags.json ? JSON.stringify(encoded(body)) : shownOne(body))
  }).pipe((effect) => governed(flags, instead, effect))

/** Due moments pass until it is resumed. */
export const pause = enabling(false)

/** What was missed stays missed. */
export const resume = enabling(true)

export const fire = (flags: SharedFlags, own: OneFlags) =>
  Effect.gen(function* () {
    const schedule = yield* idFrom(own.id)
    const { id } = yield* required(own.connection)
    const { api, posted, url } = yield* Client
    const params = { connection: id, schedule }
    const fired = yield* Effect.mapError(
      posted((headers) => api.schedules.fire({ params, headers: { ...headers, prefer: "wait=60" } })),
      saidBy(url, see)
    )
    return yield* Console.log(
      flags.json ? JSON.stringify(Schema.encodeSync(Contract.Firing)(fired)) : firingText(fired)
    )
  }).pipe((effect) => governed(flags, instead, effect))

export const remove = (flags: SharedFlags, own: OneFlags & { readonly yes: boolean }) =>
  Effect.gen(function* () {
    const schedule = yield* idFrom(own.id)
    const { id } = yield* required(own.connection)
    if (!own.yes && !(yield* confirmed(`Forget schedule ${schedule} and what came of it? [y/N] `))) {
      return yield* new Ended({ code: codes.refused, reason: "NotConfirmed", detail: "Nothing was removed." })
    }
    const { api, asked, url } = yield* Client
    yield* Effect.mapError(
      asked(api.schedules.remove({ params: { connection: id, schedule }, headers: {} })),
      saidBy(url, see)
    )
    return yield* Console.log(flags.json ? JSON.stringify({ removed: schedule }) : `Removed schedule ${schedule}.`)
  }).pipe((effect) => governed(flags, instead, effect))
