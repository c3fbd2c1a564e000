/** An upload: the source goes to a nameless file as it comes, what is short is read as text. */
import { InvalidInputProblem, TooLargeProblem } from "@loom-scim/contract/Problem"
import { ofRun } from "@loom-scim/contract/problemOfRun"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import * as MappingRead from "@loom-scim/core/provisioning/MappingRead"
import * as PolicyRead from "@loom-scim/core/provisioning/PolicyRead"
import type { Subject } from "@loom-scim/core/runs/SyncPlan"
import { verifiedDomains } from "@loom-scim/core/setup/State"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import * as MappingFile from "@loom-scim/platform-node/sources/MappingFile"
import type { Spool } from "@loom-scim/platform-node/sources/Spool"
import * as UploadedSource from "@loom-scim/platform-node/sources/UploadedSource"
import { ByteSize, Effect, Schema, Stream } from "effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import type { File, MultipartError, Part } from "effect/http/Multipart"

const longestText = 1_048_576

const Choices = Schema.Struct({
  kind: Schema.optionalKey(Schema.Literals(["reconcile", "incremental", "provision"])),
  person: Schema.optionalKey(Schema.NonEmptyString),
  adopt: Schema.optionalKey(Schema.Literals(["never", "unclaimed", "any"])),
  leftGroups: Schema.optionalKey(Schema.Literals(["empty", "delete"]))
})

/** What was sent. */
export interface Uploaded {
  readonly subject: Subject
  readonly kind: "reconcile" | "incremental" | "provision"
  readonly person: string | null
}

const invalid = (reason: string, detail: string, next: string) =>
  new InvalidInputProblem({ detail, next, reason, missing: null })

const tooLarge = (detail: string) =>
  new TooLargeProblem({ detail, next: "Send less at once, or raise --upload-limit." })

const ofParts = ({ reason }: MultipartError) =>
  reason._tag === "Parse" || reason._tag === "InternalError"
    ? invalid("upload", "The upload broke off or is not a multipart form.", "Send it as curl -F does.")
    : tooLarge("The upload is larger than this server takes.")

const textOf = (part: File) =>
  part.content.pipe(
    Stream.mapError(ofParts),
    Stream.runFoldEffect(
      () => ({ bytes: 0, pieces: new Array<Uint8Array>() }),
      (sum, piece) => {
        const bytes = sum.bytes + piece.length
        if (bytes > longestText) return Effect.fail(tooLarge(`The part ${part.key} is longer than 1 MiB.`))
        sum.pieces.push(piece)
        return Effect.succeed({ bytes, pieces: sum.pieces })
      }
    ),
    Effect.map(({ pieces }) => Buffer.concat(pieces).toString("utf8"))
  )

/** Whatever a caller calls it, people read it on a screen. */
const nameOf = ({ name }: File): string =>
  (name.split(/[\\/]/).at(-1) ?? "").replaceAll(/[\p{Cc}\p{Cf}]/gu, "").slice(0, 200) || "upload"

const formatOf = ({ contentType }: File, name: string): "csv" | "jsonl" =>
  /ndjson|jsonl|json-?seq/i.test(contentType) || /\.(?:jsonl|ndjson)$/i.test(name) ? "jsonl" : "csv"

const broken = (name: string) =>
  new SourceFailure({
    reason: "endedEarly",
    source: name,
    at: null,
    detail: "the upload broke off before its end",
    next: "Send it again"
  })

interface Received {
  source: { readonly name: string; readonly spool: Spool; readonly format: "csv" | "jsonl" } | null
  readonly texts: Map<string, string>
}

const receive = Effect.fnUntraced(function* (parts: Stream.Stream<Part, MultipartError>, limit: number) {
  const received: Received = { source: null, texts: new Map() }
  const take = Effect.fnUntraced(function* (part: Part) {
    if (part._tag === "Field") {
      if (part.value.length > longestText) return yield* tooLarge(`The part ${part.key} is longer than 1 MiB.`)
      received.texts.set(part.key, part.value)
    } else if (part.key === "source") {
      const name = nameOf(part)
      const bytes = yield* Stream.toAsyncIterableEffect(Stream.mapError(part.content, ofParts))
      const spool = yield* UploadedSource.keep(name, () => bytes).pipe(
        Effect.catchTag("SourceFailure", (failure) => Effect.fail(ofRun(failure.at === null ? failure : broken(name))))
      )
      received.source = { name, spool, format: formatOf(part, name) }
    } else received.texts.set(part.key, yield* textOf(part))
    return undefined
  })
  yield* Stream.runForEach(Stream.mapError(parts, ofParts), take).pipe(
    Effect.provideService(MaxBodySize, ByteSize.bytes(limit))
  )
  return received
})

/** Reads an upload for a connection. The source is kept until the scope closes. */
export const read = Effect.fn("upload.read")(function* (
  connection: Connection,
  parts: Stream.Stream<Part, MultipartError>,
  limit: number
) {
  const { source, texts } = yield* receive(parts, limit)
  if (source === null) {
    return yield* invalid("sourceMissing", "There is no part called source.", "Add it: curl -F source=@people.csv")
  }
  const mappingText = texts.get("mapping")
  if (mappingText === undefined) {
    return yield* invalid("mappingMissing", "There is no part called mapping.", "Add it: curl -F mapping=@mapping.yaml")
  }
  const { mapping, policy } = yield* Effect.gen(function* () {
    const mapping = yield* Effect.fromResult(MappingRead.read(yield* MappingFile.parse("mapping", mappingText)))
    const asked = texts.get("policy")
    const value = asked === undefined ? {} : yield* MappingFile.parse("policy", asked)
    return { mapping, policy: yield* Effect.fromResult(PolicyRead.read(value, verifiedDomains(connection.state))) }
  }).pipe(Effect.mapError(ofRun))
  const given = Object.fromEntries([...texts].filter(([name]) => name !== "mapping" && name !== "policy"))
  const chosen = yield* Schema.decodeUnknownEffect(Choices, { onExcessProperty: "error" })(given).pipe(
    Effect.mapError(() =>
      invalid("parts", "A part is not known here, or has a value that is not.", "Compare it with /docs.")
    )
  )
  const { adopt = "never", kind = "reconcile", leftGroups = "empty", person = null } = chosen
  if ((kind === "provision") !== (person !== null)) {
    return yield* invalid(
      "person",
      "A person is named for provision, and only then.",
      "Give kind=provision and person."
    )
  }
  const { encoding, format, separator } = mapping.mapping.source ?? {}
  const options = {
    format: format ?? source.format,
    ...(encoding === undefined ? {} : { encoding }),
    ...(separator === undefined ? {} : { separator })
  }
  const people = UploadedSource.make(source.name, source.spool, options)
  const subject: Subject = { connectionId: connection.id, source: people, mapping, policy, adopt, leftGroups }
  const uploaded: Uploaded = { subject, kind, person }
  return uploaded
})
