/** A run over a server and a store of the test's own, on its clock. */
import { DateTime, Deferred, Effect, Exit, Layer, Redacted, Stream } from "effect"
import { HttpClient } from "effect/http"
import { ConnectedClient } from "../../src/operations/ConnectedClient.ts"
import { Fingerprint, Vault } from "../../src/ports/Vault.ts"
import { Profiles } from "../../src/ports/Profiles.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import { Runs } from "../../src/ports/Runs.ts"
import { decide } from "../../src/provisioning/Decision.ts"
import { fingerprintOfResource } from "../../src/provisioning/Fingerprint.ts"
import { drive } from "../../src/runs/Drive.ts"
import { type Run, RunId, type RunStatus } from "../../src/runs/Run.ts"
import { type RunEvent, RunEvents } from "../../src/runs/RunEvent.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { enterpriseUserUrn, loomUser } from "../../src/scim/Schemas.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { SetupService } from "../../src/setup/SetupService.ts"
import { initial } from "../../src/setup/State.ts"
import { type Behaviour, baseUrl, httpClient, played, type Reply, type Seen } from "../scim/ScimClient.harness.ts"
import * as MemoryRuns from "./memoryRuns.ts"

const at = DateTime.makeUnsafe("2026-11-24T00:00:00Z")
const evidence = { _tag: "Checked", by: "scim-probe", at, saw: "200" } as const
export const id = RunId.make("20261124-000000-000001")
const connectionId = ConnectionId.make("acme")
export const by = { name: "Ada", face: "cli" } as const

const create = (index: number): Action => {
  const label = `p${index}@example.com`
  const resource = { schemas: [], externalId: `p${index}`, userName: label }
  return { _tag: "Create", key: `p${index}`, label, at: null, reason: "newInSource", resource }
}

export const run: Run = {
  id,
  connectionId,
  kind: "reconcile",
  parent: null,
  startedAt: at,
  startedBy: by,
  endedAt: null,
  source: "people",
  census: { people: 0, duplicates: 0, users: 0, managed: 0, unmanaged: 0, admins: 0 },
  withheld: [],
  plan: "plan",
  judgement: { _tag: "Clear" },
  status: { _tag: "Running" },
  stops: 0,
  cancelledBy: null
}

export const created = ({ body }: Seen): Reply => ({
  status: 201,
  body: { ...JSON.parse(body), id: JSON.parse(body).externalId }
})

export const nameIn = ({ body }: Seen): string => (body === "" ? "" : JSON.parse(body).userName)

const services = (kept: MemoryRuns.Kept, http: HttpClient.HttpClient, events: Array<RunEvent>) => {
  const state = {
    ...initial,
    bridgeUrl: { url: baseUrl, allowPrivateNetwork: false, evidence },
    token: {
      fingerprint: Fingerprint.make("0123456789ab"),
      obtainedAt: at,
      expiresAt: null,
      expiryAssumed: false,
      lapsed: null
    },
    deprovisioning: "deactivate",
    connected: { at, evidence }
  } as const
  const told = RunEvents.of({ publish: (event) => Effect.sync(() => void events.push(event)), of: () => Stream.never })
  return Layer.mergeAll(
    MemoryRuns.layer(kept),
    Layer.succeed(RunEvents, told),
    Layer.mock(SetupService)({ get: () => Effect.succeed({ id: connectionId, state }) }),
    ConnectedClient.layer.pipe(
      Layer.provide([
        Layer.mock(Vault)({ open: () => Effect.succeed(Redacted.make("token")) }),
        Layer.mock(Profiles)({ find: () => Effect.succeedNone, keep: () => Effect.void }),
        Layer.succeed(HttpClient.HttpClient, http)
      ])
    )
  )
}

export const departure: Action = {
  _tag: "Deactivate",
  id: "gone",
  key: "gone",
  label: "gone@example.com",
  at: null,
  admin: { before: false, after: false },
  basis: "",
  reason: "goneFromSource",
  changes: [{ path: "active", before: null, after: false }],
  operations: [{ op: "replace", value: { active: false } }],
  before: { id: "gone", userName: "gone@example.com" }
}

export const userOf = (name: string, role = "viewer"): JsonObject => ({
  id: name,
  userName: name,
  active: true,
  [enterpriseUserUrn]: { loomMemberRole: role }
})

/** Shuts out whom a plan had seen like this. */
export const shuttingOut = (user: JsonObject): Action => {
  const name = String(user["id"])
  const isAdmin = JSON.stringify(user).includes('"admin"')
  const admin = { before: isAdmin, after: false }
  return {
    ...departure,
    id: name,
    key: name,
    label: name,
    admin,
    before: user,
    basis: fingerprintOfResource(user, loomUser)
  }
}

/** Shows these, in a list that ends too early and one by one, and lets everybody be shut out. */
export const showing =
  (listed: ReadonlyArray<JsonObject>, others: ReadonlyArray<JsonObject> = []) =>
  ({ method, path, query }: Seen): Reply => {
    if (method === "PATCH") return { body: { id: path.slice("/Users/".length), active: false } }
    if (path === "/Users")
      return { body: { totalResults: listed.length, Resources: query.get("startIndex") === null ? listed : [] } }
    const found = others.find((user) => path === `/Users/${String(user["id"])}`)
    return found === undefined ? { status: 404 } : { body: found }
  }

/** Gives somebody another user name. */
export const rename = (of: string, to: string): Action => ({
  _tag: "Update",
  id: of,
  key: of,
  label: to,
  at: null,
  admin: { before: false, after: false },
  basis: "",
  reason: "differs",
  changes: [{ path: "userName", before: of, after: to }],
  operations: [{ op: "replace", value: { userName: to } }]
})

/** A server whose users are named like their ids in the beginning, and that gives no name to two of them. */
export const holding = (ids: ReadonlyArray<string>) => {
  const names = new Map(ids.map((one) => [one, one]))
  const answer = ({ body, path }: Seen): Reply => {
    const of = path.slice("/Users/".length)
    const userName = String(JSON.parse(body).Operations[0].value.userName)
    if ([...names].some(([other, name]) => name === userName && other !== of)) {
      return { status: 409, body: { scimType: "uniqueness", detail: "taken" } }
    }
    names.set(of, userName)
    return { body: { id: of, userName } }
  }
  return { answer, names }
}

/** With this judgement, somebody has to decide before anybody is shut out. */
export const held: Run["judgement"] = {
  _tag: "Held",
  reasons: [{ _tag: "TooManyLosses", count: 1, of: 1, limit: { count: 0, percent: null } }]
}

/** Drives a run of so many creations, and maybe more; what it ends with, and what the server and the listeners saw. */
export const driven = (
  people: number,
  answer: (seen: Seen, index: number) => Behaviour,
  meanwhile: (kept: MemoryRuns.Kept, toStop: Deferred.Deferred<void>) => Effect.Effect<unknown> = () => Effect.void,
  {
    isAllowed = false,
    judgement = run.judgement,
    more = []
  }: { isAllowed?: boolean; judgement?: Run["judgement"]; more?: ReadonlyArray<Action> } = {}
) =>
  Effect.gen(function* () {
    const kept = new MemoryRuns.Kept()
    const events: Array<RunEvent> = []
    const { client, seen } = httpClient(answer)
    const layer = services(kept, client, events)
    const actions = [...Array.from({ length: people }, (_, index) => create(index)), ...more]
    yield* Effect.provide(
      Runs.use((runs) => runs.begin({ ...run, judgement }, actions)),
      layer
    )
    if (isAllowed) {
      const allowed = decide(run.plan, judgement, { verdict: "allow", by, at, note: "They left." })
      yield* Effect.provide(
        Runs.use((runs) => runs.decide(id, allowed)),
        layer
      )
    }
    const toStop = yield* Deferred.make<void>()
    const work = Effect.provide(drive(id, 1, toStop), layer)
    const { exit, seconds } = yield* played(
      Effect.raceFirst(work, Effect.andThen(meanwhile(kept, toStop), Effect.never))
    )
    const statuses = events.flatMap((event): ReadonlyArray<RunStatus> =>
      event._tag === "StatusChanged" ? [event.status] : []
    )
    return {
      end: Exit.isSuccess(exit) ? exit.value : exit,
      seconds,
      statuses,
      paused: statuses.flatMap((status) => (status._tag === "Paused" ? [status.reason] : [])),
      states: (kept.items.get(id) ?? []).map(({ state }) => state),
      dropped: (kept.items.get(id) ?? []).flatMap(({ action, outcome }) =>
        outcome?._tag === "Dropped" ? [[action.label, outcome.reason]] : []
      ),
      asked: seen.map(({ method, path }) => `${method} ${path}`),
      nexts: (kept.items.get(id) ?? []).flatMap(({ outcome }) => (outcome?._tag === "Failed" ? [outcome.next] : [])),
      posts: seen.filter(({ method }) => method === "POST").map(nameIn)
    }
  })

export const refused = (status: number, headers: Readonly<Record<string, string>> = {}): Behaviour => ({
  status,
  headers,
  body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: String(status) }
})

export const count = (states: ReadonlyArray<string>, state: string) => states.filter((one) => one === state).length
