/** Reads Loom's member export, or any CSV or text file with e-mail addresses in it. */
import { MemberList, MemberListUnreadable } from "@loom-scim/core/ports/MemberList"
import { emailsIn } from "@loom-scim/core/setup/MemberReview"
import { parse } from "csv-parse/sync"
import { Effect, Layer } from "effect"
import { readFile, stat } from "node:fs/promises"

/** Larger than any workspace's export (about 500,000 members), small enough to read at once. */
const limit = 64 * 1024 * 1024

const header = /^(?:e-?mail|email address|user ?name|mail|upn)$/i

/**
 * The texts to look for addresses in: the column whose header says e-mail, so that an "invited by" column is not taken
 * for members; else the whole file.
 */
const addressCells = (text: string): string => {
  const clean = text.replace(/^\uFEFF/, "")
  const delimiter = /^[^\r\n,;\t]*([,;\t])/.exec(clean)?.[1] ?? ","
  const rows: ReadonlyArray<ReadonlyArray<string>> = parse(clean, {
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true
  })
  const column = rows[0]?.findIndex((cell) => header.test(cell)) ?? -1
  return column < 0 ? clean : rows.map((row) => row[column] ?? "").join("\n")
}

const unreadable = (path: string, cause: unknown): MemberListUnreadable => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const detail =
    code === "ENOENT"
      ? `There is no file ${path}`
      : code === "EACCES"
        ? `${path} may not be read by you`
        : code === "EISDIR"
          ? `${path} is a directory`
          : `${path} could not be read as CSV${code === "" ? "" : ` (${code})`}`
  return new MemberListUnreadable({ path, detail, next: "Give the path of the member export, or paste the addresses" })
}

/** On files of this machine. UTF-8, with or without a byte order mark; comma, semicolon or tab. */
export const layer = Layer.succeed(
  MemberList,
  MemberList.of({
    fromFile: Effect.fn("NodeMemberList.fromFile")(function* (path: string) {
      const read = async () => {
        const { size } = await stat(path)
        return size > limit ? undefined : readFile(path, "utf8")
      }
      const text = yield* Effect.tryPromise({ try: read, catch: (cause) => unreadable(path, cause) })
      if (text === undefined) {
        const next = "Give Loom's member export, not a backup"
        return yield* new MemberListUnreadable({ path, detail: `${path} is larger than 64 MiB`, next })
      }
      const cells = yield* Effect.try({ try: () => addressCells(text), catch: (cause) => unreadable(path, cause) })
      const emails = emailsIn(cells)
      if (emails.length === 0) {
        const detail = `${path} holds no e-mail address`
        return yield* new MemberListUnreadable({ path, detail, next: "Give the member export, or type none" })
      }
      return emails
    })
  })
)
