/** A firing whose server was killed, on PostgreSQL: it is recorded as interrupted, its run is finished by another server. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { postgres, postgresAnswers } from "../../../packages/platform-node/test/store/backend.ts"
import { call, closeAll, temporary } from "./support/api.ts"
import type { Call } from "./support/api.ts"
import { runServer } from "./support/programs.ts"
import { at, connect, control, labArgs, sandbox, until } from "./support/reconcile.ts"

afterEach(closeAll)

const isThere = await Effect.runPromise(postgresAnswers)
const count = 60
const all = "/v1/connections/acme/schedules"
const task = {
  _tag: "Sync",
  source: {
    _tag: "Connection",
    connection: "hr",
    mapping: { attributes: { externalId: "id", userName: "userName", emails: "userName" } }
  }
}

/** Asks until something is known. */
const known = async <A>(ask: () => Promise<A>, is: (answer: A) => boolean): Promise<A> => {
  for (let turns = 0; turns < 400; turns++) {
    const answer = await ask()
    if (is(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`it stays ${JSON.stringify(await ask())}`)
}

describe.runIf(isThere)("a server that is killed in the middle of a firing", () => {
  it.live(
    "leaves the run to another, which fires the next moment",
    () =>
      Effect.gen(function* () {
        const { around, location } = yield* postgres.fresh
        const change = (statement: string) =>
          Effect.runPromise(
            Effect.provide(
              Effect.flatMap(SqlClient, (sql) => sql.unsafe(statement)),
              around
            )
          )
        yield* Effect.promise(async () => {
          const acme = await sandbox({ users: 0 })
          const hr = await sandbox({ users: count })
          const args = [...labArgs(temporary(), acme), "--rate-limit", "10000"]
          const serve = () => runServer(args, { DATABASE_URL: location[1] })
          const victim = await serve()
          const { key = "" } = victim
          const to =
            (base: string) =>
            (method: string, path: string, options: Call = {}) =>
              call(base, method, path, { key, ...options })
          const first = to(victim.base)
          await connect(first, acme)
          await connect(first, hr, "Hr")
          const other = to((await serve()).base)

          const body = { name: "people", task, cadence: { _tag: "Every", seconds: 900 } }
          const id = String((await first("POST", all, { body })).json["id"])
          await control(acme, "faults", { kind: "latency", ms: 150, match: { method: "POST" } })
          await first("POST", `${all}/${id}/fire`, { headers: { prefer: "respond-async" } })
          const last = async () => at((await other("GET", `${all}/${id}`)).json, "last")
          const outcomeOf = (firing: unknown) => at(firing, "outcome", "_tag")
          const run = at(await known(last, (firing) => at(firing, "run") != null), "run")
          victim.kill("SIGKILL")
          await victim.ended
          assert.isNull(at(await last(), "outcome"))
          await change("UPDATE schedule_firings SET seen_at = '2026-01-01T00:00:00.000Z'")
          const cut = await known(last, (firing) => outcomeOf(firing) !== undefined)
          assert.strictEqual(outcomeOf(cut), "Interrupted")

          const report = await until(other, String(run), "Completed")
          assert.deepStrictEqual(at(report.json, "counts"), [{ phase: "creations", state: "done", count }])
          const state = await (await fetch(`${acme.controlUrl}/state`)).text()
          assert.match(state, new RegExp(`"users":${count}\\b`), "nobody is there twice")
          await change("UPDATE schedules SET next_due_at = '2026-01-01T00:00:00.000Z'")
          const firings = async () => [(await other("GET", `${all}/${id}/firings`)).json["items"]].flat().map(outcomeOf)
          await known(firings, (outcomes) => outcomes.includes("Unchanged"))
          assert.lengthOf(await firings(), 2)
        })
      }).pipe(Effect.scoped),
    120_000
  )
})
