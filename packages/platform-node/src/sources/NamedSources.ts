/**
 * Named sources as mapping files in a directory: `<connection>/<name>.yaml`, whose `source` section says where the people
 * are, a file or an LDAP directory. Whoever may write there decides what a server reads; callers see the name only.
 */
import { NamedSources, type SourceName } from "@loom-scim/core/ports/NamedSources"
import { type PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import * as MappingRead from "@loom-scim/core/provisioning/MappingRead"
import * as SourceReference from "@loom-scim/core/provisioning/SourceReference"
import { type LdapSettings, sendsInClear, type SourceSettings } from "@loom-scim/core/provisioning/SourceSettings"
import { Config, Effect, Layer, Option, Result, Stream } from "effect"
import { dirname, join, resolve } from "node:path"
import * as CsvSource from "./CsvSource.ts"
import * as JsonLinesSource from "./JsonLinesSource.ts"
import * as MappingFile from "./MappingFile.ts"

/** The password of LDAP accounts, as in the terminal. */
const password = Config.Redacted("LOOM_SCIM_LDAP_PASSWORD")

const refused = (source: string, detail: string, next: string) =>
  new SourceFailure({ reason: "refused", source, at: null, detail, next })

/** Paths are for whoever runs the server. */
const called =
  (name: string) =>
  ({ at, detail, next, reason }: SourceFailure): SourceFailure =>
    new SourceFailure({ reason, source: name, at, detail, next })

const fileOf = (
  { encoding, separator }: SourceSettings,
  path: string,
  format: SourceReference.TextFormat
): PeopleSource => {
  const text = encoding === undefined ? {} : { encoding }
  if (format === "jsonl") return JsonLinesSource.make(path, text)
  return CsvSource.make(path, { ...text, ...(separator === undefined ? {} : { separator }) })
}

const ldapOf = Effect.fnUntraced(function* (name: string, url: string, directory: string, settings?: LdapSettings) {
  if (settings === undefined) {
    return yield* refused(name, "it does not say where in the directory its people are", "Give source.ldap.base")
  }
  if (sendsInClear(url, settings)) {
    const next = "Use ldaps://, or source.ldap.startTls; allowCleartext: true sends it nevertheless"
    return yield* refused(name, "it would send the password in the clear", next)
  }
  const { allowCleartext: _allowCleartext, bindDn, caFile, ...asked } = settings
  const trusted = caFile === undefined ? {} : { caFile: resolve(directory, caFile) }
  const { make } = yield* Effect.promise(() => import("./LdapSource.ts"))
  if (bindDn === undefined) return make({ url, ...asked, ...trusted })
  const held = yield* Effect.orDie(Config.option(password))
  if (Option.isNone(held)) {
    return yield* refused(name, "the server has no password for it", "Start it with LOOM_SCIM_LDAP_PASSWORD")
  }
  return make({ url, ...asked, ...trusted, bind: { dn: bindDn, password: held.value } })
})

/** Opens what the section says, with paths relative to its file. */
const opened = Effect.fnUntraced(function* (name: string, path: string, settings: SourceSettings) {
  const next = "Give source.from: a .csv or .jsonl file, or ldaps://host"
  if (settings.from === undefined) return yield* refused(name, "it does not say where its people are", next)
  const reference = SourceReference.parse(settings.from, settings)
  if (Result.isFailure(reference))
    return yield* refused(name, "what it says of where its people are is no source", next)
  const { success } = reference
  switch (success._tag) {
    case "File":
      return fileOf(settings, resolve(dirname(path), success.path), success.format)
    case "Ldap":
      return yield* ldapOf(name, success.url, dirname(path), settings.ldap)
    case "Stdin":
    case "Scim":
    case "Connection":
      return yield* refused(name, "it is neither a file nor an LDAP directory", next)
  }
})

/** Those in a directory, which need not exist. */
export const layer = (directory: string): Layer.Layer<NamedSources> =>
  Layer.succeed(
    NamedSources,
    NamedSources.of({
      open: Effect.fn("NamedSources.open")(function* (of, name: SourceName) {
        const path = join(directory, of, `${name}.yaml`)
        const written = yield* Effect.mapError(MappingFile.read(path), called(name))
        const mapping = yield* Effect.fromResult(MappingRead.read(written))
        const people = yield* opened(name, path, mapping.mapping.source ?? {})
        const source: PeopleSource = {
          name,
          read: (fields) => Stream.mapError(people.read(fields), called(name))
        }
        return { source, mapping }
      })
    })
  )
