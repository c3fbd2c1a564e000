/**
 * What moved while a run waited for a decision. It may have waited for days, so that whom it is about is looked at again
 * before it goes on: who is another than when the plan was made is left alone, and so is the last admin. A run that the
 * guard never held is carried out at once, and is not looked at again.
 */
import { DateTime, Effect, Result, Stream } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { Runs, type Settlement } from "../ports/Runs.ts"
import { endpointOf } from "../provisioning/Action.ts"
import { isActiveAdmin } from "../provisioning/Facet.ts"
import { fingerprintOfResource } from "../provisioning/Fingerprint.ts"
import { adminOf, type Judgement } from "../provisioning/Guard.ts"
import type { JsonObject } from "../scim/Json.ts"
import { idOf } from "../scim/ListPage.ts"
import { tolerate } from "../scim/ResourceDecode.ts"
import { loomUser } from "../scim/Schemas.ts"
import type { ScimError } from "../scim/ScimError.ts"
import type { Drive } from "./Drive.ts"
import { patiently } from "./Patience.ts"
import { RunEvents } from "./RunEvent.ts"
import type { Dropped, RunItem } from "./RunItem.ts"

type Reason = (typeof Dropped.Type)["reason"]

/** What a plan had seen of a user whom an item is about; null for other items. */
const basisOf = ({ action }: RunItem): { readonly id: string; readonly basis: string } | null =>
  "basis" in action && endpointOf(action) === "Users" ? action : null

/** As many as are written at once. */
const atOnce = 500

const lookups = 8

/** All that are planned and about users, by the user's id. */
const concerned = Effect.fnUntraced(function* ({ id }: Pick<Drive, "id">) {
  const runs = yield* Runs
  const found = new Map<string, RunItem>()
  const take = (item: RunItem) =>
    Effect.sync(() => {
      const based = basisOf(item)
      if (based !== null) found.set(based.id, item)
    })
  yield* patiently(id, Stream.runForEach(runs.streamItems(id, { states: ["planned"] }), take))
  return found
})

/** Looks at users as they go by. */
class Watch {
  readonly moved = new Set<RunItem>()
  readonly #unseen: Map<string, RunItem>
  /** Items that take an admin away who is one now. */
  readonly #ending = new Set<RunItem>()
  #admins = 0

  constructor(items: ReadonlyMap<string, RunItem>) {
    this.#unseen = new Map(items)
  }

  see(given: JsonObject): void {
    const user = tolerate(given, loomUser).resource
    const isAdmin = isActiveAdmin(user)
    if (isAdmin) this.#admins++
    const id = idOf(user)
    const item = id === null ? undefined : this.#unseen.get(id)
    if (id === null || item === undefined) return
    this.#unseen.delete(id)
    if (fingerprintOfResource(user, loomUser) !== basisOf(item)?.basis) this.moved.add(item)
    else if (isAdmin && !adminOf(item.action).after) this.#ending.add(item)
  }

  get unseen(): ReadonlyArray<string> {
    return [...this.#unseen.keys()]
  }

  /** Those who would leave nobody an admin. */
  get lastAdmins(): ReadonlySet<RunItem> {
    return this.#admins > 0 && this.#ending.size === this.#admins ? this.#ending : new Set()
  }
}

const drop = Effect.fnUntraced(function* ({ id }: Pick<Drive, "id">, items: Iterable<RunItem>, reason: Reason) {
  const runs = yield* Runs
  const events = yield* RunEvents
  const outcome = { _tag: "Dropped", reason } as const
  const all = [...items]
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce)
    const at = yield* DateTime.now
    const settled = some.map(({ position }): Settlement => ({ position, at, outcome, managed: [] }))
    yield* patiently(id, runs.record(id, { settled, withdrawn: [], intended: [], at }))
    for (const { action, position } of some) {
      const { _tag, label } = action
      yield* events.publish({ _tag: "ItemSettled", runId: id, at, position, action: _tag, label, outcome })
    }
  }
})

/**
 * Reads all users, and those singly who are in no list, and drops what is not to be done any longer. Somebody who is gone
 * is left to the request, which finds that out. To be asked of a run that the guard held, once it may go on.
 */
export const dropMoved = Effect.fn("Run.dropMoved")(function* (
  drive: Pick<Drive, "id" | "client">,
  judgement: Judgement
): Effect.fn.Return<void, ScimError | JournalFailure, Runs | RunEvents> {
  const { client } = drive
  const items = yield* concerned(drive)
  if (items.size === 0) return
  const watch = new Watch(items)
  yield* Stream.runForEach(client.pages("Users"), ({ resources }) =>
    Effect.sync(() => {
      for (const user of resources) watch.see(user)
    })
  )
  yield* Effect.forEach(
    watch.unseen,
    Effect.fnUntraced(function* (id) {
      const read = yield* Effect.result(client.get("Users", id))
      if (Result.isSuccess(read)) watch.see(read.success.resource)
      else if (read.failure._tag !== "NotFound") return yield* read.failure
      return undefined
    }),
    { concurrency: lookups, discard: true }
  )
  yield* drop(drive, watch.moved, "moved")
  const mayEndAdmins = judgement._tag === "Held" && judgement.reasons.some(({ _tag }) => _tag === "LastAdmin")
  if (!mayEndAdmins) yield* drop(drive, watch.lastAdmins, "lastAdmin")
})
