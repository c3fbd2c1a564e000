/** From people who are to be there, and a server, to core's plan for all of them, with the verdict of its guard. */
import { canonical, fingerprintOf } from "@loom-scim/core/provisioning/Fingerprint"
import type { Judgement } from "@loom-scim/core/provisioning/Guard"
import { judge } from "@loom-scim/core/provisioning/Guard"
import type { Person } from "@loom-scim/core/provisioning/Person"
import { GroupKey } from "@loom-scim/core/provisioning/Person"
import { foldName } from "@loom-scim/core/provisioning/PersonDigest"
import type { Plan } from "@loom-scim/core/provisioning/Plan"
import { fingerprint, plan } from "@loom-scim/core/provisioning/Plan"
import type { PolicyRefused } from "@loom-scim/core/provisioning/PolicyRead"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import type { ListIncomplete } from "@loom-scim/core/scim/ScimClientList"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Result, Stream } from "effect"
import { Managed } from "./Managed.ts"
import * as Policy from "./Policy.ts"
import { personOf } from "./Provision.ts"
import type { DesiredPerson, PlanInput } from "./ReconcileInputs.ts"
import * as Resources from "./Resources.ts"
import { InvalidInput, toJson } from "./Resources.ts"
import type { Session } from "./Session.ts"

/** A plan of now. */
export interface Compared {
  readonly plan: Plan
  /** Of what the plan does; decisions are about it. */
  readonly fingerprint: string
  readonly judgement: Judgement
  /** Of the list of users. */
  readonly verdict: ListVerdict
  readonly managed: Managed
  /** The fingerprint of what was asked for. */
  readonly wanted: string
}

/** Whatever may come in the way of a plan. */
export type CompareError = ScimError | ListIncomplete | InvalidInput | PolicyRefused | Policy.PolicyMissing

const desiredOf = ({ active = true, groups = [], ...person }: DesiredPerson, index: number) => {
  const at = `people.${index}`
  return Result.mapBoth(personOf(person), {
    onSuccess: (one): Person => ({ ...one, active, groups: groups.map((name) => name.trim()), at }),
    onFailure: ({ reason }) => new InvalidInput({ reason: `${at}: ${reason}` })
  })
}

const groupsOf = ({ groups = [] }: PlanInput) =>
  groups.map(({ displayName, externalId }, index) => ({
    key: GroupKey.make(externalId),
    displayName,
    at: `groups.${index}`
  }))

const readGroups = Effect.fnUntraced(function* ({
  client
}: Session): Effect.fn.Return<ReadonlyArray<JsonObject>, ScimError | ListIncomplete> {
  // One that was missed would be created again, so this fails unless the list is whole.
  const found = yield* Stream.runCollect(client.list("Groups"))
  return found.map((group) => Resources.mended(Resources.groups, group))
})

/** Reads the server and makes the plan; changes nothing. Groups are looked at when the input says anything of groups. */
export const compare = Effect.fnUntraced(function* (
  session: Session,
  input: PlanInput
): Effect.fn.Return<Compared, CompareError> {
  const { client } = session
  const { adopt = "unclaimed", leftGroups = "empty" } = input
  const leavers = yield* Policy.leavingOf(session, input.policy)
  const guard = yield* Policy.guardOf(session)
  const people = yield* Effect.forEach(input.people, (person, index) => Effect.fromResult(desiredOf(person, index)))
  const groups = groupsOf(input)
  const managed = new Managed(yield* Policy.metadataOf(session))

  // A total that was right once may be wrong now, and people are taken for gone on the strength of this list.
  yield* client.adapt({ trustTotals: false })
  const { resources, verdict } = yield* client.listAll("Users")
  const users = resources.map((user) => Resources.mended(Resources.users, user))
  const areGroupsMeant = input.groups !== undefined || input.people.some((person) => person.groups !== undefined)
  const actualGroups = areGroupsMeant ? yield* readGroups(session) : []
  const keys = new Set<string>(people.map(({ key }) => key))
  // A group that only people name has its name for a key.
  const groupKeys = new Set(
    [...groups.map(({ key }) => key), ...people.flatMap((person) => person.groups)].map(foldName)
  )
  if (verdict._tag === "Complete") managed.recognise("Users", users, (key) => keys.has(key))
  if (areGroupsMeant) managed.recognise("Groups", actualGroups, (key) => groupKeys.has(foldName(key)))

  const { memberRemoval, clearMembers } = (yield* client.profile).behaviour
  const made = plan(
    { people, groups, users, actualGroups, usersVerdict: verdict },
    {
      leavers,
      adopt,
      leftGroups,
      managed: managed.forPlan,
      diff: { memberRemoval, clearAll: clearMembers }
    }
  )
  const asked = { people: input.people, groups: input.groups, adopt, leftGroups, leavers, guard }
  return {
    plan: made,
    fingerprint: fingerprint(made),
    judgement: judge(made, guard),
    verdict,
    managed,
    wanted: fingerprintOf(canonical(toJson(asked)))
  }
})
