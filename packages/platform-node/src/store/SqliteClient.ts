/**
 * An Effect SqlClient over Node's own `node:sqlite`.
 *
 * One session serves the whole process: a semaphore lends it to one statement or one transaction at a time. Statements
 * run synchronously, so a query must be short; what walks a large table does it in pages.
 */
import { Context, Effect, Layer, Option, Schema, Semaphore, Stream } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import { makeCompilerSqlite } from "effect/sql/Statement"
import { DatabaseSync } from "node:sqlite"
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite"
import { Marks } from "./Marks.ts"

/** How long a statement waits for another program on the same file; this blocks the process, so it is short. */
const busyMillis = 1000

/** Prepared statements kept; the least recently used one goes first. */
const cacheSize = 128

/** What `node:sqlite` throws. */
const Thrown = Schema.Struct({ errcode: Schema.Int })
const asThrown = Schema.decodeUnknownOption(Thrown)

/** SQLite's refusal with its result code where Effect's classification and `StoreFailure` look for it. */
export class SqliteFault extends Error {
  readonly code: number
  constructor(message: string, code: number) {
    super(message)
    this.name = "SqliteFault"
    this.code = code
  }
}

/** Also for what Node itself refuses, such as a value that cannot be bound. */
const genericError = 1
const primaryKeyTaken = 1555
const uniqueTaken = 2067

/** Turns whatever `node:sqlite` threw into an `SqlError`; the SQL and its parameters are not part of it. */
export const toSqlError = (cause: unknown, operation: string): SqlError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = Option.match(asThrown(cause), { onNone: () => genericError, onSome: ({ errcode }) => errcode })
  // A taken primary key is a unique violation too; the classification knows only the other number.
  const fault = new SqliteFault(message, code === primaryKeyTaken ? uniqueTaken : code)
  return new SqlError({ reason: classifySqliteError(fault, { message, operation }) })
}

/** SQLite's storage classes; booleans and dates have none and take the usual stand-ins. */
const bindable = (value: unknown): SQLInputValue => {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value
    case "boolean":
      return value ? 1 : 0
    case "undefined":
      return null
    default:
      if (value === null || value instanceof Uint8Array) return value
      if (value instanceof Date) return value.toISOString()
      throw new TypeError(`a ${typeof value} cannot be stored in SQLite`)
  }
}

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
  /** What is not known to read alone counts as writing. */
  readonly mayWrite: boolean
}

type Rows = ReadonlyArray<Record<string, SQLOutputValue>>

/** The one session on a database, with its statement cache; `wrote` is told before each statement that may write. */
const session = (db: DatabaseSync, wrote: () => void): Connection => {
  const cache = new Map<string, Prepared>()

  const prepare = (sql: string): Prepared => {
    const statement = db.prepare(sql)
    return { statement, returnsRows: statement.columns().length > 0, mayWrite: !/^\s*SELECT\b/i.test(sql) }
  }

  const cached = (sql: string): Prepared => {
    const known = cache.get(sql)
    const prepared = known ?? prepare(sql)
    // Taking it out and putting it back makes it the most recently used: a Map keeps the order of insertion.
    cache.delete(sql)
    cache.set(sql, prepared)
    const oldest = cache.keys().next()
    if (cache.size > cacheSize && oldest.done === false) cache.delete(oldest.value)
    return prepared
  }

  const run = <A>(
    get: (sql: string) => Prepared,
    sql: string,
    params: ReadonlyArray<unknown>,
    use: (prepared: Prepared, values: ReadonlyArray<SQLInputValue>) => A
  ): Effect.Effect<A, SqlError> =>
    Effect.withFiber((fiber) =>
      Effect.try({
        try: () => {
          const prepared = get(sql)
          if (prepared.mayWrite) wrote()
          prepared.statement.setReadBigInts(Context.get(fiber.context, SqlClient.SafeIntegers))
          return use(prepared, params.map(bindable))
        },
        catch: (cause) => toSqlError(cause, "execute")
      })
    )

  const objects = ({ statement, returnsRows }: Prepared, values: ReadonlyArray<SQLInputValue>): Rows => {
    statement.setReturnArrays(false)
    if (returnsRows) return statement.all(...values)
    statement.run(...values)
    return []
  }

  const arrays = ({ statement, returnsRows }: Prepared, values: ReadonlyArray<SQLInputValue>) => {
    if (!returnsRows) {
      statement.run(...values)
      return []
    }
    statement.setReturnArrays(true)
    // The types do not know that setReturnArrays changes the shape, so both are taken.
    return statement
      .all(...values)
      .map((row): ReadonlyArray<unknown> => (Array.isArray(row) ? row : Object.values(row)))
  }

  const raw = ({ statement, returnsRows }: Prepared, values: ReadonlyArray<SQLInputValue>): unknown => {
    statement.setReturnArrays(false)
    return returnsRows ? statement.all(...values) : statement.run(...values)
  }

  const rowsWith =
    (get: (sql: string) => Prepared): Connection["execute"] =>
    (sql, params, transform) => {
      const rows = run(get, sql, params, objects)
      return transform === undefined ? rows : Effect.map(rows, transform)
    }

  const execute = rowsWith(cached)
  return {
    execute,
    executeUnprepared: rowsWith(prepare),
    executeRaw: (sql, params) => run(cached, sql, params, raw),
    executeValues: (sql, params) => run(cached, sql, params, arrays),
    executeValuesUnprepared: (sql, params) => run(prepare, sql, params, arrays),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(Effect.map(execute(sql, params, transform), Stream.fromIterable))
  }
}

/**
 * Marks by `data_version`, which SQLite changes with the commits of other sessions, and by what this one writes. A
 * transaction of this session has no mark, as it may be rolled back.
 */
const makeMarks = (db: DatabaseSync) => {
  const others = db.prepare("PRAGMA data_version")
  let mark = 0
  let seen: unknown = null
  let isRecent = false
  const forget = (): void => {
    isRecent = false
  }
  const look = (): number => {
    // What others commit during a turn of the event loop comes as if after it. Asking takes locks on the file, so it is
    // done once for all that a turn holds.
    if (isRecent) return mark
    const version = others.get()?.["data_version"]
    if (version !== seen) mark++
    seen = version
    isRecent = true
    setImmediate(forget)
    return mark
  }
  return {
    wrote: (): void => {
      mark++
    },
    current: (): number | null => {
      try {
        return db.isTransaction ? null : look()
      } catch {
        // Whatever is wrong with the file is told by the reading that follows.
        return null
      }
    }
  }
}

const open = (filename: string): Effect.Effect<DatabaseSync, SqlError> =>
  Effect.try({
    try: () => {
      const db = new DatabaseSync(filename, { timeout: busyMillis })
      try {
        db.exec(`
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = FULL;
          PRAGMA foreign_keys = ON;
          PRAGMA secure_delete = ON;
          PRAGMA trusted_schema = OFF;
        `)
        // SQLite opens a file it may not write, and even begins transactions on it, without a word; only a write tells.
        db.exec("BEGIN IMMEDIATE; PRAGMA user_version = 0; ROLLBACK")
        return db
      } catch (cause) {
        db.close()
        throw cause
      }
    },
    catch: (cause) => toSqlError(cause, "open")
  })

/**
 * A client on one database file (or `:memory:`).
 *
 * Write-ahead log, `synchronous = FULL` (a commit is on the disk before it is answered), foreign keys enforced, freed
 * pages overwritten. Transactions start with `BEGIN IMMEDIATE` and hold the session until they end. It says by {@link Marks}
 * whether the file has changed. Fails with
 * `SqlError` when the file cannot be opened for writing; the cause carries SQLite's result code as `code`.
 */
export const layer = (options: { readonly filename: string }): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const db = yield* Effect.acquireRelease(open(options.filename), (db) => Effect.sync(() => db.close()))
      const marks = makeMarks(db)
      const acquirers = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(session(db, marks.wrote)),
        semaphore: yield* Semaphore.make(1),
        isTransaction: () => db.isTransaction
      })
      const client = yield* SqlClient.make({
        ...acquirers,
        driver: "sqlite-node",
        compiler: makeCompilerSqlite(),
        beginTransaction: "BEGIN IMMEDIATE",
        prepareTransactionControls: true,
        releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
        spanAttributes: [["db.system.name", "sqlite"]]
      })
      return Context.make(SqlClient.SqlClient, client).pipe(Context.add(Marks, marks.current))
    })
  ).pipe(Layer.provide(Reactivity.layer))
