/** `loom-scim map test` and `loom-scim map guess` */
import { type Trace, trace } from "@loom-scim/core/provisioning/MappingApply"
import { guess } from "@loom-scim/core/provisioning/MappingGuess"
import { Console, Effect, Result, Stream } from "effect"
import { stringify } from "yaml"
import { codes, Ended } from "../Exit.ts"
import type { SharedFlags } from "./shared.ts"
import { headersOf, mappingOf, sourceFailed, sourceOf } from "./source.ts"

/** What `map test` takes. */
export interface MapTestFlags {
  readonly source: string
  readonly mapping: string
  /** Any text of the person's record, such as an e-mail address. */
  readonly person: string
}

const shown = ({ at, outcome, steps }: Trace): string => {
  const way = steps.map(({ path, value, what }) => `  ${path}: ${what} -> ${JSON.stringify(value)}`)
  const end = Result.match(outcome, {
    onSuccess: (mapped) =>
      mapped._tag === "Excluded"
        ? [`Left out: ${mapped.reason}`]
        : [`A person: ${JSON.stringify(mapped.person, null, 2)}`],
    onFailure: (problems) => problems.map(({ detail, field }) => `Problem: ${field} ${detail}`)
  })
  return [at, ...way, ...end].join("\n")
}

const json = ({ at, outcome, steps }: Trace) => ({
  at,
  steps,
  ...Result.match(outcome, { onSuccess: (mapped) => ({ mapped }), onFailure: (problems) => ({ problems }) })
})

const mentions = (fields: object, text: string): boolean => {
  const wanted = text.toLowerCase()
  return Object.values(fields).some((value: unknown) =>
    [value].flat().some((one: unknown) => typeof one === "string" && one.trim().toLowerCase() === wanted)
  )
}

/** Shows the way of a person's record through the mapping; nothing is sent anywhere. */
export const test = Effect.fn("map.test")(function* (
  flags: SharedFlags,
  { mapping, person, source }: MapTestFlags
): Effect.fn.Return<void, Ended> {
  const compiled = yield* mappingOf(mapping)
  const { records } = yield* Effect.fromResult(sourceOf(source))
  const found = yield* records.pipe(
    Stream.filter(({ fields }) => mentions(fields, person)),
    Stream.map((record) => trace(compiled, record)),
    Stream.runCollect,
    Effect.mapError(sourceFailed)
  )
  if (found.length === 0) {
    const detail = `No record of ${source} has the value ${JSON.stringify(person)} in any field.`
    return yield* new Ended({ code: codes.checkFailed, reason: "NobodyFound", detail })
  }
  yield* Effect.forEach(found, (one) => Console.log(flags.json ? JSON.stringify(json(one)) : shown(one)))
  if (found.some(({ outcome }) => Result.isFailure(outcome))) {
    return yield* new Ended({
      code: codes.checkFailed,
      reason: "MappingProblem",
      detail: "The record makes no person."
    })
  }
})

/** Prints a mapping to begin with, from the names of the columns. */
export const suggest = Effect.fn("map.guess")(function* (
  flags: SharedFlags,
  { source }: { readonly source: string }
): Effect.fn.Return<void, Ended> {
  const { guessed, left, mapping, missing } = guess(yield* headersOf(source))
  if (flags.json) return yield* Console.log(JSON.stringify({ mapping, guessed, left, missing }))
  const remarks = [
    ...guessed.map(({ header, path }) => `# ${path} is taken from ${JSON.stringify(header)}`),
    ...left.map((header) => `# Not used: ${JSON.stringify(header)}`),
    ...missing.map((path) => `# Missing, and needed: ${path}`)
  ]
  return yield* Console.log(`${[...remarks, stringify(mapping)].join("\n")}`.trimEnd())
})
