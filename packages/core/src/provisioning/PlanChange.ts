/** From a person and the user found to be them: what changes, attribute by attribute, and the PATCH that does it. */
import { Result } from "effect"
import * as Patch from "../scim/Patch.ts"
import type { DiffOptions } from "../scim/PatchDiff.ts"
import type { Json, JsonObject } from "../scim/Json.ts"
import { loomUser, rolePath } from "../scim/Schemas.ts"
import type { Action, Change, Reason, Update } from "./Action.ts"
import { type Facet, isActive, isActiveAdmin } from "./Facet.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { type Person, valuesOf } from "./Person.ts"
import type { Shape } from "./PlanIndex.ts"
import type { Sighting } from "./PlanMatch.ts"
import { beforeDemotion } from "./Protection.ts"
import { lacks } from "./Unshown.ts"
import { userPatch } from "./UserPatch.ts"

type Changing = typeof Update.Type

interface Differing {
  readonly facet: Facet
  readonly value: Json
}

const differing = ({ facets }: Shape, person: Person, user: JsonObject): ReadonlyArray<Differing> =>
  valuesOf(person).flatMap(([, value], index) => {
    const facet = facets[index]
    return facet === undefined || facet.text(facet.read(user)) === facet.text(value) ? [] : [{ facet, value }]
  })

/** The user as it is to be, or why PATCH cannot lead there. */
const targetOf = (changes: ReadonlyArray<Differing>, user: JsonObject): Result.Result<JsonObject, string> => {
  let target = user
  for (const { facet, value } of changes) {
    const applied = Patch.apply(target, facet.write(value, target), loomUser)
    if (Result.isFailure(applied)) return Result.fail(`${facet.path}: ${applied.failure.detail}`)
    target = applied.success
  }
  const missed = changes.find(({ facet, value }) => facet.text(facet.read(target)) !== facet.text(value))
  return missed === undefined ? Result.succeed(target) : Result.fail(`${missed.facet.path}: cannot hold the value`)
}

interface Kind {
  readonly _tag: "Update" | "RoleChange" | "Reactivate" | "Adopt" | "Deactivate"
  readonly reason: Reason
}

const kindOf = (changes: ReadonlyArray<Change>, person: Person, user: JsonObject, sighting: Sighting): Kind => {
  const wasActive = isActive(user)
  if (wasActive && !person.active) return { _tag: "Deactivate", reason: "inactiveInSource" }
  if (!sighting.isManaged) {
    return { _tag: "Adopt", reason: sighting.by === "email" ? "matchedByEmail" : "matchedByUserName" }
  }
  if (!wasActive && person.active) return { _tag: "Reactivate", reason: "activeInSource" }
  return changes.some(({ path }) => path === rolePath)
    ? { _tag: "RoleChange", reason: "roleDiffers" }
    : { _tag: "Update", reason: "differs" }
}

const actionOf = (tag: Kind["_tag"], common: Omit<Changing, "_tag">, before: JsonObject): Action => {
  switch (tag) {
    case "Update":
      return { ...common, _tag: "Update" }
    case "RoleChange":
      return { ...common, _tag: "RoleChange" }
    case "Reactivate":
      return { ...common, _tag: "Reactivate" }
    case "Adopt":
      return { ...common, _tag: "Adopt" }
    case "Deactivate":
      return { ...common, _tag: "Deactivate", before }
  }
}

// A server that forgets the external id of a user we manage would be told it for ever.
const isRekeyed = ({ key }: Person, { externalId, isManaged }: Sighting): boolean =>
  externalId !== key && !(isManaged && externalId === null)

/** Whether all that a user lacks to be the person is among some paths that the server shows of nobody. */
export const lacksOnly = (
  paths: ReadonlySet<string>,
  person: Person,
  shape: Shape,
  sighting: Sighting,
  user: JsonObject
): boolean =>
  paths.size > 0 &&
  !isRekeyed(person, sighting) &&
  differing(shape, person, user).every(({ facet }) => paths.has(facet.path) && lacks(facet, user))

/** The one action that makes a user the person; null when nothing differs. Fails, in words, when PATCH cannot say it. */
export const changeOf = (
  person: Person,
  shape: Shape,
  sighting: Sighting,
  user: JsonObject,
  id: string,
  options: DiffOptions
): Result.Result<Action | null, string> => {
  const found = differing(shape, person, user)
  const target = targetOf(found, user)
  if (Result.isFailure(target)) return Result.fail(target.failure)
  const rekeyed = isRekeyed(person, sighting)
  const changes: ReadonlyArray<Change> = [
    ...(rekeyed ? [{ path: "externalId", before: sighting.externalId, after: person.key }] : []),
    ...found.map(({ facet, value }) => ({ path: facet.path, before: facet.read(user) ?? null, after: value }))
  ]
  if (changes.length === 0) return Result.succeed(null)
  const wanted = rekeyed ? { ...target.success, externalId: person.key } : target.success
  const { _tag, reason } = kindOf(changes, person, user, sighting)
  const common = {
    id,
    key: person.key,
    label: person.userName,
    at: person.at,
    reason,
    changes,
    operations: userPatch(user, wanted, options),
    admin: { before: isActiveAdmin(user), after: isActiveAdmin(wanted) },
    ...beforeDemotion(changes, user),
    basis: fingerprintOfResource(user, loomUser)
  }
  return Result.succeed(actionOf(_tag, common, user))
}
