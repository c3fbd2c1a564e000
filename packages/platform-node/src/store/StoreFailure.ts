/** What went wrong in a store, in the words of the Journal port: one table for both databases and the file system. */
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Predicate } from "effect"
import type { SqlError } from "effect/sql/SqlError"

type Reason = JournalFailure["reason"]

/** A reason with the two sentences a person needs. */
export interface Explained {
  readonly reason: Reason
  readonly detail: string
  readonly next: string
}

const nextSteps: Record<Reason, string> = {
  unavailable: "Check that it exists and can be reached, then try again; nothing was changed",
  full: "Free some space on that disk and try again; everything saved before is still there",
  readOnly: "Make it writable for this user, or choose another data directory with LOOM_SCIM_HOME",
  corrupt:
    "Nothing was changed. Keep a copy of the directory, then restore it from a backup, or start with an empty directory in LOOM_SCIM_HOME",
  held: "Close the other program and try again, or choose another data directory with LOOM_SCIM_HOME"
}

const nextOnPostgres: Record<Reason, string> = {
  unavailable: "Check DATABASE_URL, that the server runs, and that it lets this user in; nothing was changed",
  full: "Free some space on the server's disk and try again; everything saved before is still there",
  readOnly: "Point DATABASE_URL at the primary server, not at a standby; nothing was changed",
  corrupt: "Nothing was changed. Look at the server's log and restore a backup",
  held: "Try again"
}

/** A failure whose next step is the usual one for its reason, unless another is given. */
export const failure = (reason: Reason, detail: string, next: string = nextSteps[reason]): JournalFailure =>
  new JournalFailure({ reason, detail, next: `${next}.` })

/** https://sqlite.org/rescode.html; the lower byte of an extended code is the primary one. */
const fromSqliteCode = (code: number): Reason => {
  // The shared-memory file of the write-ahead log could not be extended: in practice a full disk.
  if (code === 4874) return "full"
  switch (code & 0xff) {
    case 5:
    case 6:
      return "held"
    case 8:
      return "readOnly"
    case 11:
    case 26:
      return "corrupt"
    case 13:
      return "full"
    default:
      return "unavailable"
  }
}

/** Appendix A of the PostgreSQL manual. */
const fromSqlState = (code: string): Reason => {
  switch (code) {
    case "53100":
      return "full"
    case "25006":
      return "readOnly"
    case "XX001":
    case "XX002":
      return "corrupt"
    default:
      return "unavailable"
  }
}

const fromErrno = (code: string): Reason => {
  switch (code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "readOnly"
    case "ENOSPC":
    case "EDQUOT":
      return "full"
    default:
      return "unavailable"
  }
}

const said: Record<Reason, string> = {
  unavailable: "cannot be used",
  full: "cannot grow: the disk is full",
  readOnly: "cannot be written",
  corrupt: "is damaged",
  held: "is in use by another program"
}

const codeOf = (cause: unknown): string | number | undefined => {
  if (!Predicate.hasProperty(cause, "code")) return undefined
  return Predicate.isString(cause.code) || Predicate.isNumber(cause.code) ? cause.code : undefined
}

/** The innermost message: what the driver wraps around it says only that something failed. */
const innermost = (error: unknown, depth = 0): string => {
  if (!(error instanceof Error)) return ""
  const inner = depth < 4 ? innermost(error.cause, depth + 1) : ""
  return inner === "" ? error.message.replace(/\.$/, "") : inner
}

/** Explains a refusal of the database at `place` (a path, or what a person calls the database). */
export const fromSql =
  (place: string) =>
  (error: SqlError): JournalFailure => {
    const code = codeOf(error.reason.cause)
    const why = innermost(error.reason)
    const detail = (reason: Reason) => `${place} ${said[reason]}${why === "" ? "" : ` (${why})`}`
    if (Predicate.isNumber(code)) {
      const reason = fromSqliteCode(code)
      return failure(reason, detail(reason))
    }
    const reason = fromSqlState(String(code))
    return failure(reason, detail(reason), nextOnPostgres[reason])
  }

/** Explains an error of the file system at `path`. */
export const fromFileSystem =
  (path: string) =>
  (error: unknown): JournalFailure => {
    const code = codeOf(error)
    if (code === "ENOTDIR" || code === "EEXIST") {
      return failure(
        "unavailable",
        `${path} cannot be a data directory: it, or something above it, is a file`,
        "Choose another data directory with LOOM_SCIM_HOME"
      )
    }
    const reason = fromErrno(String(code))
    return failure(reason, `${path} ${said[reason]} (${innermost(error)})`)
  }
