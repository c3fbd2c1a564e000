/** From what is to be compared to the form that a server takes. */
import type { PeopleSource, SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { Mapping } from "@loom-scim/core/provisioning/Mapping"
import type { Subject } from "@loom-scim/core/runs/SyncPlan"
import { Schema, Stream } from "effect"
import type * as HttpBody from "effect/http/HttpBody"
import { form } from "./form.ts"
import { policyText } from "./policyText.ts"

const encodeMapping = Schema.encodeSync(Schema.fromJsonString(Mapping))

/** What is sent, and what is learnt on the way. */
export interface Upload {
  readonly body: HttpBody.HttpBody
  /** Why the source could not be read to its end; null while it could. */
  readonly failure: () => SourceFailure | null
  /** The place that the source gives what the server says is on a line. */
  readonly placeOf: (at: string) => string
}

const utf8 = new TextEncoder()

/** Any source as JSON Lines; where each record was is noted. */
const asLines = (records: ReturnType<PeopleSource["read"]>, places: Array<string>) =>
  Stream.map(records, ({ at, fields }) => {
    places.push(at)
    return utf8.encode(`${JSON.stringify(fields)}\n`)
  })

/**
 * Text is sent as it is, so that its lines are the same there; other sources as lines of JSON. `more` are parts beside
 * those that a plan needs.
 */
export const uploadOf = (
  { adopt, leftGroups, mapping, policy, source }: Subject,
  more: Readonly<Record<string, string>> = {}
): Upload => {
  const places: Array<string> = []
  let failure: SourceFailure | null = null
  const { text } = source
  const format = text?.format ?? "jsonl"
  const { encoding, separator } = mapping.mapping.source ?? {}
  const readAs = {
    format,
    ...(text === undefined || encoding === undefined ? {} : { encoding }),
    ...(text === undefined || separator === undefined ? {} : { separator })
  }
  const bytes = Stream.suspend(() => {
    places.length = 0
    return text?.bytes ?? asLines(source.read(mapping.fields), places)
  })
  return {
    body: form(
      {
        mapping: encodeMapping({ ...mapping.mapping, source: readAs }),
        policy: JSON.stringify(policyText(policy)),
        adopt,
        leftGroups,
        ...more
      },
      {
        name: "source",
        fileName: source.name,
        contentType: format === "csv" ? "text/csv" : "application/x-ndjson",
        bytes: Stream.mapError(bytes, (error) => {
          failure = error
          return error
        })
      }
    ),
    failure: () => failure,
    placeOf: (at) => {
      const [, line] = /^line (\d+)$/.exec(at) ?? []
      return (line === undefined ? undefined : places[Number(line) - 1]) ?? at
    }
  }
}
