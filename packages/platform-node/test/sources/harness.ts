/** Files for a test, and what a source makes of them. */
import type { PeopleSource, SourceFailure, SourceRecord } from "@loom-scim/core/ports/PeopleSource"
import { Effect, Stream } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"

const directory = mkdtempSync(join(tmpdir(), "loom-scim-sources-"))
afterAll(() => rmSync(directory, { recursive: true }))

/** The path of a file with this content; without content there is none. */
export const file = (name: string, content?: string | Uint8Array): string => {
  const path = join(directory, name)
  if (content !== undefined) writeFileSync(path, content)
  return path
}

/** Everybody. */
export const all = (source: PeopleSource): Effect.Effect<ReadonlyArray<SourceRecord>, SourceFailure> =>
  Stream.runCollect(source.read([]))

/** The fields of everybody. */
export const fields = (source: PeopleSource) =>
  Effect.map(all(source), (records) => records.map(({ fields }) => fields))

/** Why a source cannot be read, for these fields if any, and where. */
export const trouble = (source: PeopleSource, looked: ReadonlyArray<string> = []) =>
  Effect.map(Effect.flip(Stream.runDrain(source.read(looked))), (failure) => {
    if (failure.source !== source.name) throw new Error(`${failure.source} is not ${source.name}`)
    return { reason: failure.reason, at: failure.at, message: failure.message }
  })

/** Text in pieces of so many bytes, as a stream would bring it. */
export async function* pieces(content: string | Uint8Array, bytes: number): AsyncGenerator<Uint8Array, void> {
  const whole = Buffer.from(content)
  for (let start = 0; start < whole.length; start += bytes) yield whole.subarray(start, start + bytes)
}
