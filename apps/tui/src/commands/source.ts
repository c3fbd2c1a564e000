/** The source of a reconcile: people from a file, standard input, an LDAP directory or another SCIM server. */
import type { PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import * as SourceReference from "@loom-scim/core/provisioning/SourceReference"
import { sendsInClear, type SourceSettings } from "@loom-scim/core/provisioning/SourceSettings"
import * as CsvSource from "@loom-scim/platform-node/sources/CsvSource"
import * as JsonLinesSource from "@loom-scim/platform-node/sources/JsonLinesSource"
import { Effect, Option, Result } from "effect"
import type { Scope } from "effect"
import { dirname, resolve } from "node:path"
import { codes, Ended } from "../Exit.ts"
import type { ClientServices } from "../Services.ts"
import type { SharedFlags } from "./shared.ts"
import { within } from "./shared.ts"
import * as SourceSecret from "./sourceSecret.ts"

/** The flags that choose a source. */
export interface SourceFlags extends SourceSecret.SecretFlags {
  readonly source: Option.Option<string>
}

/** A source that can be read, and how the names of its columns are learnt when it has any. */
export interface Opened {
  readonly source: PeopleSource
  readonly headers: Effect.Effect<ReadonlyArray<string>, SourceFailure> | null
}

/** Which source, how it is read, and against which directory its files are found. */
export interface Chosen {
  readonly reference: SourceReference.SourceReference
  readonly settings: SourceSettings
  readonly directory: string
}

/** What is wrong in a file that a person gave: how to call the command, not what happened on the way. */
export const fileFailed = (error: { readonly _tag: string; readonly message: string; readonly next: string }): Ended =>
  new Ended({
    code: codes.usage,
    reason: error._tag,
    detail: error.message.includes(error.next) ? error.message : `${error.message}\n${error.next}`
  })

const unusable = (reason: string, detail: string) => new Ended({ code: codes.usage, reason, detail })

/** The source that the flag names, else the one of the mapping file, whose paths are relative to it. */
export const choose = (
  { source }: Pick<SourceFlags, "source">,
  settings: SourceSettings,
  mappingPath: string | null
): Result.Result<Chosen, Ended> => {
  const directory = mappingPath === null ? "." : dirname(mappingPath)
  const text = Option.getOrUndefined(source) ?? settings.from
  if (text === undefined) {
    const detail = "Say where the people are: --source people.csv, or source.from in the mapping file."
    return Result.fail(unusable("SourceMissing", detail))
  }
  return Result.mapBoth(SourceReference.parse(text, settings), {
    onFailure: (detail) => unusable("UnknownSource", detail),
    onSuccess: (reference) => ({
      reference:
        reference._tag === "File" && Option.isNone(source)
          ? { ...reference, path: resolve(directory, reference.path) }
          : reference,
      settings,
      directory
    })
  })
}

const fileOf = ({ encoding, separator }: SourceSettings, path: string, format: SourceReference.TextFormat): Opened => {
  const text = encoding === undefined ? {} : { encoding }
  if (format === "jsonl") return { source: JsonLinesSource.make(path, text), headers: null }
  const options = { ...text, ...(separator === undefined ? {} : { separator }) }
  return { source: CsvSource.make(path, options), headers: CsvSource.headers(path, options) }
}

const stdinOf = Effect.fnUntraced(function* (
  { encoding, separator }: SourceSettings,
  format: SourceReference.TextFormat
): Effect.fn.Return<Opened, Ended, Scope.Scope> {
  if (process.stdin.isTTY) {
    const detail = "Standard input is a terminal: pipe into it what another program writes, or give a file."
    return yield* unusable("SourceIsTerminal", detail)
  }
  const { kept } = yield* Effect.promise(() => import("@loom-scim/platform-node/sources/StdinSource"))
  const options = { format, ...(encoding === undefined ? {} : { encoding }) }
  const told = separator === undefined || format === "jsonl" ? options : { ...options, separator }
  return yield* Effect.mapError(kept(process.stdin, told), fileFailed)
})

const ldapOf = Effect.fnUntraced(function* (
  { directory, settings }: Chosen,
  url: string,
  flags: SourceSecret.SecretFlags
): Effect.fn.Return<Opened, Ended> {
  const { ldap } = settings
  if (ldap === undefined) {
    const detail =
      "An LDAP source needs to know where its people are: give source.ldap.base in the mapping file, such as ou=people,dc=example,dc=com."
    return yield* unusable("SourceIncomplete", detail)
  }
  const { allowCleartext: _allowCleartext, bindDn, caFile, ...asked } = ldap
  if (sendsInClear(url, ldap)) {
    const detail =
      "ldap:// would send the password in the clear. Use ldaps://, or say source.ldap.startTls: true; allowCleartext: true sends it nevertheless."
    return yield* unusable("SourceInTheClear", detail)
  }
  const bind = bindDn === undefined ? {} : { bind: { dn: bindDn, password: yield* SourceSecret.read("ldap", flags) } }
  const trusted = caFile === undefined ? {} : { caFile: resolve(directory, caFile) }
  const { make } = yield* Effect.promise(() => import("@loom-scim/platform-node/sources/LdapSource"))
  return { source: make({ url, ...asked, ...bind, ...trusted }), headers: null }
})

/** Opens a source for as long as the scope is. What is rarely used is loaded only then. */
export const open = Effect.fn("source.open")(function* (
  flags: SharedFlags,
  own: SourceSecret.SecretFlags,
  chosen: Chosen
): Effect.fn.Return<Opened, Ended, Scope.Scope | ClientServices> {
  const { reference, settings } = chosen
  switch (reference._tag) {
    case "File":
      return fileOf(settings, reference.path, reference.format)
    case "Stdin":
      return yield* stdinOf(settings, reference.format)
    case "Ldap":
      return yield* ldapOf(chosen, reference.url, own)
    case "Scim":
    case "Connection": {
      const { openScim } = yield* Effect.promise(() => import("./sourceScim.ts"))
      return { source: yield* openScim(flags, own, reference, settings.scim ?? {}), headers: null }
    }
  }
})

/** Runs a command over a source alone, without the store unless a connection's token is needed. */
export const withSource = <A>(
  flags: SharedFlags,
  own: SourceSecret.SecretFlags,
  chosen: Chosen,
  use: (opened: Opened) => Effect.Effect<A, Ended>
): Effect.Effect<A, Ended> => {
  const { reference, settings } = chosen
  switch (reference._tag) {
    case "File":
      return use(fileOf(settings, reference.path, reference.format))
    case "Stdin":
      return Effect.scoped(Effect.flatMap(stdinOf(settings, reference.format), use))
    case "Ldap":
      return Effect.flatMap(ldapOf(chosen, reference.url, own), use)
    case "Scim":
    case "Connection":
      return Effect.flatMap(
        Effect.promise(() => import("./connected.ts")),
        ({ clients }) => within(flags, "cli", clients, Effect.scoped(Effect.flatMap(open(flags, own, chosen), use)))
      )
  }
}
