/** Keeps account of what the doctor creates, so that all of it is removed in any case. */
import type { JsonObject } from "./Json.ts"
import { Effect, Result } from "effect"
import type { BulkLimits, BulkOperation } from "./Bulk.ts"
import { look } from "./DoctorDirectory.ts"
import type { Endpoint } from "./DoctorDisposable.ts"
import { nameAttributes } from "./DoctorDisposable.ts"
import type { Report } from "./DoctorSession.ts"
import { bad, check, describe, ok } from "./DoctorSession.ts"
import { idOf } from "./ListPage.ts"
import type { ScimClientOperations } from "./ScimClient.ts"
import type { BulkNotPossible, BulkReport } from "./ScimClientBulk.ts"
import { filterLiteral } from "./ScimClientRequest.ts"
import type { Created } from "./ScimClientTypes.ts"
import type { ScimError } from "./ScimError.ts"

/** Something to be removed at the end. */
interface Entry {
  readonly endpoint: Endpoint
  readonly id: string
}

/** What was asked for by name, whether or not the server said that it was made. */
interface Attempt {
  readonly endpoint: Endpoint
  readonly name: string
}

/** The account of one run. */
export interface Ledger {
  /** Creates and takes note; not interrupted halfway, since what then exists would have no id here. */
  readonly create: (endpoint: Endpoint, resource: JsonObject) => Effect.Effect<Created, ScimError>
  /** The same for all that one bulk request creates; its operations may refer to each other. */
  readonly bulk: (
    operations: ReadonlyArray<BulkOperation>,
    limits: BulkLimits
  ) => Effect.Effect<BulkReport, ScimError | BulkNotPossible>
  /** Removes everything that is left, and by name what was created without our learning of it. Never fails. */
  readonly cleanup: (report: Report) => Effect.Effect<void>
}

const endpointOf = (path: string): Endpoint => (path === "/Groups" ? "Groups" : "Users")

const same = (left: unknown, right: string): boolean =>
  typeof left === "string" && left.toLowerCase() === right.toLowerCase()

// With filters that are ignored the whole directory is read.
const sweepPages = 1000

// Whoever pressed Ctrl-C waits for this: the client alone would wait far longer for a server that hangs.
const patience = "1 minute"

/** An empty account. */
export const make = (client: ScimClientOperations): Ledger => {
  const entries = new Map<string, Entry>()
  const attempts = new Map<string, Attempt>()
  const put = (endpoint: Endpoint, id: string): void => {
    entries.set(`${endpoint}/${id}`, { endpoint, id })
  }

  const remove = (entry: Entry): Effect.Effect<string | null> =>
    client.delete(entry.endpoint, entry.id).pipe(
      Effect.match({
        onSuccess: () => null,
        // Gone is what was wanted.
        onFailure: (error) => (error._tag === "NotFound" ? null : describe(error))
      }),
      Effect.tap((problem) =>
        Effect.sync(() => {
          if (problem === null) entries.delete(`${entry.endpoint}/${entry.id}`)
        })
      )
    )

  const sweep = ({ endpoint, name }: Attempt): Effect.Effect<void, ScimError> => {
    const attribute = nameAttributes[endpoint]
    // Lower case, as servers keep it: a comparison with case must not miss it.
    const filter = `${attribute} eq ${filterLiteral(name.toLowerCase())}`
    const matches = (row: JsonObject) => same(row[attribute], name)
    return Effect.map(look(client, endpoint, { filter, matches, maxPages: sweepPages }), ({ rows }) => {
      for (const row of rows) {
        const id = idOf(row)
        if (id !== null) put(endpoint, id)
      }
    })
  }

  const names = (): string => [...attempts.values()].map(({ endpoint, name }) => `${endpoint} ${name}`).join(", ")

  const unsure = (why: string) => {
    const next = "Run again with --remove-leftovers, or remove what has this name by hand."
    return bad("error", `Not surely removed: ${names()}. ${why}`, next)
  }

  const cleaned = Effect.gen(function* () {
    // Newest first: a group goes before its members.
    const removeAll = Effect.suspend(() => Effect.forEach([...entries.values()].toReversed(), remove))
    yield* removeAll
    const problems: Array<string> = []
    for (const attempt of attempts.values()) {
      const swept = yield* Effect.result(sweep(attempt))
      if (Result.isFailure(swept)) problems.push(describe(swept.failure))
    }
    // What the look-up found, and once more what could not be removed at first.
    for (const problem of yield* removeAll) if (problem !== null) problems.push(problem)
    return entries.size === 0 && problems.length === 0
      ? ok(attempts.size === 0 ? "Nothing was created." : `Nothing is left of: ${names()}.`, undefined)
      : unsure([...new Set(problems)].join(" "))
  })

  const expect = (endpoint: Endpoint, resource: JsonObject): void => {
    const name = resource[nameAttributes[endpoint]]
    if (typeof name === "string") attempts.set(`${endpoint}/${name}`, { endpoint, name })
  }

  return {
    bulk: (operations, limits) =>
      Effect.suspend(() => {
        for (const operation of operations) {
          if (operation.method === "POST") expect(endpointOf(operation.path), operation.data)
        }
        return client.bulk(operations, limits)
      }).pipe(
        Effect.tap(({ outcomes }) =>
          Effect.sync(() => {
            for (const [index, outcome] of outcomes.entries()) {
              const operation = operations[index]
              if (operation?.method !== "POST" || outcome._tag !== "Done" || outcome.id === null) continue
              put(endpointOf(operation.path), outcome.id)
            }
          })
        ),
        Effect.uninterruptible
      ),
    create: (endpoint, resource) =>
      Effect.suspend(() => {
        expect(endpoint, resource)
        return client.create(endpoint, resource)
      }).pipe(
        Effect.tap(({ id }) => Effect.sync(() => put(endpoint, id))),
        Effect.uninterruptible
      ),
    cleanup: (report) => {
      const orElse = () => Effect.sync(() => unsure(`It took longer than ${patience}.`))
      return Effect.asVoid(check(report, "cleanup", Effect.timeoutOrElse(cleaned, { duration: patience, orElse })))
    }
  }
}
