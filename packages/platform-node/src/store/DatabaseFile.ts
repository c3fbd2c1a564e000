/** Makes sure, before anything may write to it, that the embedded database is whole and ours. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Effect } from "effect"
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { toSqlError } from "./SqliteClient.ts"
import { failure, fromFileSystem, fromSql } from "./StoreFailure.ts"

/** "LOOM" in ASCII, kept in SQLite's header: tells our file from any other database. */
const applicationId = 0x4c4f4f4d

/** A file shorter than SQLite's header was cut off: SQLite would take it for empty, and an empty one for new. */
const headerSize = 100

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

/** Makes the entry of a renamed or linked file in `directory` survive a power cut. */
export const syncDirectory = (directory: string): void => {
  // Windows cannot open directories and keeps its own journal of them.
  if (process.platform === "win32") return
  const descriptor = openSync(directory, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Built beside and renamed into place. So a database file is never seen half made, and an empty one is always damage:
 * SQLite itself would take an emptied file for a new database.
 */
const create = (filename: string): void => {
  const draft = `${filename}.new`
  for (const leftover of ["", "-wal", "-shm", "-journal"]) rmSync(draft + leftover, { force: true })
  closeSync(openSync(draft, "wx", 0o600))
  chmodSync(draft, 0o600)
  const db = new DatabaseSync(draft)
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA application_id = ${applicationId}`)
  } finally {
    db.close()
  }
  renameSync(draft, filename)
  syncDirectory(dirname(filename))
}

/** What is wrong with the file, if anything. Opened read-only: even closing a writable database would change it. */
const inspect = (filename: string): string | undefined => {
  const db = new DatabaseSync(filename, { readOnly: true })
  try {
    if (db.prepare("PRAGMA application_id").get()?.["application_id"] !== applicationId) {
      return "is not a database of loom-scim"
    }
    const verdict = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]
    return verdict === "ok" ? undefined : `is damaged (${String(verdict).trim().replaceAll(/\s+/g, " ")})`
  } finally {
    db.close()
  }
}

const isSystemError = (cause: unknown): boolean => cause instanceof Error && "syscall" in cause

/**
 * Creates the database file when there is none, else checks it from end to end (`PRAGMA quick_check`). Fails with
 * `JournalFailure` and leaves every file as it was when it is damaged, emptied, not ours, or cannot be read.
 */
export const ensure = (filename: string): Effect.Effect<void, JournalFailure> =>
  Effect.try({
    try: () => {
      const size = sizeOf(filename)
      if (size !== undefined && size < headerSize) return `${filename} is damaged: only ${size} bytes of it are left`
      if (size !== undefined) {
        // Tried first, because SQLite would make its log and index files as unwritable as the database, and leave them.
        closeSync(openSync(filename, "r+"))
        const problem = inspect(filename)
        return problem === undefined ? undefined : `${filename} ${problem}`
      }
      // SQLite would throw an orphaned log away, and with it whatever was not yet in the lost file.
      if ((sizeOf(`${filename}-wal`) ?? 0) > 0) return `${filename} is gone, but its write-ahead log is still there`
      create(filename)
      return undefined
    },
    catch: (cause) =>
      isSystemError(cause) ? fromFileSystem(filename)(cause) : fromSql(filename)(toSqlError(cause, "inspect"))
  }).pipe(Effect.flatMap((problem) => (problem === undefined ? Effect.void : Effect.fail(failure("corrupt", problem)))))
