import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as FastCheck from "fast-check"
import type { ManagedChange } from "../../src/ports/Runs.ts"
import type { Plan } from "../../src/provisioning/Plan.ts"
import type { Person } from "../../src/provisioning/Person.ts"
import { memberIds } from "../../src/scim/Members.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import * as Ids from "../../src/runs/Ids.ts"
import { perform } from "../../src/runs/Perform.ts"
import { keys, people, personOf, user } from "../provisioning/PersonArbitrary.ts"
import { make, managing } from "../provisioning/PlanApply.ts"
import { played } from "../scim/ScimClient.harness.ts"
import { Directory, watching } from "./PerformServer.harness.ts"

interface Scene {
  readonly desired: ReadonlyArray<Person>
  readonly there: ReadonlyArray<Person>
  readonly members: ReadonlyArray<string>
  readonly leavers: "deactivate" | "delete"
  readonly isSilent: boolean
  readonly forgetsExternalIds: boolean
  /** Which requests lose their answer, by their number. */
  readonly lost: ReadonlyArray<number>
}

/** A server with people that are all ours, in earlier states; and how the source has them now. */
const scene: FastCheck.Arbitrary<Scene> = FastCheck.record({
  desired: people,
  there: FastCheck.subarray([...keys]).chain((some) => FastCheck.tuple(...some.map(personOf))),
  members: FastCheck.subarray([...keys]),
  leavers: FastCheck.constantFrom("deactivate", "delete"),
  isSilent: FastCheck.boolean(),
  forgetsExternalIds: FastCheck.boolean(),
  lost: FastCheck.uniqueArray(FastCheck.nat({ max: 20 }), { maxLength: 4 })
})

const directoryOf = ({ forgetsExternalIds, isSilent, members, there }: Scene): Directory => {
  const isThere = new Set(there.map(({ key }): string => key))
  const red = { id: "g1", displayName: "Red", externalId: "Red" }
  const values = members.filter((key) => isThere.has(key)).map((key) => ({ value: `id-${key}` }))
  const directory = new Directory(
    there.map((one) => user(`id-${one.key}`, one)),
    [values.length === 0 ? red : { ...red, members: values }]
  )
  directory.isSilent = isSilent
  directory.forgetsExternalIds = forgetsExternalIds
  return directory
}

const planOf = (
  { desired, leavers }: Scene,
  directory: Directory,
  given: ReadonlyMap<string, string>,
  groups: Set<string>
): Plan =>
  make(
    { people: desired, users: [...directory.users.values()], actualGroups: [...directory.groups.values()] },
    { leavers, managed: managing(given, groups) }
  )

const stateOf = ({ groups, users }: Directory): ReadonlyArray<JsonObject> => [
  ...users.values(),
  ...[...groups.values()].map((group) => ({ ...group, members: memberIds(group).toSorted() }))
]

/** Performs a plan, each action again in doubt when `repeat` says so, and gives back what happened. */
const carriedOut = (given: Scene, attempts: number, repeats: boolean) =>
  Effect.gen(function* () {
    const directory = directoryOf(given)
    const users = new Map<string, string>(given.there.map(({ key }) => [`id-${key}`, key] as const))
    const groups = new Set(["g1"])
    const plan = planOf(given, directory, users, groups)
    let asked = 0
    let writes = 0
    directory.interferes = ({ method }) => {
      if (method !== "GET") writes++
      return given.lost.includes(asked++) && attempts > 1 ? "lose" : null
    }
    const idOf: Ids.IdOf = (endpoint, key) =>
      Ids.among([...users].map(([id, one]) => ({ endpoint: "Users", id, key: one, digest: null, groups: [] })))(
        endpoint,
        key
      )
    const take = (change: ManagedChange) => {
      if (change._tag === "Forget") users.delete(change.id)
      else if (change.resource.endpoint === "Groups") groups.add(change.resource.id)
      else users.set(change.resource.id, change.resource.key)
    }
    yield* watching(directory, ({ client }) =>
      Effect.forEach(plan.actions, (action) =>
        Effect.gen(function* () {
          const attempt = (inDoubt: boolean) => perform(client, action, { inDoubt, idOf })
          let done = yield* Effect.result(attempt(false))
          for (let tries = 1; done._tag === "Failure" && tries < attempts; tries++) {
            done = yield* Effect.result(attempt(true))
          }
          const { managed, outcome } = yield* Effect.fromResult(done)
          for (const change of managed) take(change)
          if (action._tag === "Conflict") return
          if (outcome._tag !== "Done") return assert.fail(JSON.stringify([action, outcome]))
          if (!repeats) return
          const before = [writes, stateOf(directory)]
          const again = yield* attempt(true)
          // A deletion is sent again, and meets nobody.
          const isDeletion = action._tag === "Delete" || action._tag === "GroupDelete"
          assert.deepStrictEqual(again.outcome, { ...outcome, by: "found" })
          assert.deepStrictEqual([writes - (isDeletion ? 1 : 0), stateOf(directory)], before)
        })
      )
    )
    return { plan: planOf(given, directory, users, groups), directory }
  })

const check = (attempts: number, repeats: boolean) =>
  Effect.promise(() =>
    FastCheck.assert(
      FastCheck.asyncProperty(scene, async (given) => {
        const run = Effect.gen(function* () {
          const { exit } = yield* played(carriedOut(given, attempts, repeats))
          return yield* exit
        })
        const { directory, plan } = await Effect.runPromise(Effect.provide(run, TestClock.layer()))
        assert.isEmpty(plan.actions.filter(({ _tag }) => _tag !== "Conflict"))
        const names = [...directory.users.values()].map(({ userName }) => userName)
        assert.strictEqual(new Set(names).size, names.length)
        const titles = [...directory.groups.values()].map(({ displayName }) => displayName)
        assert.strictEqual(new Set(titles).size, titles.length)
      }),
      { numRuns: 60 }
    )
  )

describe("any plan", () => {
  it.live("is carried out so that nothing is left to do, and each action again changes and sends nothing", () =>
    check(1, true)
  )
  it.live("is carried out once, whichever answers are lost", () => check(12, false))
})
