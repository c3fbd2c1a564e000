/** Reads how things stand about what a run left undone: on the server, and in the runs that came after it. Changes nothing. */
import { DateTime, Effect, Stream } from "effect"
import type { Connected } from "../operations/ConnectedClient.ts"
import type { JournalFailure } from "../ports/Journal.ts"
import { type ManagedResource, Runs } from "../ports/Runs.ts"
import { type Action, endpointOf } from "../provisioning/Action.ts"
import { activeOf } from "../provisioning/ManagedAccess.ts"
import { withAdmins } from "../provisioning/SubsetAdmins.ts"
import { Concerned } from "../provisioning/SubsetKeep.ts"
import { readGroup } from "../provisioning/SubsetReadGroup.ts"
import type { Undone } from "../provisioning/Undo.ts"
import { readAll, readUser } from "../provisioning/UndoRead.ts"
import type { JsonObject } from "../scim/Json.ts"
import type { ScimClientOperations } from "../scim/ScimClient.ts"
import type { ScimError } from "../scim/ScimError.ts"
import * as Ids from "./Ids.ts"
import { look } from "./PerformCreate.ts"
import type { Creation, Named, Now } from "./RetryOutcome.ts"
import { retryPlan } from "./RetryPlan.ts"
import type { Run } from "./Run.ts"
import type { RunItem } from "./RunItem.ts"
import { isOfConnection } from "./Verdict.ts"

// The client slows down by itself where a server wants it; this bounds what waits for it.
const concurrency = 16

const listed = 100

/** The runs of the connection that began after this one. */
export const runsAfter = Effect.fnUntraced(function* ({ connectionId, id, startedAt }: Run) {
  const { list } = yield* Runs
  const began = DateTime.toEpochMillis(startedAt)
  const found: Array<Run> = []
  let before: Run | undefined
  while (true) {
    const page = yield* list({ connectionId, limit: listed, ...(before === undefined ? {} : { before: before.id }) })
    for (const run of page) {
      const other = DateTime.toEpochMillis(run.startedAt)
      // Ids tell seconds apart, and no less.
      if (other < began - 1000) return found
      if (other > began || (other === began && run.id > id)) found.push(run)
    }
    before = page.at(-1)
    if (page.length < listed || before === undefined) return found
  }
})

/** What later runs decided. */
type Later = Pick<Now, "isMade" | "isDecided" | "isGroupDecided">

const isCreation = (action: Action): action is Creation => action._tag === "Create" || action._tag === "GroupCreate"

const madeOf = ({ _tag, key }: Creation): string => `${_tag} ${key}`

/**
 * A plan that compared everybody knows better than any before it, also of whom it found nothing to do about. The others
 * know better of whom they are about; a retry only does the same once more.
 */
const decidedBy = Effect.fnUntraced(function* (
  runs: ReadonlyArray<Run>
): Effect.fn.Return<Later, JournalFailure, Runs> {
  const { streamItems } = yield* Runs
  const made = new Set<string>()
  const actions: Array<Action> = []
  const groups = new Set<string>()
  for (const run of runs) {
    if (run.kind === "retry") {
      yield* Stream.runForEach(streamItems(run.id, { states: ["done", "doubtful"] }), ({ action }) =>
        Effect.sync(() => {
          if (isCreation(action)) made.add(madeOf(action))
        })
      )
      continue
    }
    if (run.kind === "reconcile" && run.withheld.length === 0) {
      return { isMade: () => false, isDecided: () => true, isGroupDecided: () => true }
    }
    yield* Stream.runForEach(streamItems(run.id), ({ action }) =>
      Effect.sync(() => {
        actions.push(action)
        if (!action._tag.startsWith("Group")) return
        if (action.key !== null) groups.add(`key ${action.key}`)
        if ("id" in action) groups.add(`id ${action.id}`)
      })
    )
  }
  const concerned = new Concerned(actions)
  return {
    isMade: (action) => made.has(madeOf(action)),
    isDecided: ({ id, key }) => concerned.has({ id: id ?? "", key: key ?? "", groups: [] }),
    isGroupDecided: ({ id, key }) => groups.has(`id ${id}`) || groups.has(`key ${key}`)
  }
})

/**
 * Whom a plan has looked at since: a run makes it unknown what was sent of everybody whom it leaves open, and only a plan
 * makes it known again, also one that found nothing to do.
 */
const lookedAt = (managed: ReadonlyArray<ManagedResource>): ((person: Named) => boolean) => {
  const ids = new Set<string>()
  const keys = new Set<string>()
  for (const { digest, endpoint, id, key } of managed) {
    if (endpoint !== "Users" || digest === null) continue
    ids.add(id)
    keys.add(key)
  }
  return ({ id, key }) => (id !== null && ids.has(id)) || (key !== null && keys.has(key))
}

/** Who stands where something is to be created. Where that cannot be found out, the server will tell. */
const rivalOf = Effect.fnUntraced(function* (
  client: ScimClientOperations,
  { _tag, key, resource }: Creation
): Effect.fn.Return<JsonObject | null, ScimError> {
  const found = yield* look(client, { endpoint: _tag === "Create" ? "Users" : "Groups", key, resource })
  if (found._tag === "Found") return found.hit
  if (found._tag === "Unknown" && found.error !== null && found.error._tag !== "ListIncomplete") {
    if (isOfConnection(found.error)) return yield* found.error
  }
  return null
})

interface Needed {
  readonly users: Set<string>
  readonly groups: Set<string>
  readonly creations: Array<Creation>
}

const neededBy = (items: ReadonlyArray<RunItem>): Needed => {
  const needed: Needed = { users: new Set(), groups: new Set(), creations: [] }
  for (const { action, outcome } of items) {
    if (action._tag === "GroupCreate" && outcome?._tag === "Doubtful") needed.groups.add(outcome.id)
    else if (isCreation(action)) needed.creations.push(action)
    else if ("basis" in action) (endpointOf(action) === "Users" ? needed.users : needed.groups).add(action.id)
  }
  return needed
}

/** What is tried again. */
export interface RetryInput {
  readonly run: Run
  readonly connected: Connected
  /** What may be tried again. */
  readonly items: ReadonlyArray<RunItem>
  /** The runs that began after it. */
  readonly later: ReadonlyArray<Run>
  /** What we manage now. */
  readonly managed: ReadonlyArray<ManagedResource>
}

/** Reads all that the items are about, each once, and makes the plan, with the people who have access now in its census. */
export const plan = Effect.fn("RetryRead.plan")(function* ({
  connected: { client },
  items,
  later,
  managed,
  run
}: RetryInput): Effect.fn.Return<Undone, ScimError | JournalFailure, Runs> {
  const decided = yield* decidedBy(later)
  const isLookedAt = lookedAt(managed)
  const needed = neededBy(items)
  const users = yield* readAll(client, needed.users, readUser)
  const groups = yield* readAll(client, needed.groups, readGroup)
  const rivals = new Map<Creation, JsonObject | null>()
  yield* Effect.forEach(
    needed.creations,
    (action) => Effect.map(rivalOf(client, action), (rival) => void rivals.set(action, rival)),
    { concurrency, discard: true }
  )
  const idOf = Ids.among(managed)
  const now: Now = {
    ...decided,
    isDecided: (person) => decided.isDecided(person) || isLookedAt(person),
    user: (id) => users.get(id) ?? null,
    group: (id) => groups.get(id) ?? null,
    rival: (action) => rivals.get(action) ?? null,
    idOf: (key) => idOf("Users", key)
  }
  const census = { ...run.census, active: activeOf(managed, (id) => users.get(id)) }
  const retried = retryPlan({ ...run, census }, items, now)
  return { ...retried, plan: yield* withAdmins(client, retried.plan) }
})
