/** A plan that comes as a file: read whole, since it is judged as a whole, and kept if nothing moved since. */
import { PlanTaken } from "@loom-scim/contract/Plans"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import type { KeptPlans } from "@loom-scim/core/runs/KeptPlans"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { ByteSize, Effect, Stream } from "effect"
import { MaxBodySize } from "effect/http/HttpIncomingMessage"
import type { MultipartError, Part } from "effect/http/Multipart"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"
import { located, working } from "./answers.ts"
import { invalid, ofParts, textOf } from "./upload.ts"

/** Bytes of a plan of about a hundred thousand actions; it is in memory whole, so there is an end whatever may be sent. */
const longestPlan = 67_108_864
/** What separates the parts of a form, and their headers. */
const framing = 65_536

/** What came. */
export interface ReceivedPlan {
  readonly text: string
  readonly digest: string
}

/** Reads the form to its end. */
export const receive = Effect.fn("uploadedPlan.receive")(function* (
  parts: Stream.Stream<Part, MultipartError>,
  limit: number
) {
  const longest = Math.min(limit, longestPlan)
  const found: Array<string> = []
  const take = Effect.fnUntraced(function* (part: Part) {
    if (part.key !== "plan") {
      return yield* invalid("parts", `There is a part called ${part.key}.`, "Send a part called plan, and no other.")
    }
    found.push(part._tag === "Field" ? part.value : yield* textOf(part, longest))
    return undefined
  })
  yield* Stream.runForEach(Stream.mapError(parts, ofParts), take).pipe(
    Effect.provideService(MaxBodySize, ByteSize.bytes(longest + framing))
  )
  const [text, ...others] = found
  if (text === undefined || others.length > 0) {
    return yield* invalid("planMissing", "There is not one part called plan.", "Add it: curl -F plan=@plan.json")
  }
  const received: ReceivedPlan = { text, digest: createHash("sha256").update(text).digest("hex") }
  return received
})

/** Keeps it, if nothing moved since it was made. */
export const taken = Effect.fn("uploadedPlan.taken")(function* (
  { id }: Connection,
  { text }: ReceivedPlan,
  take: KeptPlans["Service"]["take"],
  by: Actor
) {
  const file = yield* working(Effect.fromResult(PlanFile.fromJson(text)))
  const { kept, moved } = yield* working(take(id, file, by))
  const place = kept === null ? null : `/v1/connections/${id}/plans/${kept.id}`
  const answer = yield* located(PlanTaken, { plan: kept, moved }, 200, place)
  return kept === null ? answer : HttpServerResponse.setStatus(answer, 201)
})
