import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FastCheck from "fast-check"
import * as Incremental from "../../src/provisioning/Incremental.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import { isJsonObject, type JsonObject } from "../../src/scim/Json.ts"
import { isArray } from "../../src/scim/ResourceValue.ts"
import { after, connectedTo, empty, mapping, reconciled, type Row, sourceOf, type World } from "./IncrementalServer.ts"
import { keys } from "./PersonArbitrary.ts"

type Adopt = PlanOptions["adopt"]
type Leavers = PlanOptions["leavers"]

const rowOf = (id: string): FastCheck.Arbitrary<Row> =>
  FastCheck.record({
    renamed: FastCheck.boolean(),
    given: FastCheck.constantFrom("a", "b"),
    title: FastCheck.constantFrom(null, "x", "y"),
    active: FastCheck.boolean(),
    role: FastCheck.constantFrom(null, "viewer", "admin"),
    groups: FastCheck.subarray(["Red", "Green", "Blue"])
  }).map(({ renamed, ...row }) => ({ ...row, id, mail: renamed ? `${id}.new@example.com` : `${id}@example.com` }))

const rows = FastCheck.shuffledSubarray([...keys]).chain((some) => FastCheck.tuple(...some.map(rowOf)))

/** Two states of a source, and what else there is on the server. */
const scene = FastCheck.record({
  before: rows,
  now: rows,
  // Whoever did not change between the two.
  kept: FastCheck.subarray([...keys]),
  strangers: FastCheck.subarray(["x1", "fay"]),
  isGroupForeign: FastCheck.boolean(),
  adopt: FastCheck.constantFrom<Adopt>("never", "unclaimed", "any"),
  leavers: FastCheck.constantFrom<Leavers>("deactivate", "delete")
}).map(({ adopt, before, isGroupForeign, kept, leavers, now, strangers }) => {
  const earlier = new Map(before.map((row) => [row.id, row]))
  // Somebody who is inactive and not ours is not looked for in what changed, nor is a group adopted for their sake.
  const isHidden = isGroupForeign && adopt !== "never"
  const known = (row: Row): Row => {
    if (row.id === "fay") return { ...row, active: true }
    return row.active === false && isHidden ? { ...row, groups: [] } : row
  }
  const later = now.map((row) => (kept.some((key) => key === row.id) ? (earlier.get(row.id) ?? row) : row)).map(known)
  const world: World = {
    ...empty,
    users: strangers.map((name) => ({ id: `s-${name}`, userName: `${name}@example.com`, active: true })),
    groups: isGroupForeign ? [{ id: "g-red", displayName: "red", members: [] }] : []
  }
  return { adopt, leavers, before: before.map(known), later, world }
})

const incremented = (world: World, source: ReadonlyArray<Row>, adopt: Adopt, leavers: Leavers) =>
  connectedTo(
    world,
    (connected, seen) =>
      Effect.gen(function* () {
        const input = { source: sourceOf(source), mapping, connected, adopt, managed: world.managed }
        const made = yield* Incremental.plan(input)
        return { ...made, requests: seen.length, world: after(world, made.plan, made.digests) }
      }),
    leavers
  )

const sorted = (all: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> =>
  all.toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1))

const state = ({ groups, users }: World) => ({
  users: sorted(users),
  groups: sorted(groups).map((group) => {
    const members = isArray(group["members"]) ? group["members"] : []
    return { ...group, members: members.map((one) => (isJsonObject(one) ? String(one["value"]) : "")).toSorted() }
  })
})

const check = (numRuns: number, property: FastCheck.IAsyncProperty<[Scene]>) =>
  Effect.promise(() => FastCheck.assert(property, { numRuns }))

type Scene = typeof scene extends FastCheck.Arbitrary<infer A> ? A : never

describe("any incremental plan", () => {
  it.effect("leads where the full plan leads", () =>
    check(
      80,
      FastCheck.asyncProperty(scene, async ({ adopt, before, later, leavers, world }) => {
        const both = Effect.gen(function* () {
          const begun = yield* reconciled(world, sourceOf(before), { adopt, leavers })
          const full = yield* reconciled(begun.world, sourceOf(later), { adopt, leavers })
          const changed = yield* incremented(begun.world, later, adopt, leavers)
          return { full, changed }
        })
        const { changed, full } = await Effect.runPromise(both)
        assert.deepStrictEqual(state(changed.world), state(full.world))
      })
    )
  )

  it.effect("costs no request when nothing changed, unless somebody is still not ours", () =>
    check(
      60,
      FastCheck.asyncProperty(scene, async ({ adopt, before, leavers, world }) => {
        const again = Effect.gen(function* () {
          const begun = yield* reconciled(world, sourceOf(before), { adopt, leavers })
          const made = yield* incremented(begun.world, before, adopt, leavers)
          return { begun, made }
        })
        const { begun, made } = await Effect.runPromise(again)
        const ours = new Set(begun.world.managed.map(({ key }) => key))
        const open = before.filter(({ active, id }) => active !== false && !ours.has(id))
        const isOpen = open.length > 0 || begun.plan.actions.some(({ _tag }) => _tag === "Conflict")
        if (!isOpen) assert.deepStrictEqual([made.requests, made.isEmpty], [0, true])
        else assert.isAtMost(made.unchanged, before.length)
      })
    )
  )

  it.effect("leaves nothing for the next one, and nothing for the full plan", () =>
    check(
      60,
      FastCheck.asyncProperty(scene, async ({ adopt, before, later, leavers, world }) => {
        const rest = Effect.gen(function* () {
          const begun = yield* reconciled(world, sourceOf(before), { adopt, leavers })
          const changed = yield* incremented(begun.world, later, adopt, leavers)
          const again = yield* incremented(changed.world, later, adopt, leavers)
          return [again.plan, (yield* reconciled(changed.world, sourceOf(later), { adopt, leavers })).plan]
        })
        for (const { actions } of await Effect.runPromise(rest)) {
          assert.deepStrictEqual(
            actions.filter(({ _tag }) => _tag !== "Conflict"),
            []
          )
        }
      })
    )
  )
})
