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
import { ByteSize, Effect, Exit, Schema, SchemaIssue, Scope, Stream } from "effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { File, MultipartError, Part } from "effect/http/Multipart"
import { createHash } from "node:crypto"
import { getHeapStatistics } from "node:v8"

const longestText = 1_048_576

const Choices = Schema.Struct({
  kind: Schema.optionalKey(Schema.Literals(["reconcile", "incremental", "provision"])),
  person: Schema.optionalKey(Schema.NonEmptyString),
  seen: Schema.optionalKey(Schema.NonEmptyString),
  adopt: Schema.optionalKey(Schema.Literals(["never", "unclaimed", "any"])),
  leftGroups: Schema.optionalKey(Schema.Literals(["empty", "delete"]))
})

/** Where in {@link Choices} something is wrong; its words, which repeat values, are not used. */
const whereIn = SchemaIssue.makeFormatterStandardSchemaV1()

/** What was sent. */
export interface Uploaded {
  readonly subject: Subject
  readonly kind: "reconcile" | "incremental" | "provision"
  readonly person: string | null
  /** The fingerprint of the plan that somebody was shown; null when nobody says. */
  readonly seen: string | null
}

/** That what came cannot be taken. */
export const invalid = (reason: string, detail: string, next: string) =>
  new InvalidInputProblem({ detail, next, reason, missing: null })

const tooLarge = (detail: string) =>
  new TooLargeProblem({ detail, next: "Send less at once, or raise --upload-limit." })

const beyondLimit = tooLarge("The upload is larger than this server takes.")

/** Why a form was not read to its end. */
export const ofParts = ({ reason }: MultipartError) =>
  reason._tag === "Parse" || reason._tag === "InternalError"
    ? invalid("upload", "The upload broke off or is not a multipart form.", "Send it as curl -F does.")
    : beyondLimit

/** A part as text, as long as this many bytes at most. */
export const textOf = (part: File, longest: number = longestText) =>
  part.content.pipe(
    Stream.mapError(ofParts),
    Stream.runFoldEffect(
      () => ({ bytes: 0, pieces: new Array<Uint8Array>() }),
      (sum, piece) => {
        const bytes = sum.bytes + piece.length
        if (bytes > longest) return Effect.fail(tooLarge(`The part ${part.key} is longer than ${longest} bytes.`))
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

/** What came, read to its end and not looked at yet. */
export interface Received {
  readonly source: { readonly name: string; readonly spool: Spool; readonly format: "csv" | "jsonl" } | null
  readonly texts: ReadonlyMap<string, string>
  /** Of all parts, by what they are called and hold; what separates them is another with each request. */
  readonly digest: string
  /** Gives the source up, once nobody reads it any more. */
  readonly drop: Effect.Effect<void>
  /** Keeps it beyond the request: whoever says so drops it. */
  readonly hold: Effect.Effect<void>
}

/** Bytes of the heap that a person of a source takes at most while a plan is made and kept, as measured, with room. */
const heapPerLine = 4096

/** A source is on disk, but who is in it is compared in memory: beyond that the whole server would end. */
const mostLines = (): number => Math.floor(getHeapStatistics().heap_size_limit / heapPerLine)

const lineFeedsIn = (piece: Uint8Array): number => {
  let count = 0
  for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) count++
  return count
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

const receive = Effect.fn("upload.receive")(function* (parts: Stream.Stream<Part, MultipartError>, limit: number) {
  const { headers } = yield* HttpServerRequest
  // Who says how much it is need not send it to be refused.
  if (Number(headers["content-length"] ?? 0) > limit) return yield* beyondLimit
  const texts = new Map<string, string>()
  const seen: Array<ReadonlyArray<string>> = []
  const state: { source: Received["source"] } = { source: null }
  const takeText = (key: string, text: string) => {
    texts.set(key, text)
    seen.push([key, digestOf(text)])
  }
  const take = Effect.fnUntraced(function* (part: Part) {
    if (part._tag === "Field") {
      if (part.value.length > longestText) return yield* tooLarge(`The part ${part.key} is longer than 1 MiB.`)
      return takeText(part.key, part.value)
    }
    if (part.key !== "source") return takeText(part.key, yield* textOf(part))
    const name = nameOf(part)
    const format = formatOf(part, name)
    const hash = createHash("sha256")
    const most = mostLines()
    let lines = 0
    const looked = Stream.takeWhile(part.content, (piece) => {
      hash.update(piece)
      lines += lineFeedsIn(piece)
      return lines <= most
    })
    const bytes = yield* Stream.toAsyncIterableEffect(Stream.mapError(looked, ofParts))
    const spool = yield* UploadedSource.keep(name, () => bytes).pipe(
      Effect.catchTag("SourceFailure", (failure) => Effect.fail(ofRun(failure.at === null ? failure : broken(name))))
    )
    if (lines > most) {
      return yield* new TooLargeProblem({
        detail: `${name} has more than ${most} lines, which is more people than this server has memory to compare.`,
        next: "Send less at once, or give the server more memory: NODE_OPTIONS=--max-old-space-size, in MiB."
      })
    }
    state.source = { name, spool, format }
    seen.push([part.key, name, format, hash.digest("hex")])
    return undefined
  })
  yield* Stream.runForEach(Stream.mapError(parts, ofParts), take).pipe(
    Effect.provideService(MaxBodySize, ByteSize.bytes(limit))
  )
  return { source: state.source, texts, digest: digestOf(JSON.stringify(seen)) }
})

/** Takes an upload in; its source is there until it is used, or dropped by whoever holds it. */
export const taken = <A, E, R>(
  parts: Stream.Stream<Part, MultipartError>,
  limit: number,
  use: (received: Received) => Effect.Effect<A, E, R>
) => {
  const state = { isHeld: false }
  return Effect.acquireUseRelease(
    Scope.make(),
    (scope) =>
      receive(parts, limit).pipe(
        Effect.provideService(Scope.Scope, scope),
        Effect.flatMap((came) =>
          use({
            ...came,
            drop: Scope.close(scope, Exit.void),
            hold: Effect.sync(() => {
              state.isHeld = true
            })
          })
        )
      ),
    (scope, exit) => (state.isHeld ? Effect.void : Scope.close(scope, exit))
  )
}

/** Reads what came, for a connection. */
export const read = Effect.fn("upload.read")(function* (connection: Connection, { source, texts }: Received) {
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
    Effect.mapError(({ issue }) => {
      const part = String(whereIn(issue).issues[0]?.path?.[0] ?? "").slice(0, 60)
      return invalid(
        "parts",
        `The part ${part} is not known here, or has a value that is not.`,
        "Compare it with /docs."
      )
    })
  )
  const { adopt = "never", kind = "reconcile", leftGroups = "empty", person = null, seen = null } = chosen
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
  const uploaded: Uploaded = { subject, kind, person, seen }
  return uploaded
})
