/** A plan that comes as a file: on disk until there is room for it, judged as a whole, and kept if nothing moved since. */
import { PlanTaken } from "@loom-scim/contract/Plans"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import type { KeptPlans } from "@loom-scim/core/runs/KeptPlans"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { ByteSize, Effect, Stream } from "effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import type { File, MultipartError, Part } from "effect/http/Multipart"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"
import { text } from "node:stream/consumers"
import { located, working } from "./answers.ts"
import { invalid, ofParts, spooled, tooLarge } from "./upload.ts"

/** Bytes of a plan of about a hundred thousand actions; it is judged in memory, so there is an end whatever may be sent. */
const longestPlan = 67_108_864
/** What separates the parts of a form, and their headers. */
const framing = 65_536

/** What came. */
export interface ReceivedPlan {
  /** The whole of it, which is in memory from then on. */
  readonly text: Effect.Effect<string>
  readonly digest: string
}

const ofField = (value: string): ReceivedPlan => ({
  text: Effect.succeed(value),
  digest: createHash("sha256").update(value).digest("hex")
})

const ofFile = Effect.fnUntraced(function* (part: File, longest: number) {
  let bytes = 0
  const { digest, spool } = yield* spooled(part, "plan", (piece) => (bytes += piece.length) <= longest)
  if (bytes > longest) return yield* tooLarge(`The part ${part.key} is longer than ${longest} bytes.`)
  const received: ReceivedPlan = { text: Effect.promise(() => text(spool.read())), digest }
  return received
})

/** Reads the form to its end; what it was is there until the scope closes. */
export const receive = Effect.fn("uploadedPlan.receive")(function* (
  parts: Stream.Stream<Part, MultipartError>,
  limit: number
) {
  const longest = Math.min(limit, longestPlan)
  const found: Array<ReceivedPlan> = []
  const take = Effect.fnUntraced(function* (part: Part) {
    if (part.key !== "plan") {
      return yield* invalid("parts", `There is a part called ${part.key}.`, "Send a part called plan, and no other.")
    }
    found.push(part._tag === "Field" ? ofField(part.value) : yield* ofFile(part, longest))
    return undefined
  })
  yield* Stream.runForEach(Stream.mapError(parts, ofParts), take).pipe(
    Effect.provideService(MaxBodySize, ByteSize.bytes(longest + framing))
  )
  const [received, ...others] = found
  if (received === undefined || others.length > 0) {
    return yield* invalid("planMissing", "There is not one part called plan.", "Add it: curl -F plan=@plan.json")
  }
  return received
})

/** Keeps it, if nothing moved since it was made. */
export const taken = Effect.fn("uploadedPlan.taken")(function* (
  { id }: Connection,
  received: ReceivedPlan,
  take: KeptPlans["Service"]["take"],
  by: Actor
) {
  const file = yield* working(Effect.fromResult(PlanFile.fromJson(yield* received.text)))
  const { kept, moved } = yield* working(take(id, file, by))
  const place = kept === null ? null : `/v1/connections/${id}/plans/${kept.id}`
  const answer = yield* located(PlanTaken, { plan: kept, moved }, 200, place)
  return kept === null ? answer : HttpServerResponse.setStatus(answer, 201)
})
