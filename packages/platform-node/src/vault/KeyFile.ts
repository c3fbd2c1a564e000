/** The file that holds the sealing keys when the environment does not: lines `keyid:base64`, the last one current. */
import { Effect, Option, Redacted } from "effect"
import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync
} from "node:fs"
import { dirname } from "node:path"
import { createDirectory } from "../store/createDirectory.ts"
import { syncDirectory } from "../store/DatabaseFile.ts"
import { KeyFailure } from "./KeyFailure.ts"
import * as SealingKey from "./SealingKey.ts"

type Keys = ReadonlyArray<SealingKey.SealingKey>

const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "")

const unreadable = (path: string, verb: string) => (cause: unknown) =>
  cause instanceof KeyFailure
    ? cause
    : new KeyFailure({
        reason: "unreadable",
        detail: `The key file ${path} cannot be ${verb} (${codeOf(cause) || String(cause)})`,
        next: "Check the permissions and free space of its directory, or give the key in LOOM_SCIM_KEY."
      })

const malformed = (path: string, line: number) =>
  new KeyFailure({
    reason: "malformed",
    detail: `Line ${line} of the key file ${path} is not a key`,
    next: "Restore the file from a backup; do not delete it, the tokens sealed with it cannot be opened without."
  })

const exposed = (path: string, mode: number) =>
  new KeyFailure({
    reason: "exposed",
    detail: `The key file ${path} can be read by others (mode ${(mode & 0o777).toString(8)})`,
    next: `Run: chmod 600 ${path} — and, if others could have read it, loom-scim key rotate.`
  })

const parseLine = (line: string): Option.Option<SealingKey.SealingKey> => {
  const colon = line.indexOf(":")
  return SealingKey.parse(Redacted.make(line.slice(colon + 1))).pipe(
    // The id guards against a line damaged in a way that still looks like a key.
    Option.filter((key) => key.id === line.slice(0, colon).trim())
  )
}

/** Every key in the file, the current one last; none when there is no file. */
export const read = (path: string): Effect.Effect<Keys, KeyFailure> =>
  Effect.try({
    try: () => {
      const descriptor = openSync(path, "r")
      try {
        const { mode } = fstatSync(descriptor)
        // Windows has no such bits; its permissions come from the user's profile.
        if (process.platform !== "win32" && (mode & 0o077) !== 0) throw exposed(path, mode)
        const lines = readFileSync(descriptor, "utf8").split("\n")
        const keys = lines.flatMap((line, index) => {
          if (line.trim() === "") return []
          const key = parseLine(line)
          if (Option.isNone(key)) throw malformed(path, index + 1)
          return [key.value]
        })
        if (keys.length === 0) throw malformed(path, 1)
        return keys
      } finally {
        closeSync(descriptor)
      }
    },
    catch: (cause) => cause
  }).pipe(
    Effect.catch((cause) =>
      codeOf(cause) === "ENOENT" ? Effect.succeed([]) : Effect.fail(unreadable(path, "read")(cause))
    )
  )

/** A complete, synced 0600 file beside the real one, for `place` to put there in one step. */
const draft = (path: string, keys: Keys, place: (draft: string) => void): void => {
  const temporary = `${path}.${process.pid}.new`
  rmSync(temporary, { force: true })
  try {
    const descriptor = openSync(temporary, "wx", 0o600)
    try {
      const text = keys.map((key) => `${key.id}:${Redacted.value(SealingKey.toBase64(key))}\n`).join("")
      writeSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    // The umask may have taken bits away that the owner needs.
    chmodSync(temporary, 0o600)
    place(temporary)
    syncDirectory(dirname(path))
  } finally {
    rmSync(temporary, { force: true })
  }
}

/**
 * Makes the file with one new key unless there is one, and answers what is then in it. Linking a finished file into
 * place fails when the name is taken, so that of two processes one makes the key and both use it, and no crash leaves
 * half a key.
 */
export const ensure = (path: string): Effect.Effect<Keys, KeyFailure> =>
  Effect.flatMap(read(path), (keys) =>
    keys.length > 0
      ? Effect.succeed(keys)
      : Effect.try({
          try: () => {
            createDirectory(dirname(path))
            draft(path, [SealingKey.generate()], (temporary) => linkSync(temporary, path))
          },
          catch: (cause) => cause
        }).pipe(
          Effect.catch((cause) =>
            codeOf(cause) === "EEXIST" ? Effect.void : Effect.fail(unreadable(path, "created")(cause))
          ),
          Effect.andThen(read(path))
        )
  )

/** Replaces the file's keys in one step: after a crash either the old or the new file is there, complete. */
export const replace = (path: string, keys: Keys): Effect.Effect<void, KeyFailure> =>
  Effect.try({
    try: () => draft(path, keys, (temporary) => renameSync(temporary, path)),
    catch: unreadable(path, "written")
  })
