/** An upload: the source goes to a nameless file as it comes, what is short is read as text. */
import { InvalidInputProblem, StoreProblem, TooLargeProblem } from "@loom-scim/contract/Problem"
import { ofRun } from "@loom-scim/contract/problemOfRun"
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
import * as PlanRoom from "./planRoom.ts"

const longestText = 1_048_576

const Choices = Schema.Struct({
  kind: Schema.optionalKey(Schema.Literals(["reconcile", "incremental", "provision"])),
  person: Schema.optionalKey(Schema.NonEmptyString),
  seen: Schema.optionalKey(Schema.NonEmptyString),
  adopt: Schema.optionalKey(Schema.Literals(["never", "unclaimed", "any"])),
  leftGroups: Schema.optionalKey(Schema.Literals(["empty", "delete"]))
})

const isPart = (name: string): boolean =>
  name === "source" || name === "mapping" || name === "policy" || Object.hasOwn(Choices.fields, name)

/** Where in {@link Choices} something is wrong; its words, which repeat values, are not used. */
const whereIn = SchemaIssue.makeFormatterStandardSchemaV1()

/** What was sent. */
export interface Uploaded {
  readonly subject: Subject
  /** Around whatever reads the source: refuses when it is more than there is memory for. */
  readonly planning: <A, E, R>(plan: Effect.Effect<A, E, R>) => Effect.Effect<A, E | TooLargeProblem, R>
  readonly kind: "reconcile" | "incremental" | "provision"
  readonly person: string | null
  /** The fingerprint of the plan that somebody was shown; null when nobody says. */
  readonly seen: string | null
}

/** That what came cannot be taken. */
export const invalid = (reason: string, detail: string, next: string) =>
  new InvalidInputProblem({ detail, next, reason, missing: null })

/** That it is more than is taken, and what of it. */
export const tooLarge = (detail: string) =>
  new TooLargeProblem({ detail, next: "Send less at once, or raise --upload-limit." })

const beyondLimit = tooLarge("The upload is larger than this server takes.")

/** Why a form was not read to its end. */
export const ofParts = ({ reason }: MultipartError) =>
  reason._tag === "Parse" || reason._tag === "InternalError"
    ? invalid("upload", "The upload broke off or is not a multipart form.", "Send it as curl -F does.")
    : beyondLimit

/** A part as text. */
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
  (name.split(/[\\/]/).at(-1) ?? "").slice(0, 200).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "") || "upload"

const formatOf = ({ contentType }: File, name: string): "csv" | "jsonl" =>
  /ndjson|jsonl|json-?seq/i.test(contentType) || /\.(?:jsonl|ndjson)$/i.test(name) ? "jsonl" : "csv"

/** The server's own disk is full, or not its own; where that is, is not the caller's business. */
const unkept = new StoreProblem({
  detail: "The upload cannot be kept while it is read; nothing was begun.",
  next: "Send it again; if it lasts, have whoever runs the server make room where its TMPDIR is.",
  reason: "upload"
})

const unknownPart = (name: string) =>
  invalid(
    "parts",
    `The part ${name.slice(0, 60)} is not known here, or has a value that is not.`,
    "Compare it with /docs."
  )

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

const lineFeedsIn = (piece: Uint8Array): number => {
  let count = 0
  for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) count++
  return count
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

/** A part in a nameless file until the scope closes, and its digest. Reading ends with the first piece that is beyond. */
export const spooled = Effect.fnUntraced(function* (
  part: File,
  name: string,
  isWithin: (piece: Uint8Array) => boolean
) {
  const hash = createHash("sha256")
  const looked = Stream.takeWhile(part.content, (piece) => {
    hash.update(piece)
    return isWithin(piece)
  })
  let brokenBy: ReturnType<typeof ofParts> | null = null
  const told = Stream.mapError(looked, (error) => (brokenBy = ofParts(error)))
  const bytes = yield* Stream.toAsyncIterableEffect(told)
  const spool = yield* UploadedSource.keep(name, () => bytes).pipe(
    Effect.tapError(({ detail }) => (brokenBy === null ? Effect.logError("an upload", detail) : Effect.void)),
    Effect.mapError(() => brokenBy ?? unkept)
  )
  return { spool, digest: hash.digest("hex") }
})

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
    // As they come, so that nobody fills the memory with parts that nobody asked for.
    if (!isPart(part.key)) return yield* unknownPart(part.key)
    if (texts.has(part.key) || (part.key === "source" && state.source !== null)) {
      return yield* invalid("parts", `The part ${part.key} came twice.`, "Send each part once.")
    }
    if (part._tag === "Field") {
      if (part.value.length > longestText) return yield* tooLarge(`The part ${part.key} is longer than 1 MiB.`)
      return takeText(part.key, part.value)
    }
    if (part.key !== "source") return takeText(part.key, yield* textOf(part))
    const name = nameOf(part)
    const format = formatOf(part, name)
    const most = PlanRoom.mostLines()
    let lines = 0
    const { digest, spool } = yield* spooled(part, name, (piece) => {
      lines += lineFeedsIn(piece)
      return lines <= most
    })
    if (lines > most) {
      return yield* PlanRoom.tooMuch(
        `${name} has more than ${most} lines, which is more people than this server has memory to compare.`
      )
    }
    state.source = { name, spool, format }
    seen.push([part.key, name, format, digest])
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
      return unknownPart(String(whereIn(issue).issues[0]?.path?.[0] ?? ""))
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
  const people = yield* PlanRoom.within(UploadedSource.make(source.name, source.spool, options))
  const subject: Subject = { connectionId: connection.id, source: people.source, mapping, policy, adopt, leftGroups }
  const uploaded: Uploaded = { subject, planning: people.planning, kind, person, seen }
  return uploaded
})
