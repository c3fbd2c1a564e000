/** Checks of leaving: deprovisioning as the workspace chose, coming back, and deleting. */
import { Effect, Option, Result } from "effect"
import type { DeprovisioningPolicy } from "../setup/Choice.ts"
import type { Ward } from "./DoctorGroup.ts"
import { readBack } from "./DoctorReadBack.ts"
import type { CheckError, Outcome, Verdict } from "./DoctorSession.ts"
import { after, bad, ok, skipped } from "./DoctorSession.ts"
import type { Patient, Writing } from "./DoctorUser.ts"
import { isActive } from "./DoctorUser.ts"

const tell = "Tell whoever runs the server."

const setActive = ({ client, delay }: Writing, { id }: Patient, active: boolean) =>
  Effect.andThen(
    client.patch("Users", id, [{ op: "replace", path: "active", value: active }]),
    readBack(
      Effect.map(client.get("Users", id), ({ resource }) => resource),
      delay,
      {
        holds: (resource) => isActive(resource, active),
        shown: `active is ${String(active)}.`,
        missing: (resource) =>
          `active is ${resource["active"] === undefined ? "missing" : "something else"} instead of ${String(active)}.`,
        next: tell
      }
    )
  )

const deactivate = (writing: Writing, patient: Patient): Effect.Effect<Verdict<undefined>, CheckError> =>
  Effect.catchTag(setActive(writing, patient, false), "NotFound", () =>
    Effect.succeed(
      bad(
        "error",
        "Setting active to false deleted the user.",
        "Set Member Deprovisioning to Deactivate in Loom, or record the choice Delete for this connection."
      )
    )
  )

/** Deletes, and asks again whether it is gone. Some servers forget with delay, as they show with delay. */
const gone = Effect.fnUntraced(function* (
  { client, delay }: Writing,
  endpoint: "Users" | "Groups",
  id: string
): Effect.fn.Return<Verdict<undefined>, CheckError> {
  const deleted = yield* Effect.result(client.delete(endpoint, id))
  if (Result.isFailure(deleted)) {
    if (deleted.failure._tag !== "NotFound") return yield* deleted.failure
    return bad("info", "It was gone before it was deleted.", "See the checks before.")
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    const again = yield* Effect.result(client.get(endpoint, id))
    if (Result.isFailure(again)) {
      if (again.failure._tag !== "NotFound") return yield* again.failure
      return ok(`DELETE /${endpoint}/{id}, then ${again.failure.status}.`, undefined)
    }
    yield* Effect.sleep(delay)
  }
  return bad("error", `DELETE /${endpoint}/{id} succeeded, but it can still be read.`, tell)
})

/** The end of the disposable user and group. */
export const departure = Effect.fnUntraced(function* (
  writing: Writing,
  user: Outcome<Patient>,
  group: Outcome<Ward>,
  policy: DeprovisioningPolicy
) {
  const { report } = writing
  const leaving = yield* after(report, user, "deprovision", (patient) =>
    Effect.map(
      policy === "deactivate" ? deactivate(writing, patient) : gone(writing, "Users", patient.id),
      (verdict): Verdict<Patient> => ({ ...verdict, value: Option.as(verdict.value, patient) })
    )
  )
  if (policy === "deactivate") {
    yield* after(report, leaving, "reactivate", (patient) => setActive(writing, patient, true))
  } else {
    yield* report(skipped("reactivate", "The policy is to delete, so there is nobody to come back.", ""))
  }
  yield* after(report, group, "deleteGroup", ({ id }) => gone(writing, "Groups", id))
  if (policy === "deactivate") yield* after(report, user, "deleteUser", ({ id }) => gone(writing, "Users", id))
  else yield* report(skipped("deleteUser", "It is what deprovision has checked.", ""))
})
