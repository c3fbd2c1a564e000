/** Undoing a run, on a server: what it took over is ours no longer, whatever happens on the way. */
import { assert, describe, it } from "@effect/vitest"
import { createUser, execute } from "@loom-scim/core/operations/Operation"
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import { Runs } from "@loom-scim/core/ports/Runs"
import { careful } from "@loom-scim/core/provisioning/Guard"
import type { Plan } from "@loom-scim/core/provisioning/Plan"
import * as UndoRead from "@loom-scim/core/provisioning/UndoRead"
import type { RunId, RunKind } from "@loom-scim/core/runs/Run"
import { RunService } from "@loom-scim/core/runs/RunService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect } from "effect"
import { postgres, postgresAnswers, sqlite } from "../store/backend.ts"
import { sandbox } from "../scim/harness.ts"
import { id as connectionId } from "./connection.ts"
import { planned, rows } from "./people.ts"
import { services } from "./services.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

const by = { name: "Ada", face: "cli" } as const

const begun = Effect.fnUntraced(function* (kind: RunKind, parent: RunId | null, plan: Plan) {
  const { begin } = yield* RunService
  return yield* begin({ connectionId, kind, parent, source: "rows", plan, policy: careful, by, recognised: [] })
})

const keys = Effect.map(
  Runs.use((runs) => runs.managed(connectionId)),
  (managed) => managed.map(({ endpoint, key }) => `${endpoint} ${key}`).toSorted()
)

/** Takes one of two people over, makes the other, and gives the plan that puts that back. */
const takenOver = Effect.gen(function* () {
  const connection = yield* SetupService.use(({ get }) => get(connectionId))
  const connected = yield* ConnectedClient.use(({ open }) => open(connection))
  const named = { userName: "person0@example.com", givenName: "Given 0" }
  yield* execute(connected.client, createUser(named))
  const { plan } = yield* planned(rows(2), { adopt: "unclaimed" })
  assert.deepStrictEqual(plan.counts, { Adopt: 1, Create: 1, GroupCreate: 1 })
  const { follow } = yield* RunService
  const { id } = yield* begun("reconcile", null, plan)
  yield* follow(id)
  assert.deepStrictEqual(yield* keys, ["Groups Team 0", "Users e0", "Users e1"])
  const items = yield* Runs.use((runs) => runs.items(id))
  return {
    id,
    undoing: yield* UndoRead.plan({ connected, items, managed: yield* Runs.use((runs) => runs.managed(connectionId)) })
  }
})

describe("undoing", () => {
  for (const backend of backends) {
    it.live(`lets go of what was taken over, and keeps what was made, on ${backend.name}`, () =>
      Effect.gen(function* () {
        const server = yield* sandbox({ users: 0 })
        const store = yield* backend.fresh
        yield* Effect.gen(function* () {
          const { id, undoing } = yield* takenOver
          const undo = yield* begun("undo", id, undoing.plan)
          const { status } = yield* RunService.use(({ follow }) => follow(undo.id))
          assert.strictEqual(status._tag, "Completed")
          // The one that was made is deactivated, and may come back as the same.
          assert.deepStrictEqual(yield* keys, ["Users e1"])
        }).pipe(Effect.provide(services(store.open(), server.scimUrl, server.token)))
      }).pipe(Effect.scoped)
    )

    it.live(`lets go also in the next attempt when the first one failed, on ${backend.name}`, () =>
      Effect.gen(function* () {
        const server = yield* sandbox({ users: 0 })
        const store = yield* backend.fresh
        yield* Effect.gen(function* () {
          const { id, undoing } = yield* takenOver
          const { follow } = yield* RunService
          yield* server.fault({ kind: "status", status: 400, detail: "no" }, { match: { method: "PATCH" } })
          const undo = yield* begun("undo", id, undoing.plan)
          yield* follow(undo.id)
          assert.include(yield* keys, "Users e0")
          yield* server.mend
          const again = yield* begun("retry", undo.id, undoing.plan)
          const { status } = yield* follow(again.id)
          assert.strictEqual(status._tag, "Completed")
          assert.notInclude(yield* keys, "Users e0")
        }).pipe(Effect.provide(services(store.open(), server.scimUrl, server.token)))
      }).pipe(Effect.scoped)
    )
  }
})
