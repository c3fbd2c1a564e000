/** What the doctor's findings say of how a server is to be spoken to. */
import type { CheckName, Finding, Severity } from "./DoctorFinding.ts"
import type { Behaviour } from "./Profile.ts"

/** What to change in the profile. Checks that were skipped, and those in which both forms failed, change nothing. */
export const learnt = (findings: ReadonlyArray<Finding>): Partial<Behaviour> => {
  const severityOf = (name: CheckName): Severity => findings.find(({ check }) => check === name)?.severity ?? "skipped"
  const isOk = (name: CheckName) => severityOf(name) === "ok"
  const isBad = (name: CheckName) => severityOf(name) === "warning" || severityOf(name) === "error"
  return {
    ...(isBad("removeMemberByFilter") && isOk("removeMemberByValue") ? { memberRemoval: "valueList" } : {}),
    ...(isOk("removeMemberByFilter") ? { memberRemoval: "eachFilter" } : {}),
    ...(isOk("patchPathless") ? { pathless: true } : {}),
    ...(isBad("patchPathless") && isOk("patchPath") ? { pathless: false } : {}),
    ...(isOk("etags") ? { conditions: true } : {}),
    ...(isBad("etags") ? { conditions: false } : {}),
    ...(isOk("bulk") ? { bulk: true } : {}),
    ...(isBad("bulk") ? { bulk: false } : {})
  }
}
