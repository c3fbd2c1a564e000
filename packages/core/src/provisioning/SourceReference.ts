/** Where people come from, as a person writes it: `people.csv`, `-`, `ldaps://host`, `scim+https://host/path`, `scim:acme`. */
import { Option, Result, Schema } from "effect"
import { ConnectionId } from "../setup/ConnectionId.ts"
import type { SourceSettings } from "./SourceSettings.ts"

/** How the text of a file or of standard input is made. */
export type TextFormat = "csv" | "jsonl"

/** One place. */
export type SourceReference =
  | { readonly _tag: "File"; readonly path: string; readonly format: TextFormat }
  | { readonly _tag: "Stdin"; readonly format: TextFormat }
  | { readonly _tag: "Ldap"; readonly url: string }
  /** Another server. `url` is not judged yet: whether private networks are allowed is not known here. */
  | { readonly _tag: "Scim"; readonly url: string }
  /** The server of another connection that was set up here. */
  | { readonly _tag: "Connection"; readonly id: ConnectionId }

const kinds =
  "People are read from .csv, .tsv, .txt, .jsonl and .ndjson files, - or stdin:csv or stdin:jsonl, ldaps://host, scim+https://host/path and scim:CONNECTION."

const byEnding: ReadonlyArray<readonly [ending: RegExp, format: TextFormat]> = [
  [/\.(?:csv|tsv)$/i, "csv"],
  [/\.(?:jsonl|ndjson)$/i, "jsonl"]
]

/** Anything before an @ in the authority, however it is written: it must not even be repeated. */
const holdsAccount = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/*[^/?#]*@/i.test(text)

const leaked =
  "The address has an account in it (what stands before the @). Secrets would be seen in process lists, histories and files: remove it. The password of an LDAP account comes from LOOM_SCIM_LDAP_PASSWORD, the token of a SCIM server from LOOM_SCIM_SOURCE_TOKEN, either also from --source-secret-file or --source-secret-fd."

const fileOf = (path: string, format: TextFormat | undefined): Result.Result<SourceReference, string> => {
  const told = byEnding.find(([ending]) => ending.test(path))?.[1]
  const known = told ?? format ?? (/\.txt$/i.test(path) ? "csv" : undefined)
  if (known !== undefined) return Result.succeed({ _tag: "File", path, format: known })
  return Result.fail(`${path}: ${kinds} For a file of another name say source.format in the mapping file.`)
}

const connectionOf = (name: string): Result.Result<SourceReference, string> => {
  const id = Schema.decodeUnknownOption(ConnectionId)(name)
  return Option.isSome(id)
    ? Result.succeed({ _tag: "Connection", id: id.value })
    : Result.fail(`scim: is followed by the id of a connection, see loom-scim connections list. ${kinds}`)
}

/** Reads what a person wrote, or says in words why it is no source. The answer never repeats what may be a secret. */
export const parse = (
  text: string,
  { format }: Pick<SourceSettings, "format"> = {}
): Result.Result<SourceReference, string> => {
  if (text === "-" || text === "stdin") return Result.succeed({ _tag: "Stdin", format: format ?? "csv" })
  if (text === "stdin:csv") return Result.succeed({ _tag: "Stdin", format: "csv" })
  if (text === "stdin:jsonl") return Result.succeed({ _tag: "Stdin", format: "jsonl" })
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  const isAddress = scheme !== undefined && /^(?:ldaps?|scim(?:\+https?)?|https?|stdin)$/.test(scheme)
  if (isAddress && holdsAccount(text)) return Result.fail(leaked)
  if (isAddress && /[?#]/.test(text)) {
    return Result.fail("The address has a ? or a # in it. Base, filter and attributes go into the mapping file.")
  }
  switch (isAddress ? scheme : undefined) {
    case undefined:
      return fileOf(text, format)
    case "ldap":
    case "ldaps":
      return Result.succeed({ _tag: "Ldap", url: text })
    case "scim+https":
    case "scim+http":
      return Result.succeed({ _tag: "Scim", url: text.slice("scim+".length) })
    case "scim":
      return connectionOf(text.slice("scim:".length))
    case "http":
    case "https":
      return Result.fail(`A SCIM server is written as scim+${text}.`)
    default:
      return Result.fail(kinds)
  }
}
