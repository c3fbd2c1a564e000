/** `loom-scim nango status` */
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { ListedConnection } from "@loom-scim/nango/api/Models"
import { NangoApi } from "@loom-scim/nango/api/NangoApi"
import type { Part } from "@loom-scim/nango/connect/Difference"
import { usual } from "@loom-scim/nango/connect/Integration"
import * as Marks from "@loom-scim/nango/connect/Marks"
import { push } from "@loom-scim/nango/connect/Push"
import type { Entry } from "@loom-scim/nango/Shape"
import { Console, Effect, Option } from "effect"
import { codes, Ended } from "../Exit.ts"
import { printable } from "../plain/Printable.ts"
import { required } from "../Selection.ts"
import type { NangoFlags } from "./nangoAccess.ts"
import { apiLayer, entryOf, partsText, whereTheStoreIs } from "./nangoAccess.ts"
import type { SharedFlags } from "./shared.ts"
import { withServices } from "./shared.ts"

/** The flags of this command. */
export interface StatusFlags extends NangoFlags {
  readonly connection: Option.Option<string>
  readonly officialEntry: boolean
}

/** How one set-up stands in Nango. */
interface Row {
  readonly connection: string
  readonly nangoConnections: ReadonlyArray<string>
  /** `unfinished`: not connected here yet, so that there is nothing to compare; `several`: so that it cannot be. */
  readonly state: "same" | "differs" | "missing" | "several" | "unfinished"
  readonly changes: ReadonlyArray<Part>
  /** What Nango finds wrong: `auth`, `sync`. */
  readonly errors: ReadonlyArray<string>
}

const rowOf = Effect.fnUntraced(function* (
  { id, state }: Connection,
  integration: string,
  entry: Entry,
  listed: ReadonlyArray<ListedConnection>
): Effect.fn.Return<Row, Effect.Error<ReturnType<typeof push>>, Effect.Services<ReturnType<typeof push>>> {
  const mine = listed.filter((each) => Marks.belongs(each, id))
  const row = {
    connection: id,
    nangoConnections: mine.map(({ connection_id }) => connection_id),
    errors: [...new Set(mine.flatMap(({ errors = [] }) => errors.map(({ type }) => type)))],
    changes: []
  }
  if (state.connected === null) return { ...row, state: "unfinished" }
  if (mine.length === 0) return { ...row, state: "missing" }
  if (mine.length > 1) return { ...row, state: "several" }
  const { changes } = yield* push({ id, integration, entry, dryRun: true })
  return { ...row, state: changes.length === 0 ? "same" : "differs", changes }
})

const isWrong = ({ errors, state }: Row): boolean => (state !== "same" && state !== "unfinished") || errors.length > 0

const rowText = ({ changes, connection, errors, nangoConnections, state }: Row): string => {
  const where = nangoConnections.length === 0 ? "" : ` as ${printable(nangoConnections.join(", "))}`
  const trouble = errors.length === 0 ? "" : `; Nango finds trouble with: ${printable(errors.join(", "))}`
  const how = {
    same: `in Nango${where}, up to date`,
    differs: `in Nango${where}, where it differs: ${partsText(changes)}. Bring it up to date with: loom-scim nango push`,
    several: `in Nango several times,${where}. Delete those that are not used`,
    missing: "not in Nango. Put it there with: loom-scim nango push",
    unfinished: nangoConnections.length === 0 ? "not connected yet" : `not connected yet; in Nango${where}`
  } satisfies Record<Row["state"], string>
  return `${connection.padEnd(24)} ${how[state]}${trouble}`
}

export const nangoStatus = (flags: SharedFlags, own: StatusFlags) =>
  Effect.gen(function* () {
    const chosen = Option.isSome(own.connection) ? [yield* required(own.connection)] : yield* (yield* SetupService).list
    const api = yield* NangoApi
    const integrations = (yield* api.integrations).filter(({ provider }) => provider === usual)
    const exists = integrations.some(({ unique_key }) => unique_key === own.integration)
    const listed = exists ? yield* api.list({ integration: own.integration }) : []
    const rows = exists
      ? yield* Effect.forEach(chosen, (each) => rowOf(each, own.integration, entryOf(own), listed))
      : []
    const keys = integrations.map(({ unique_key }) => unique_key)
    if (flags.json) {
      yield* Console.log(JSON.stringify({ host: api.host, integrations: keys, connections: rows }))
    } else {
      yield* Console.log(
        `${api.host}: integrations for Loom: ${keys.length === 0 ? "none" : printable(keys.join(", "))}`
      )
      for (const row of rows) yield* Console.log(rowText(row))
    }
    if (!exists) {
      return yield* new Ended({
        code: codes.checkFailed,
        reason: "NoIntegration",
        detail: `This environment of Nango has no integration "${own.integration}" of the provider ${usual}. Create it, or name another one with --integration.`
      })
    }
    if (!rows.some(isWrong)) return undefined
    const wrong = rows.filter(isWrong).map(({ connection }) => connection)
    const detail = `Not in order in Nango: ${wrong.join(", ")}.`
    return yield* new Ended({ code: codes.checkFailed, reason: "NotInOrder", detail })
  }).pipe(Effect.provide(apiLayer(flags, own)), (effect) => withServices(flags, "cli", effect, whereTheStoreIs))
