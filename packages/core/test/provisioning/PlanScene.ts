/** Any server and any source, as plans have them. */
import * as FastCheck from "fast-check"
import type { Person } from "../../src/provisioning/Person.ts"
import type { PlanInput } from "../../src/provisioning/Plan.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { make, managing } from "./PlanApply.ts"
import { keys, people, person, personOf, user } from "./PersonArbitrary.ts"

/** Both sides, and how they are compared. */
export interface Scene {
  readonly desired: ReadonlyArray<Person>
  readonly users: ReadonlyArray<JsonObject>
  readonly actualGroups: ReadonlyArray<JsonObject>
  readonly some: Partial<PlanOptions>
}

/** A server with some people in earlier states, some of them ours, and strangers; and how the source has them now. */
export const scene: FastCheck.Arbitrary<Scene> = FastCheck.record({
  desired: people,
  there: FastCheck.subarray([...keys]).chain((some) => FastCheck.tuple(...some.map(personOf))),
  strangers: FastCheck.subarray(["x1", "x2"]),
  managed: FastCheck.subarray([...keys]),
  leavers: FastCheck.constantFrom("deactivate" as const, "delete" as const),
  adopt: FastCheck.constantFrom("never" as const, "unclaimed" as const, "any" as const),
  leftGroups: FastCheck.constantFrom("empty" as const, "delete" as const),
  memberKeys: FastCheck.subarray([...keys, "x1"])
}).map(({ desired, managed, memberKeys, strangers, there, ...rest }) => {
  const users = [
    ...there.map((one) => {
      const made = user(`id-${one.key}`, one)
      const { externalId: _, ...unclaimed } = made
      return managed.includes(keys.find((key) => key === one.key) ?? "ann") ? made : unclaimed
    }),
    ...strangers.map((key) => user(`id-${key}`, person(key)))
  ]
  const isThere = new Set(users.map(({ id }) => id))
  const members = memberKeys.map((key) => ({ value: `id-${key}` })).filter(({ value }) => isThere.has(value))
  const actualGroups = [{ id: "g1", displayName: "Red", externalId: "Red", members }]
  const some: Partial<PlanOptions> = {
    ...rest,
    managed: managing(
      managed.map((key) => [`id-${key}`, key]),
      ["g1"]
    )
  }
  return { desired, users, actualGroups, some }
})

/** Plans for one. */
export const planScene = ({ actualGroups, desired, some, users }: Scene, more: Partial<PlanInput> = {}) =>
  make({ people: desired, users, actualGroups, ...more }, some)
