/** The check of bulk requests (RFC 7644 §3.7): one that creates, changes, and refers to what it creates. */
import { Effect } from "effect"
import type { BulkLimits, BulkOperation } from "./Bulk.ts"
import type { BulkOutcome } from "./BulkResponse.ts"
import * as Disposable from "./DoctorDisposable.ts"
import { readBack } from "./DoctorReadBack.ts"
import type { CheckError, Outcome, Verdict } from "./DoctorSession.ts"
import { after, bad, skipped, still } from "./DoctorSession.ts"
import type { Patient, Writing } from "./DoctorUser.ts"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type { Claims } from "./Profile.ts"

const alone = "Nothing to do: changes are sent one by one."
const changedName = "Doctor In Bulk"

/** A user, a group that has them as a member by bulkId, and a change of the user who is there already. */
const request = ({ domain }: Writing, patient: Patient, name: string): ReadonlyArray<BulkOperation> => [
  { method: "POST", path: "/Users", bulkId: "user", data: Disposable.user(name, domain) },
  {
    method: "POST",
    path: "/Groups",
    bulkId: "group",
    data: { ...Disposable.group(name), members: [{ value: "bulkId:user" }] }
  },
  {
    method: "PATCH",
    path: `/Users/${encodeURIComponent(patient.id)}`,
    data: {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "displayName", value: changedName }]
    }
  }
]

/** How one went, in words; the server's own are left out. */
const inWords = (outcome: BulkOutcome | undefined): string => {
  switch (outcome?._tag) {
    case "Done":
      return String(outcome.status)
    case "Failed":
      return `failed (${outcome.status})`
    case "NotSent":
      return "not sent"
    default:
      return "not answered"
  }
}

const idOf = (outcome: BulkOutcome | undefined): string | null => (outcome?._tag === "Done" ? outcome.id : null)

const has = ({ members }: JsonObject, id: string): boolean =>
  Array.isArray(members) && members.some((member: unknown) => isJsonObject(member) && member["value"] === id)

const judge = Effect.fnUntraced(function* (
  writing: Writing,
  patient: Patient,
  limits: BulkLimits
): Effect.fn.Return<Verdict<undefined>, CheckError> {
  const { client, delay, ledger } = writing
  const operations = request(writing, patient, yield* Disposable.newName)
  const { outcomes, requests, stoppedBy } = yield* ledger.bulk(operations, limits)
  if (stoppedBy !== null) return yield* stoppedBy
  const [user, group, change] = outcomes
  const [userId, groupId] = [idOf(user), idOf(group)]
  const evidence = `User ${inWords(user)}, group ${inWords(group)}, change ${inWords(change)}.`
  if (userId === null || groupId === null || change?._tag !== "Done") return bad("warning", evidence, alone)
  const member = yield* readBack(
    Effect.map(client.get("Groups", groupId), ({ resource }) => resource),
    delay,
    {
      holds: (resource) => has(resource, userId),
      shown: `${evidence} The member's bulkId became the user's id.`,
      missing: () => `${evidence} The group does not have the user whom it referred to by bulkId.`,
      next: alone
    },
    "warning"
  )
  if (member.severity === "warning") return member
  const { resource } = yield* client.get("Users", patient.id)
  if (resource["displayName"] !== changedName) {
    return bad("warning", `${evidence} The change did not take effect.`, alone)
  }
  if (requests > 1) {
    return still("info", `${member.evidence} It took ${requests} requests.`, "Nothing to do: it is split.", undefined)
  }
  return member
})

/** Whether Bulk does what it claims. Without the claim nothing is sent. */
export const bulk = (writing: Writing, created: Outcome<Patient>, claims: Claims | null): Effect.Effect<void> => {
  if (claims === null || claims.bulk !== true) {
    return writing.report(skipped("bulk", "Bulk is not claimed.", ""))
  }
  const limits: BulkLimits = {
    maxOperations: claims.maxOperations ?? 100,
    maxPayloadSize: claims.maxPayloadSize ?? 1_000_000
  }
  return Effect.asVoid(after(writing.report, created, "bulk", (patient) => judge(writing, patient, limits), "warning"))
}
