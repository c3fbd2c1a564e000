/** Reads a mapping as it was written, and says all that is wrong with it. */
import { Result, Schema } from "effect"
import { type Compiled, compile, Mapping } from "./Mapping.ts"

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

const decode = Schema.decodeUnknownResult(Mapping, { errors: "all", onExcessProperty: "error" })

/** Makes a mapping of a value that came from YAML or JSON. */
export const read = (value: unknown): Result.Result<Compiled, MappingRefused> => {
  const decoded = decode(value)
  if (Result.isFailure(decoded)) {
    return Result.fail(new MappingRefused({ faults: decoded.failure.message.split("\n") }))
  }
  return Result.mapError(
    compile(decoded.success),
    (faults) => new MappingRefused({ faults: faults.map(({ detail, where }) => `${where}: ${detail}`) })
  )
}
