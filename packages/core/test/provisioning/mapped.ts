/** What a mapping makes of one record. */
import { Result } from "effect"
import { compile, type Compiled, type Mapping } from "../../src/provisioning/Mapping.ts"
import { apply } from "../../src/provisioning/MappingApply.ts"
import type { Person } from "../../src/provisioning/Person.ts"
import type { JsonObject } from "../../src/scim/Json.ts"

/** A mapping that has to be right. */
export const ready = (of: Mapping): Compiled => Result.getOrThrow(compile(of))

/** A record with these fields. */
export const recordOf = (fields: JsonObject) => ({ at: "line 2", fields })

/** The person that it has to make. */
export const personBy = (of: Mapping, fields: JsonObject): Person => {
  const mapped = Result.getOrThrow(apply(ready(of), recordOf(fields)))
  if (mapped._tag === "Mapped") return mapped.person
  throw new Error(`excluded: ${mapped.reason}`)
}

/** Where its problems are; it has to have some. */
export const problemsBy = (of: Mapping, fields: JsonObject) => {
  const mapped = apply(ready(of), recordOf(fields))
  if (Result.isFailure(mapped)) return mapped.failure.map(({ at, field }) => [field, at])
  throw new Error("no problem")
}
