/** One process per data directory. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { Face } from "@loom-scim/core/setup/Evidence"
import { DateTime, Effect, Option, Schedule, Schema } from "effect"
import type { Scope } from "effect"
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { toSqlError } from "./SqliteClient.ts"
import { failure, fromFileSystem, fromSql } from "./StoreFailure.ts"

/** Who works on a data directory. */
export const Holder = Schema.Struct({
  pid: Schema.Int,
  face: Face,
  startedAt: Schema.DateTimeUtcFromString,
  /** Where it takes requests, if it is a server: an address of this machine. */
  url: Schema.optionalKey(Schema.String)
})
export type Holder = typeof Holder.Type

const HolderFile = Schema.fromJsonString(Holder)
const holderPath = (directory: string) => join(directory, "holder.json")

/** What `holder.json` says; it is only right while somebody holds the lock. */
export const readHolder = (directory: string): Effect.Effect<Option.Option<Holder>> =>
  Effect.try(() => readFileSync(holderPath(directory), "utf8")).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(HolderFile)),
    Effect.option
  )

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, but belongs to someone else.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** The holder writes its name just after taking the lock: until then the file names its dead predecessor, or is absent. */
const settledHolder = (directory: string): Effect.Effect<Option.Option<Holder>> =>
  readHolder(directory).pipe(
    Effect.filterOrFail(
      (holder) => Option.exists(holder, ({ pid }) => isAlive(pid)),
      () => "unsettled" as const
    ),
    Effect.retry({ times: 5, schedule: Schedule.spaced("50 millis") }),
    Effect.catch(() => readHolder(directory))
  )

/** The refusal of a directory that somebody holds; none when it is not known who. */
export const inUse = (directory: string, holder: Option.Option<Holder>): JournalFailure =>
  failure(
    "held",
    Option.match(holder, {
      onNone: () => `${directory} is in use by another loom-scim`,
      onSome: ({ pid, face, startedAt }) =>
        `${directory} is in use by another loom-scim (${face}, process ${pid}) since ${DateTime.formatIso(startedAt)}`
    }),
    Option.match(
      Option.flatMapNullishOr(holder, ({ url }) => url),
      {
        onNone: () =>
          "Go on there, or quit that one and try again; to work on something else at the same time, choose another data directory with LOOM_SCIM_HOME",
        onSome: (url) =>
          `It is a server: put a key of it into LOOM_SCIM_API_KEY, or into a file for --api-key-file, and go on through it with --server ${url}; for what a server does not do, stop it first`
      }
    )
  )

const held = (directory: string) =>
  Effect.flatMap(settledHolder(directory), (holder) => Effect.fail(inUse(directory, holder)))

/**
 * The locks of this process. A fiber that waits for nothing that could happen is known to nobody; what it holds would be
 * collected, and the collector closes the file.
 */
const locks = new Set<DatabaseSync>()

const take = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    // A journal in memory leaves no second file behind. The write, never committed, is there because on a file that may
    // only be read SQLite begins an "exclusive" transaction that excludes nobody.
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 1")
    locks.add(db)
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

const write = Effect.fnUntraced(function* (directory: string, holder: Holder) {
  const text = yield* Effect.orDie(Schema.encodeEffect(HolderFile)(holder))
  const draft = `${holderPath(directory)}.new`
  yield* Effect.try({
    try: () => {
      writeFileSync(draft, text, { mode: 0o600 })
      renameSync(draft, holderPath(directory))
    },
    catch: fromFileSystem(holderPath(directory))
  })
})

const announce = Effect.fnUntraced(function* (directory: string, face: Face) {
  yield* write(directory, { pid: process.pid, face, startedAt: yield* DateTime.now })
})

/** Says where the process that holds the directory takes requests, for who finds it held. Only the holder calls this. */
export const announceUrl = Effect.fn("DirectoryLock.announceUrl")(function* (directory: string, url: string) {
  const holder = yield* readHolder(directory)
  if (Option.exists(holder, ({ pid }) => pid === process.pid)) {
    yield* write(directory, { ...Option.getOrThrow(holder), url })
  }
})

/**
 * Holds the directory until the scope closes, or fails with reason `held`, naming the process, its face and since when.
 *
 * The lock is the operating system's, on `lock.db` by way of SQLite: it dies with the process however that ends, so
 * there is no stale lock to clear.
 *
 * Gotcha: POSIX drops such a lock when the process closes *any* descriptor of the file, so the holding process must not
 * read `lock.db` (or the database) with other means.
 */
export const hold = (directory: string, face: Face): Effect.Effect<void, JournalFailure, Scope.Scope> => {
  const path = join(directory, "lock.db")
  return Effect.gen(function* () {
    yield* Effect.acquireRelease(
      Effect.try({ try: () => take(path), catch: (cause) => toSqlError(cause, "lock") }),
      (db) =>
        Effect.sync(() => {
          locks.delete(db)
          db.close()
        })
    ).pipe(
      Effect.catch((error) => {
        const refused = fromSql(path)(error)
        return refused.reason === "held" ? held(directory) : Effect.fail(refused)
      })
    )
    yield* Effect.acquireRelease(announce(directory, face), () =>
      Effect.sync(() => rmSync(holderPath(directory), { force: true }))
    )
  })
}
