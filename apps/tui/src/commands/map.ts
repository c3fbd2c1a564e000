/** `loom-scim map test` and `loom-scim map guess` */
import { trace } from "@loom-scim/core/provisioning/MappingApply"
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { fieldNames, guess, type Guess } from "@loom-scim/core/provisioning/MappingGuess"
import { foldName } from "@loom-scim/core/provisioning/PersonDigest"
import { Console, Effect, Option, Result, Stream } from "effect"
import { stringify } from "yaml"
import { codes, Ended } from "../Exit.ts"
import * as TraceText from "../plain/TraceText.ts"
import type { SharedFlags } from "./shared.ts"
import { mappingOf, settingsOf } from "./mapping.ts"
import { choose, fileFailed, type Opened, type SourceFlags, withSource } from "./source.ts"

/** What `map test` takes. */
export interface MapTestFlags extends SourceFlags {
  readonly mapping: string
  /** Any text of the person's record, such as an e-mail address. */
  readonly person: string
}

const mentions = (value: unknown, folded: string): boolean =>
  typeof value === "string"
    ? foldName(value) === folded
    : typeof value === "object" && value !== null && Object.values(value).some((held) => mentions(held, folded))

/** Shows the way of a person's record through the mapping; nothing is sent anywhere. */
export const test = Effect.fn("map.test")(function* (
  flags: SharedFlags,
  own: MapTestFlags
): Effect.fn.Return<void, Ended> {
  const compiled = yield* mappingOf(own.mapping)
  const chosen = yield* Effect.fromResult(choose(own, compiled.mapping.source ?? {}, own.mapping))
  const search = (source: PeopleSource) =>
    source.read(compiled.fields).pipe(
      Stream.filter(({ fields }) => mentions(fields, foldName(own.person))),
      Stream.map((record) => trace(compiled, record)),
      Stream.runCollect,
      Effect.mapError(fileFailed),
      Effect.map((found) => ({ found, name: source.name }))
    )
  const { found, name } = yield* withSource(flags, own, chosen, ({ source }) => search(source))
  if (found.length === 0) {
    const detail = `No record of ${name} has the value ${JSON.stringify(own.person)} in any field.`
    return yield* new Ended({ code: codes.checkFailed, reason: "NobodyFound", detail })
  }
  yield* Effect.forEach(found, (one) =>
    Console.log(flags.json ? JSON.stringify(TraceText.json(one)) : TraceText.text(one))
  )
  if (found.some(({ outcome }) => Result.isFailure(outcome))) {
    return yield* new Ended({
      code: codes.checkFailed,
      reason: "MappingProblem",
      detail: "The record makes no person."
    })
  }
})

/** What `map guess` takes: the mapping file is for its `source` section. */
export interface MapGuessFlags extends SourceFlags {
  readonly mapping: Option.Option<string>
}

// Objects need not have the same members; those of so many are nearly always all there are.
const looked = 100

const guessFrom = ({ headers, source }: Opened): Effect.Effect<Guess, Ended> =>
  Effect.mapError(
    headers === null
      ? Effect.map(Stream.runCollect(Stream.take(source.read([]), looked)), (records) => {
          const samples = records.map(({ fields }) => fields)
          return guess(fieldNames(samples), samples)
        })
      : Effect.map(headers, (names) => guess(names)),
    fileFailed
  )

/** Prints a mapping to begin with, from the names of the columns, members or attributes. */
export const suggest = Effect.fn("map.guess")(function* (
  flags: SharedFlags,
  own: MapGuessFlags
): Effect.fn.Return<void, Ended> {
  const mappingPath = Option.getOrNull(own.mapping)
  const settings = mappingPath === null ? {} : yield* settingsOf(mappingPath)
  const chosen = yield* Effect.fromResult(choose(own, settings, mappingPath))
  const { guessed, left, mapping, missing } = yield* withSource(flags, own, chosen, guessFrom)
  const whole = Object.keys(settings).length === 0 ? mapping : { source: settings, ...mapping }
  if (flags.json) return yield* Console.log(JSON.stringify({ mapping: whole, guessed, left, missing }))
  const remarks = [
    ...guessed.map(({ header, path, reason }) => `# ${path} is taken from ${JSON.stringify(header)}: ${reason}`),
    ...left.map((header) => `# Not used: ${JSON.stringify(header)}`),
    ...missing.map((path) => `# Missing, and needed: ${path}`)
  ]
  return yield* Console.log(`${[...remarks, stringify(whole)].join("\n")}`.trimEnd())
})
