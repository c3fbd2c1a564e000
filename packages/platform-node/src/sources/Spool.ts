/** What can be read once only, kept so that it can be read again: in a file without a name, not in memory. */
import type { FileHandle } from "node:fs/promises"
import { open, unlink } from "node:fs/promises"
import { randomUUID } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Effect, Predicate } from "effect"
import type { Scope } from "effect"

const pieceBytes = 64 * 1024

/** Bytes that can be read from their beginning any number of times. */
export interface Spool {
  readonly read: () => AsyncGenerator<Uint8Array, void>
}

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : "unknown cause"

const notKept = (source: string, cause: unknown): SourceFailure =>
  cause instanceof SourceFailure
    ? cause
    : new SourceFailure({
        reason: "unreadable",
        source,
        at: null,
        detail: `it cannot be kept for reading it twice (${codeOf(cause)})`,
        next: `Make room in ${tmpdir()}, or set TMPDIR to a directory with room`
      })

/** Its name is gone before anything is in it, so that it is gone with this process, however that ends. */
const nameless = async (): Promise<FileHandle> => {
  const path = join(tmpdir(), `loom-scim-${randomUUID()}`)
  const file = await open(path, "wx+", 0o600)
  await unlink(path)
  return file
}

async function* readAll(file: FileHandle): AsyncGenerator<Uint8Array, void> {
  let position = 0
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Reads to the end and keeps it until the scope closes. Fails as reading does, before anything was made of it. */
export const make = (
  source: string,
  bytes: () => AsyncIterable<Uint8Array>
): Effect.Effect<Spool, SourceFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const attempt = <A>(run: () => Promise<A>) =>
      Effect.tryPromise({ try: run, catch: (cause) => notKept(source, cause) })
    const held: { file: FileHandle | null; isOver: boolean } = { file: null, isOver: false }
    yield* Effect.addFinalizer(() =>
      Effect.ignore(
        Effect.promise(async () => {
          held.isOver = true
          await held.file?.close()
        })
      )
    )
    const opened = async (): Promise<FileHandle> => {
      const file = await nameless()
      if (!held.isOver) return (held.file = file)
      // Given up while it was being opened: nobody else would close it.
      await file.close()
      throw new Error("given up")
    }
    const file = yield* attempt(async () => {
      // Reading begins at once, since whoever writes may break off at once, too.
      for await (const piece of bytes()) await (held.file ?? (await opened())).writeFile(piece)
      return held.file ?? (await opened())
    })
    return { read: () => readAll(file) }
  })
