import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import type { Action } from "../../src/provisioning/Action.ts"
import { roleIn } from "../../src/provisioning/Facet.ts"
import type { Plan } from "../../src/provisioning/Plan.ts"
import { people } from "./PersonArbitrary.ts"
import { applyPlan, incomplete, makeTwice } from "./PlanApply.ts"
import { planScene, scene } from "./PlanScene.ts"

const shutOut = new Set<Action["_tag"]>(["Deactivate", "Delete"])

describe("any plan", () => {
  it("leads to what is desired, and leaves nothing to do", () => {
    FastCheck.assert(
      FastCheck.property(scene, (given) => {
        const planned = planScene(given)
        const { groups, managed, users } = applyPlan(planned, given.users, given.actualGroups, given.some.managed)
        const again = planScene({ ...given, some: { ...given.some, managed }, users, actualGroups: groups })
        const isOpen = new Set(planned.actions.flatMap(({ _tag, key }) => (_tag === "Conflict" ? [key] : [])))
        for (const one of given.desired) {
          const now = users.filter(({ externalId }) => externalId === one.key)
          if (isOpen.has(one.key) || (now.length === 0 && (!one.active || given.some.adopt === "never"))) continue
          assert.deepStrictEqual(
            now.map(({ active, displayName, title, userName }) => [
              userName,
              active,
              "displayName" in one.attributes ? displayName : one.attributes["displayName"],
              "title" in one.attributes ? (title ?? null) : one.attributes["title"]
            ]),
            [[one.userName, one.active, one.attributes["displayName"], one.attributes["title"]]]
          )
          if (one.role !== null && one.role !== "default") assert.strictEqual(roleIn(now[0] ?? {}), one.role)
        }
        const left = again.actions.filter(({ _tag }) => _tag !== "Conflict")
        assert.deepStrictEqual(left, [])
        assert.deepStrictEqual(
          again.actions.map(({ label, reason }) => [label, reason]),
          planned.actions.filter(({ _tag }) => _tag === "Conflict").map(({ label, reason }) => [label, reason])
        )
      }),
      { numRuns: 400 }
    )
  })

  it("does not depend on the order of people, users and members", () => {
    FastCheck.assert(
      FastCheck.property(scene, FastCheck.integer(), (given, seed) => {
        const mix = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> =>
          FastCheck.sample(FastCheck.shuffledSubarray([...values], { minLength: values.length }), {
            seed,
            numRuns: 1
          })[0] ?? []
        const mixed = { ...given, desired: mix(given.desired), users: mix(given.users) }
        const members = (planned: Plan) => ({
          ...planned,
          actions: planned.actions.map((action) =>
            "members" in action
              ? { ...action, members: action.members.toSorted((a, b) => (a.label < b.label ? -1 : 1)) }
              : action
          )
        })
        assert.deepStrictEqual(members(planScene(mixed)), members(planScene(given)))
      }),
      { numRuns: 300 }
    )
  })

  it("has one action for each user at most, and none for strangers", () => {
    FastCheck.assert(
      FastCheck.property(scene, (given) => {
        const planned = planScene(given)
        const ids = planned.actions.flatMap((action) =>
          action._tag !== "Conflict" &&
          !action._tag.startsWith("Group") &&
          !action._tag.startsWith("Members") &&
          "id" in action
            ? [action.id]
            : []
        )
        assert.lengthOf(new Set(ids), ids.length)
        assert.isFalse(ids.some((id) => id === "id-x1" || id === "id-x2"))
      }),
      { numRuns: 300 }
    )
  })

  it("shuts nobody out whom the source has as active, and nobody at all who is gone from half a reading", () => {
    FastCheck.assert(
      FastCheck.property(scene, (given) => {
        const active = new Set<string>(given.desired.filter((one) => one.active).map(({ key }) => key))
        for (const action of planScene(given).actions) {
          if (shutOut.has(action._tag)) assert.isFalse(action.key !== null && active.has(action.key))
        }
        for (const more of [{ usersVerdict: incomplete }, { sourceFailure: "cut" }, { unreadable: [null] }]) {
          const withheld = planScene(given, more)
          assert.isFalse(withheld.actions.some(({ reason }) => reason === "goneFromSource" || reason === "groupGone"))
          assert.isNotEmpty(withheld.withheld)
        }
      }),
      { numRuns: 300 }
    )
  })

  it("shuts nobody out whom one of two readings has as active, and deletes no group then", () => {
    FastCheck.assert(
      FastCheck.property(scene, people, (given, again) => {
        const active = new Set<string>([...given.desired, ...again].filter((one) => one.active).map(({ key }) => key))
        const first = new Set<string>(given.desired.map(({ key }) => key))
        const isMoved = again.some(({ key }) => !first.has(key))
        const { actualGroups, desired, some, users } = given
        for (const action of makeTwice({ people: desired, users, actualGroups }, { people: again }, some).actions) {
          if (action.reason === "goneFromSource") assert.isFalse(action.key !== null && active.has(action.key))
          if (isMoved) assert.notStrictEqual(action._tag, "GroupDelete")
        }
      }),
      { numRuns: 300 }
    )
  })

  it("counts everybody once", () => {
    FastCheck.assert(
      FastCheck.property(scene, (given) => {
        const { actions, census, counts, skipped } = planScene(given)
        const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
        assert.strictEqual(total, actions.length)
        assert.strictEqual(census.people, given.desired.length)
        assert.strictEqual(census.users, given.users.length)
        assert.isAtLeast(total + Object.values(skipped).reduce((sum, count) => sum + count, 0), given.desired.length)
      })
    )
  })
})
