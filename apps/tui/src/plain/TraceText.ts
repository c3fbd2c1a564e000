/** The way of one record through the mapping, for people and for machines. */
import type { Trace } from "@loom-scim/core/provisioning/MappingApply"
import { Result } from "effect"
import { printable } from "./Printable.ts"

/** A step a line, then the person that came of it, or what is wrong. */
export const text = ({ at, outcome, steps }: Trace): string => {
  const way = steps.map(
    ({ path, value, what }) => `  ${path}: ${printable(what)} -> ${printable(JSON.stringify(value))}`
  )
  const end = Result.match(outcome, {
    onSuccess: (mapped) =>
      mapped._tag === "Excluded"
        ? [`Left out: ${mapped.reason}`]
        : [`A person: ${JSON.stringify(mapped.person, null, 2)}`],
    onFailure: (problems) => problems.map(({ detail, field }) => `Problem: ${field} ${printable(detail)}`)
  })
  return [at, ...way, ...end].join("\n")
}

/** The same for machines. */
export const json = ({ at, outcome, steps }: Trace) => ({
  at,
  steps,
  ...Result.match(outcome, { onSuccess: (mapped) => ({ mapped }), onFailure: (problems) => ({ problems }) })
})
