/** A run whose server is stopped, as in a roll-out: another of the same PostgreSQL goes on with it. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { postgres, postgresAnswers } from "../../../packages/platform-node/test/store/backend.ts"
import { call, closeAll, temporary } from "./support/api.ts"
import type { Call } from "./support/api.ts"
import { runServer } from "./support/programs.ts"
import {
  connect,
  control,
  form,
  labArgs,
  listen,
  people,
  runIdOf,
  sandbox,
  until,
  upload
} from "./support/reconcile.ts"

afterEach(closeAll)

const isThere = await Effect.runPromise(postgresAnswers)
const count = 2000

describe.runIf(isThere)("a run whose server is stopped", () => {
  it.live(
    "goes on at another, with nobody made twice",
    () =>
      Effect.gen(function* () {
        const { location } = yield* postgres.fresh
        yield* Effect.promise(async () => {
          const place = await sandbox({ users: 0 })
          const directory = temporary()
          const serve = () =>
            runServer([...labArgs(directory, place), "--rate-limit", "10000"], { DATABASE_URL: location[1] })
          const first = await serve()
          const { key = "" } = first
          const second = await serve()
          const to =
            (base: string) =>
            (method: string, path: string, options: Call = {}) =>
              call(base, method, path, { key, ...options })
          await connect(to(first.base), place)
          await control(place, "faults", { kind: "latency", ms: 40, match: { method: "POST" } })
          /** Whether a server has sent requests to create somebody. */
          const hasSent = async ({ base }: typeof first): Promise<boolean> =>
            /^scim_client_requests\{.*method="POST".*\} [1-9]/m.test((await to(base)("GET", "/metrics")).text)

          const id = runIdOf(
            await upload(first.base, key, "/v1/connections/acme/runs", form(people(count)), { prefer: "wait=0" })
          )
          const pause = () => new Promise((resolve) => setTimeout(resolve, 50))
          // Nobody listens meanwhile: an answer that is still being read holds a server back, as it may for 20 seconds.
          while (!(await hasSent(first)) && !(await hasSent(second))) await pause()
          const [owner, witness] = (await hasSent(first)) ? [first, second] : [second, first]
          assert.isFalse(await hasSent(witness))
          owner.kill("SIGTERM")
          while (!(await hasSent(witness))) await pause()
          const rest = await listen(witness.base, key, id)
          assert.lengthOf(new Set(rest.positions), count)
          await until(to(witness.base), id, "Completed")
          assert.include(await (await fetch(`${place.controlUrl}/state`)).text(), `"users":${count}`)
        })
      }).pipe(Effect.scoped),
    60_000
  )
})
