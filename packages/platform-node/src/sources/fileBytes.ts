/** The bytes of a file, and the certainty that it stayed the same while it was read. */
import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { open } from "node:fs/promises"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Predicate } from "effect"

const pieceBytes = 64 * 1024

const failure = (source: string, reason: SourceFailure["reason"], detail: string, next: string) =>
  new SourceFailure({ reason, source, at: null, detail, next })

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : "unknown cause"

const notOpened = (path: string, cause: unknown): SourceFailure => {
  const code = codeOf(cause)
  if (code === "ENOENT" || code === "ENOTDIR")
    return failure(path, "notFound", "there is no such file", "Check the path")
  return code === "EACCES" || code === "EPERM"
    ? failure(path, "unreadable", "it may not be read by you", "Change its permissions, or run as somebody who may")
    : failure(path, "unreadable", `it cannot be opened (${code})`, "Check the disk, or copy the file elsewhere")
}

const fill = async (file: FileHandle, path: string): Promise<Uint8Array> => {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes))
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    throw failure(
      path,
      "endedEarly",
      `reading stopped before its end (${codeOf(cause)})`,
      "Check the disk, or copy the file elsewhere"
    )
  }
}

/** Reads a regular file piece by piece. Throws a `SourceFailure`; also at the end, when it was written to meanwhile. */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array, void> {
  // Opened without waiting: the path may be that of a pipe that nobody writes to.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw notOpened(path, cause)
  })
  const before = await file.stat({ bigint: true })
  if (!before.isFile()) {
    throw failure(path, "unreadable", "it is not a file", "Give the file itself; what a program writes goes to stdin")
  }
  for (;;) {
    const piece = await fill(file, path)
    if (piece.length === 0) break
    yield piece
  }
  const after = await file.stat({ bigint: true })
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw failure(
      path,
      "endedEarly",
      "it was changed while it was read, so people may be missing",
      "Wait until whoever writes it is done, and run again"
    )
  }
}
