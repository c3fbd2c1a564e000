/** Finds, and on request removes, what earlier runs of the doctor left behind. */
import { Effect } from "effect"
import { look } from "./DoctorDirectory.ts"
import type { Endpoint } from "./DoctorDisposable.ts"
import { nameAttributes, ownName, prefix } from "./DoctorDisposable.ts"
import type { Outcome, Report } from "./DoctorSession.ts"
import { after, bad, describe, ok } from "./DoctorSession.ts"
import { idOf } from "./ListPage.ts"
import type { ScimClientOperations } from "./ScimClient.ts"
import { filterLiteral } from "./ScimClientRequest.ts"
import type { ScimError } from "./ScimError.ts"

interface Leftover {
  readonly endpoint: Endpoint
  readonly id: string
  readonly name: string
}

// Without a usable filter the directory is read, but not without end.
const mostPages = 200

const findAt = (client: ScimClientOperations, endpoint: Endpoint) => {
  const matches = (row: Parameters<typeof ownName>[1]) => ownName(endpoint, row) !== null
  const excluded = endpoint === "Groups" ? { excludedAttributes: ["members"] } : {}
  const query = { matches, maxPages: mostPages, ...excluded }
  const filter = `${nameAttributes[endpoint]} sw ${filterLiteral(prefix)}`
  return look(client, endpoint, { ...query, filter }).pipe(
    // `sw` is the first thing a small server lacks; the list can be looked through instead.
    Effect.catchTags({
      InvalidFilter: () => look(client, endpoint, query),
      InvalidRequest: () => look(client, endpoint, query),
      ServerFault: () => look(client, endpoint, query)
    }),
    Effect.map(({ rows, verdict }) => ({
      isComplete: verdict?._tag === "Complete",
      found: rows.flatMap((row): ReadonlyArray<Leftover> => {
        const id = idOf(row)
        const name = ownName(endpoint, row)
        return id === null || name === null ? [] : [{ endpoint, id, name }]
      })
    }))
  )
}

const removeAll = (client: ScimClientOperations, all: ReadonlyArray<Leftover>) =>
  Effect.forEach(all, ({ endpoint, id }) =>
    Effect.match(client.delete(endpoint, id), {
      onSuccess: () => null,
      onFailure: (error: ScimError) => (error._tag === "NotFound" ? null : describe(error))
    })
  )

/** Looks for users and groups by the form of their names. */
export const leftovers = (
  report: Report,
  client: ScimClientOperations,
  listed: Outcome<unknown>,
  shouldRemove: boolean
): Effect.Effect<Outcome<undefined>> =>
  after(report, listed, "leftovers", () =>
    Effect.gen(function* () {
      // Groups first, so that they are removed before their members.
      const groups = yield* findAt(client, "Groups")
      const users = yield* findAt(client, "Users")
      const all = [...groups.found, ...users.found]
      const names = all.map(({ endpoint, name }) => `${endpoint} ${name}`).join(", ")
      if (all.length === 0) {
        return groups.isComplete && users.isComplete
          ? ok("No user or group has the doctor's name.", undefined)
          : bad("info", "None found, but not everything could be read.", "See listTotals.")
      }
      if (!shouldRemove) {
        const next = "If no other doctor is at work right now, run again with --remove-leftovers."
        return bad("warning", `Found ${all.length}: ${names}.`, next)
      }
      const problems = (yield* removeAll(client, all)).filter((problem) => problem !== null)
      return problems.length === 0
        ? ok(`Found and removed ${all.length}: ${names}.`, undefined)
        : bad("error", `Found ${all.length}: ${names}. ${[...new Set(problems)].join(" ")}`, "Remove them by hand.")
    })
  )
