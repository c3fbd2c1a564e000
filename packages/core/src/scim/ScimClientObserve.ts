/** Noting what lists and changes show, beyond what a single answer does. */
import { Effect, Stream } from "effect"
import { isJsonObject, type JsonObject } from "./Json.ts"
import type { Learner } from "./Profile.ts"
import type { Quirk } from "./Quirk.ts"
import * as Observe from "./QuirkObserve.ts"
import type { ListedPage, Projection } from "./ScimClientTypes.ts"
import type { Answer } from "./Transport.ts"

/** Notes what the pages of a list show: the first row of each if it is whole, and the quirks of the walk at its end. */
export const listed = <E, R>(
  pages: Stream.Stream<ListedPage, E, R>,
  learner: Learner,
  { attributes, excludedAttributes }: Projection
): Stream.Stream<ListedPage, E, R> =>
  Stream.tap(pages, ({ resources, verdict }) =>
    Effect.sync(() => {
      const [first] = resources
      const isWhole = attributes === undefined && excludedAttributes === undefined
      if (first !== undefined && isWhole) learner.note(...Observe.ofResource(first))
      if (verdict === null) return
      learner.note(...verdict.quirks)
      if (verdict._tag === "Incomplete" && verdict.reason === "emptyPageBeforeTotal") learner.note(verdict.reason)
      const { claims } = learner
      const isWrong =
        (claims?.filter === true && verdict.quirks.has("filterIgnored")) ||
        (typeof claims?.maxResults === "number" && verdict.quirks.has("pageTooLong"))
      if (isWrong) learner.note("claimsWrong")
    })
  )

/** Notes what a resource that was answered, and its version, show. */
export const answered = (learner: Learner, resource: JsonObject, version: string | null): void => {
  learner.note(...Observe.ofResource(resource), ...Observe.ofVersion(version))
}

/** Notes that something works which the server says it cannot. */
export const contradicted = (learner: Learner, claim: "patch" | "bulk"): void => {
  if (learner.claims?.[claim] === false) learner.note("claimsWrong")
}

/** Notes when operations of a bulk request were limited one by one, though the request itself was let in. */
export const bulkAnswered = (learner: Learner, { json }: Answer): void => {
  const operations = isJsonObject(json) ? json["Operations"] : undefined
  if (!Array.isArray(operations)) return
  const isLimited = operations.some((one: unknown) => isJsonObject(one) && String(one["status"]) === "429")
  const quirk: Quirk = "bulkCountedPerOperation"
  if (isLimited) learner.note(quirk)
}
