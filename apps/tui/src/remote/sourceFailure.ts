/** Why a source was not read to its end, from the one sentence in which a server tells it. */
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"

/** `people.csv, line 7: …. …`, where the server calls it `called` and the person here `source`. */
export const sourceFailureOf = (text: string, called: string, source: string): SourceFailure => {
  const rest = text.startsWith(called) ? text.slice(called.length) : `: ${text}`
  const [head = "", at = null] = /^(?:, ([^:]*))?: /.exec(rest) ?? []
  const said = rest.slice(head.length)
  const end = said.lastIndexOf(". ")
  const [detail, next] = end < 0 ? [said, ""] : [said.slice(0, end), said.slice(end + 2)]
  return new SourceFailure({ reason: "endedEarly", source, at, detail, next })
}
