/**
 * The room that the people of an upload have. A source is on disk, but who is in it is compared in memory, and where that
 * ends the whole server would end: what is too much is refused before.
 */
import { TooLargeProblem } from "@loom-scim/contract/Problem"
import type { PeopleSource, SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { fieldOf } from "@loom-scim/core/provisioning/SourceField"
import { Deferred, Effect, Stream } from "effect"
import { getHeapStatistics } from "node:v8"

/** Bytes of the heap that a person of a source takes at most while a plan is made and kept, as measured, with room. */
const heapPerLine = 4096
/** The same of one who has next to nothing to be sent, and what each byte of theirs that the mapping takes adds. */
const heapPerPerson = 2048
const heapPerByte = 3.5
/** Bytes of the heap that the server takes for itself, and the part of the others that one plan may take. */
const own = 100_663_296
const part = 3 / 4

const heap = (): number => getHeapStatistics().heap_size_limit

/** How many lines a source may have, which can be told while it comes. */
export const mostLines = (): number => Math.floor(heap() / heapPerLine)

/** That there is not enough memory for something of a source. */
export const tooMuch = (detail: string) =>
  new TooLargeProblem({
    detail,
    next: "Send less at once, or give the server more memory: NODE_OPTIONS=--max-old-space-size, in MiB."
  })

const bytesOf = ({ fields }: SourceRecord, names: ReadonlyArray<string>): number =>
  names.reduce((sum, name) => {
    const value = fieldOf(fields, name) ?? null
    return sum + (value === null ? 0 : Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value)))
  }, 0)

/** A source that is read no further than there is room, and planning from it, which is refused then. */
export const within = Effect.fnUntraced(function* (source: PeopleSource) {
  const room = (heap() - own) * part
  const beyond = yield* Deferred.make<never, TooLargeProblem>()
  const read = (names: ReadonlyArray<string>) =>
    Stream.suspend(() => {
      let people = 0
      let bytes = 0
      return Stream.mapArrayEffect(source.read(names), (records) => {
        people += records.length
        for (const record of records) bytes += bytesOf(record, names)
        if (people * heapPerPerson + bytes * heapPerByte <= room) return Effect.succeed(records)
        const detail = `${source.name} has more than this server has memory to compare: the mapping takes ${bytes} bytes of its first ${people} people.`
        return Effect.andThen(Deferred.fail(beyond, tooMuch(detail)), Effect.never)
      })
    })
  const bounded: PeopleSource = { ...source, read }
  const planning = <A, E, R>(plan: Effect.Effect<A, E, R>): Effect.Effect<A, E | TooLargeProblem, R> =>
    // Of a request that nothing may stop, this still must be.
    Effect.raceFirst(Effect.interruptible(plan), Deferred.await(beyond))
  return { source: bounded, planning }
})
