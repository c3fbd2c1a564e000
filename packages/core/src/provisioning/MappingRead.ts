/** Reads a mapping as it was written, and says all that is wrong with it. */
import { Predicate, Result, Schema } from "effect"
import { faultsOf } from "./DecodeFaults.ts"
import { type Compiled, compile, Mapping } from "./Mapping.ts"
import { secretsIn, SourceSettings } from "./SourceSettings.ts"

/** What is wrong in a mapping file. */
export class MappingRefused extends Schema.TaggedError<MappingRefused>()("MappingRefused", {
  /** One per fault: where it is, and what is wrong. */
  faults: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `The mapping cannot be used:\n${this.faults.map((fault) => `  ${fault}`).join("\n")}`
  }
  get next(): string {
    return "Correct it there; loom-scim map guess prints one to begin with."
  }
}

const strict = { errors: "all", onExcessProperty: "error" } as const
const decode = Schema.decodeUnknownResult(Mapping, strict)
const decodeSource = Schema.decodeUnknownResult(SourceSettings, strict)

const refuse = (faults: ReadonlyArray<string>) => Result.fail(new MappingRefused({ faults }))

const sectionOf = (value: unknown): unknown => (Predicate.hasProperty(value, "source") ? value.source : undefined)

/** A file is copied, sent and kept in repositories. */
const secretsOf = (value: unknown): ReadonlyArray<string> =>
  secretsIn(sectionOf(value), "source").map(
    (where) =>
      `${where}: secrets do not belong into a file; set LOOM_SCIM_LDAP_PASSWORD or LOOM_SCIM_SOURCE_TOKEN, or give --source-secret-file`
  )

/** Makes a mapping of a value that came from YAML or JSON. */
export const read = (value: unknown): Result.Result<Compiled, MappingRefused> => {
  const secrets = secretsOf(value)
  if (secrets.length > 0) return refuse(secrets)
  if (!Predicate.isObject(value)) return refuse(["attributes: is needed, with externalId and userName in it"])
  const decoded = decode(value)
  if (Result.isFailure(decoded)) return refuse(faultsOf(decoded.failure))
  const compiled = compile(decoded.success)
  return Result.isSuccess(compiled)
    ? Result.succeed(compiled.success)
    : refuse(compiled.failure.map(({ detail, where }) => `${where}: ${detail}`))
}

/** Only the `source` section, for a file that has no mapping yet; empty when there is none. */
export const readSource = (value: unknown): Result.Result<SourceSettings, MappingRefused> => {
  const secrets = secretsOf(value)
  if (secrets.length > 0) return refuse(secrets)
  const decoded = decodeSource(sectionOf(value) ?? {})
  return Result.isSuccess(decoded)
    ? Result.succeed(decoded.success)
    : refuse(faultsOf(decoded.failure).map((fault) => `source.${fault}`))
}
