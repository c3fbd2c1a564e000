/** What the doctor says: one finding per check. */
import { Schema } from "effect"

/** The checks that change nothing, in the order they run. Stable: scripts may rely on the names. */
export const readChecks = [
  "contentTypes",
  "wrongToken",
  "serviceProviderConfig",
  "resourceTypes",
  "schemas",
  "memberRoleSchema",
  "discoveryById",
  "listUsers",
  "listTotals",
  "pagination",
  "filterNone",
  "filterUserName",
  "filterCase",
  "attributes",
  "excludedAttributes",
  "searchPost",
  "listGroups",
  "unknownId",
  "unknownEndpoint",
  "invalidFilter",
  "leftovers"
] as const

/** The checks that work with a disposable user and group, in the order they run. */
export const writeChecks = [
  "createUser",
  "readUser",
  "findUser",
  "duplicateUser",
  "replaceUser",
  "patchPath",
  "patchPathless",
  "patchAdd",
  "patchRemove",
  "memberRole",
  "etags",
  "createGroup",
  "renameGroup",
  "addMember",
  "removeMemberByFilter",
  "removeMemberByValue",
  "replaceGroup",
  "bulk",
  "deprovision",
  "reactivate",
  "deleteGroup",
  "deleteUser",
  "cleanup"
] as const

/** The name of a check. */
export const CheckName = Schema.Literals([...readChecks, ...writeChecks])
export type CheckName = typeof CheckName.Type

/**
 * How bad it is. `info`: other than usual, and survived. `warning`: something works less well. `error`: provisioning would
 * go wrong. `skipped`: not known.
 */
export const Severity = Schema.Literals(["ok", "info", "warning", "error", "skipped"])
export type Severity = typeof Severity.Type

/** One finding. It holds no token, and of people no more than the doctor's own disposable user. */
export const Finding = Schema.Struct({
  check: CheckName,
  severity: Severity,
  /** What was asked and what came back. */
  evidence: Schema.String,
  /** What it means for provisioning to Loom. */
  meaning: Schema.String,
  /** What a person does; empty when there is nothing to do. */
  next: Schema.String
})
export type Finding = typeof Finding.Type

/** The doctor's verdict is bad when any finding is an error. */
export const failed = (findings: ReadonlyArray<Finding>): boolean =>
  findings.some(({ severity }) => severity === "error")
