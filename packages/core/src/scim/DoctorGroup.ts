/** Checks that write a disposable group: create, rename, members in and out. */
import { Effect, Option } from "effect"
import * as Disposable from "./DoctorDisposable.ts"
import { readBack } from "./DoctorReadBack.ts"
import type { Outcome } from "./DoctorSession.ts"
import { after, bad, ok, still } from "./DoctorSession.ts"
import type { Patient, Writing } from "./DoctorUser.ts"
import type { JsonObject } from "./Json.ts"
import { memberIds } from "./Members.ts"
import { filterLiteral } from "./ScimClientRequest.ts"
import type { PatchOperation } from "./ScimClientTypes.ts"

/** The disposable group on the server, and the user to be its member. */
export interface Ward {
  readonly id: string
  readonly userId: string
}

/** A group with a second member that has to stay: some servers take a removal by value for the removal of all. */
interface Full extends Ward {
  readonly bystanderId: string
}

const tell = "Tell whoever runs the server."

const read = ({ client }: Writing, { id }: Ward) => Effect.map(client.get("Groups", id), ({ resource }) => resource)

/** Both are members. */
const joined = (writing: Writing, ward: Full) => {
  const count = (group: JsonObject) =>
    [ward.userId, ward.bystanderId].filter((id) => memberIds(group).includes(id)).length
  return readBack(read(writing, ward), writing.delay, {
    holds: (group) => count(group) === 2,
    shown: "Two members were added and are there.",
    missing: (group) => `The server said it succeeded, but the group has ${count(group)} of two members.`,
    next: `${tell} Group push does not work until then.`
  })
}

/** One has left, and nobody else. */
const left = Effect.fnUntraced(function* (writing: Writing, ward: Full) {
  const verdict = yield* readBack(
    read(writing, ward),
    writing.delay,
    {
      holds: (group) => !memberIds(group).includes(ward.userId),
      shown: "The group no longer has the member, and kept the other.",
      missing: () => "The server said it succeeded, but the group still has the member.",
      next: "Use another form of removal."
    },
    "warning"
  )
  if (Option.isNone(verdict.value) || memberIds(yield* read(writing, ward)).includes(ward.bystanderId)) return verdict
  return bad("error", "Removing one member removed the other as well.", `${tell} Do not use this form of removal.`)
})

const patch = ({ client }: Writing, { id }: Ward, operation: PatchOperation) =>
  client.patch("Groups", id, [operation], { asGiven: true })

const addition = ({ bystanderId, userId }: Full): PatchOperation => ({
  op: "add",
  path: "members",
  value: [{ value: userId }, { value: bystanderId }]
})

const remove = (
  writing: Writing,
  member: Outcome<Full>,
  name: "removeMemberByFilter" | "removeMemberByValue",
  operation: (ward: Full) => PatchOperation
) =>
  after(
    writing.report,
    member,
    name,
    (ward) =>
      Effect.gen(function* () {
        // What the form before has taken out comes back first.
        if (!memberIds(yield* read(writing, ward)).includes(ward.userId)) yield* patch(writing, ward, addition(ward))
        yield* patch(writing, ward, operation(ward))
        return yield* left(writing, ward)
      }),
    "warning"
  )

// The client mends a group whose members were lost, which hides it from a reader: only its count of the quirk tells.
const mended = ({ client }: Writing) => Effect.map(client.profile, ({ quirks }) => quirks["replaceIgnoresMembers"] ?? 0)

/** Name and members after PUT. */
const replaced = Effect.fnUntraced(function* (writing: Writing, ward: Full) {
  const { client, name } = writing
  const displayName = `${name}-replaced`
  const members = [{ value: ward.userId }, { value: ward.bystanderId }]
  const before = yield* mended(writing)
  yield* client.replace("Groups", ward.id, { ...Disposable.group(name), displayName, members })
  const count = (group: JsonObject) => members.filter(({ value }) => memberIds(group).includes(value)).length
  const verdict = yield* readBack(
    read(writing, ward),
    writing.delay,
    {
      holds: (group) => group["displayName"] === displayName && count(group) === 2,
      shown: "The group has the new name and both members.",
      missing: (group) =>
        `The server said it succeeded, but the group has ${group["displayName"] === displayName ? "the new" : "another"} ` +
        `name and ${count(group)} of two members.`,
      next: "Change groups by PATCH."
    },
    "warning"
  )
  return (yield* mended(writing)) === before
    ? verdict
    : bad("warning", "The members that were sent with the group were lost, and had to be added again by PATCH.", tell)
})

/** Runs them all; the outcome is the group that was made. */
export const group = Effect.fnUntraced(function* (
  writing: Writing,
  user: Outcome<Patient>
): Effect.fn.Return<Outcome<Ward>> {
  const { client, domain, ledger, name, report } = writing
  const created = yield* after(report, user, "createGroup", ({ id: userId }) =>
    Effect.map(ledger.create("Groups", Disposable.group(name)), ({ id, settled }) => {
      const ward: Ward = { id, userId }
      return settled === "answer"
        ? ok(`POST /Groups made ${name}.`, ward)
        : still("warning", `${name} was made, but the answer was lost or had no id.`, tell, ward)
    })
  )
  const renamed = `${name}-renamed`
  yield* after(
    report,
    created,
    "renameGroup",
    (ward) =>
      Effect.andThen(
        client.patch("Groups", ward.id, [{ op: "replace", path: "displayName", value: renamed }]),
        readBack(
          read(writing, ward),
          writing.delay,
          {
            holds: ({ displayName }) => displayName === renamed,
            shown: "displayName was changed.",
            missing: () => "The server said it succeeded, but the group has its old name.",
            next: tell
          },
          "warning"
        )
      ),
    "warning"
  )
  const member = yield* after(report, created, "addMember", (ward) =>
    Effect.gen(function* () {
      const bystander = yield* ledger.create("Users", Disposable.user(yield* Disposable.newName, domain))
      const full: Full = { ...ward, bystanderId: bystander.id }
      yield* patch(writing, full, addition(full))
      const verdict = yield* joined(writing, full)
      return { ...verdict, value: Option.as(verdict.value, full) }
    })
  )
  yield* remove(writing, member, "removeMemberByFilter", ({ userId }) => ({
    op: "remove",
    path: `members[value eq ${filterLiteral(userId)}]`
  }))
  yield* remove(writing, member, "removeMemberByValue", ({ userId }) => ({
    op: "remove",
    path: "members",
    value: [{ value: userId }]
  }))
  yield* after(report, member, "replaceGroup", (ward) => replaced(writing, ward), "warning")
  return created
})
