/** Putting a group back to how a run found it. */
import type { JsonObject } from "../scim/Json.ts"
import { memberIds } from "../scim/Members.ts"
import { get } from "../scim/ResourceValue.ts"
import { groupType } from "../scim/Schemas.ts"
import type { Action, MemberRef } from "./Action.ts"
import { fingerprintOfResource } from "./Fingerprint.ts"
import { type Outcome, refused } from "./UndoOutcome.ts"

/** What the run did to people. */
export interface Created {
  /** The ids of those it created, by key. */
  readonly ids: ReadonlyMap<string, string>
  /** The ids of those it deleted. */
  readonly gone: ReadonlySet<string>
  /** The ids of those who are about to be deleted, and leave their groups by that. */
  readonly leaving: ReadonlySet<string>
}

type GroupAction = Extract<
  Action,
  { readonly _tag: "GroupCreate" | "GroupAdopt" | "GroupRename" | "MembersAdd" | "MembersRemove" }
>

const textIn = (group: JsonObject, name: string): string | null => {
  const value = get(group, name)
  return typeof value === "string" && value !== "" ? value : null
}

/** With their ids; those whom the run did not create have none. */
const known = (members: ReadonlyArray<MemberRef>, { ids }: Created): ReadonlyArray<MemberRef & { id: string }> =>
  members.flatMap((member) => {
    const id = member.id ?? ids.get(member.key ?? "")
    return id === undefined ? [] : [{ ...member, id }]
  })

/** The opposite of one action on a group that is still there. */
export const undoGroup = (
  action: GroupAction,
  group: JsonObject,
  id: string,
  wasFound: boolean,
  created: Created
): Outcome => {
  const { key, label } = action
  const common = { id, key, label, at: null, reason: "undone", basis: fingerprintOfResource(group, groupType) } as const
  const same: Outcome = {
    actions: [{ _tag: "Skip", endpoint: "Groups", id, key, label, at: null, reason: "unchanged" }],
    impossible: []
  }
  const externalId = textIn(group, "externalId")
  const displayName = textIn(group, "displayName") ?? ""
  const inside = new Set(memberIds(group))
  const one = (undo: Action): Outcome => ({ actions: [undo], impossible: [] })
  switch (action._tag) {
    case "GroupCreate": {
      if (externalId === null ? wasFound : externalId !== key) {
        return refused(wasFound ? "notOurs" : "movedOn", "externalId")
      }
      const ours = new Set(known(action.members, created).map((member) => member.id))
      const others = [...inside].filter((member) => !ours.has(member)).length
      return others > 0 ? refused("othersInside", String(others)) : one({ _tag: "GroupDelete", ...common })
    }
    case "GroupAdopt": {
      if (externalId === null) return same
      if (externalId !== key) return refused("movedOn", "externalId")
      // Only groups without an external id are adopted, so taking ours away is the way back.
      const operations = [{ op: "remove", path: "externalId" }]
      return one({ _tag: "GroupAdopt", ...common, key: null, operations })
    }
    case "GroupRename": {
      const { before } = action
      if (displayName === before) return same
      if (displayName !== label) return refused("movedOn", "displayName")
      const operations = [{ op: "replace", path: "displayName", value: before }]
      return one({ _tag: "GroupRename", ...common, label: before, before: displayName, operations })
    }
    case "MembersAdd": {
      const members = known(action.members, created).filter(
        (member) => inside.has(member.id) && !created.leaving.has(member.id)
      )
      return members.length === 0 ? same : one({ _tag: "MembersRemove", ...common, members })
    }
    case "MembersRemove": {
      const out = known(action.members, created).filter((member) => !inside.has(member.id))
      const members = out.filter((member) => !created.gone.has(member.id))
      const impossible: Outcome["impossible"] =
        out.length === members.length
          ? []
          : [{ reason: "deleted", detail: `${out.length - members.length} of the members` }]
      if (members.length > 0) return { actions: [{ _tag: "MembersAdd", ...common, members }], impossible }
      return impossible.length === 0 ? same : { actions: [], impossible }
    }
  }
}
