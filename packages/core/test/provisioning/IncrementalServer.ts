/** A server in memory that can be read and searched, and a source of records, for plans that are made over a client. */
import { Effect, Result, Stream } from "effect"
import type { Connected } from "../../src/operations/ConnectedClient.ts"
import type { ManagedChange, ManagedResource } from "../../src/ports/Runs.ts"
import type { PeopleSource } from "../../src/ports/PeopleSource.ts"
import { SourceFailure } from "../../src/ports/PeopleSource.ts"
import type { Action } from "../../src/provisioning/Action.ts"
import * as MappingRead from "../../src/provisioning/MappingRead.ts"
import { Digests } from "../../src/provisioning/PersonDigest.ts"
import { managedOf } from "../../src/provisioning/PlanOptions.ts"
import type { PlanOptions } from "../../src/provisioning/PlanOptions.ts"
import * as Reconcile from "../../src/provisioning/Reconcile.ts"
import { settled } from "../../src/provisioning/SubsetKeep.ts"
import { compile } from "../../src/scim/FilterEvaluate.ts"
import { parse } from "../../src/scim/FilterParser.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import { groupType, loomUser, rolePath } from "../../src/scim/Schemas.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import { baseUrl, type Behaviour, type Seen, withClient } from "../scim/ScimClient.harness.ts"
import { applyPlan } from "./PlanApply.ts"

/** What the server has, and what we remember of it. */
export interface World {
  readonly users: ReadonlyArray<JsonObject>
  readonly groups: ReadonlyArray<JsonObject>
  readonly managed: ReadonlyArray<ManagedResource>
}

export const empty: World = { users: [], groups: [], managed: [] }

/** A record of the source. */
export interface Row {
  readonly id: string
  readonly mail: string
  readonly given?: string
  readonly title?: string | null
  readonly active?: boolean
  readonly role?: string | null
  readonly groups?: ReadonlyArray<string>
}

/** How the records become people. */
export const mapping = Result.getOrThrow(
  MappingRead.read({
    attributes: {
      externalId: "id",
      userName: "mail",
      "name.givenName": "given",
      title: "title",
      active: "active",
      [rolePath]: "role"
    },
    groups: [{ from: "groups" }]
  })
)

/** A source of some records, all with the same fields, which may end too early. */
export const sourceOf = (rows: ReadonlyArray<Row>, isCut = false): PeopleSource => {
  const columns = { given: null, title: null, active: true, role: null, groups: [] }
  const records = Stream.fromIterable(
    rows.map((row, index) => ({ at: `row ${index + 1}`, fields: { ...columns, ...row } }))
  )
  const cut = new SourceFailure({
    reason: "endedEarly",
    source: "people",
    at: null,
    detail: "it was cut",
    next: "Look"
  })
  return { name: "people", read: () => (isCut ? Stream.concat(records, Stream.fail(cut)) : records) }
}

/** Answers reads and filters. */
export const serve =
  ({ groups, users }: World) =>
  ({ path, query }: Seen): Behaviour => {
    const [, endpoint, id] = path.split("/")
    const all = endpoint === "Users" ? users : groups
    if (id !== undefined) {
      const found = all.find((one) => one["id"] === decodeURIComponent(id))
      return found === undefined ? { status: 404, body: {} } : { body: found }
    }
    const filter = query.get("filter")
    const matches =
      filter === null
        ? () => true
        : compile(Result.getOrThrow(parse(filter)), endpoint === "Users" ? loomUser : groupType)
    const Resources = all.filter(matches)
    const isFirst = query.get("startIndex") === null
    return { body: { totalResults: Resources.length, Resources: isFirst ? Resources : [] } }
  }

/** Uses a client of the server. */
export const connectedTo = <A, E, R>(
  world: World,
  use: (connected: Connected, seen: ReadonlyArray<Seen>) => Effect.Effect<A, E, R>,
  deprovisioning: Connected["deprovisioning"] = "deactivate",
  handler: (seen: Seen) => Behaviour = serve(world)
) =>
  withClient(handler, (client, seen) =>
    use({ id: ConnectionId.make("acme"), url: baseUrl, deprovisioning, client }, seen)
  )

/** What a run that does all of a plan leaves, and what is remembered of it. */
export const after = (world: World, plan: Reconcile.Reconciled["plan"], digests: Digests): World => {
  const done = applyPlan(plan, world.users, world.groups, managedOf(world.managed))
  const there = new Set([...done.users, ...done.groups].map(({ id }) => id))
  const known = new Map(world.managed.map((row) => [row.id, row]))
  const keyOf = (id: string) => String(done.groups.find((group) => group["id"] === id)?.["externalId"] ?? id)
  const rows = [
    ...[...done.managed.users].map(([id, key]) => ({ endpoint: "Users" as const, id, key })),
    ...[...done.managed.groups].map((id) => ({ endpoint: "Groups" as const, id, key: keyOf(id) }))
  ]
    .filter(({ id }) => there.has(id))
    .map((row): ManagedResource => ({ digest: null, groups: [], ...known.get(row.id), ...row }))
  const open = plan.actions.filter(({ _tag }) => _tag === "Conflict")
  return { users: done.users, groups: done.groups, managed: remembered(rows, settled(rows, digests, open)) }
}

/** Stores changes of what is managed. */
export const remembered = (
  managed: ReadonlyArray<ManagedResource>,
  changes: ReadonlyArray<ManagedChange>
): ReadonlyArray<ManagedResource> => {
  const rows = new Map(managed.map((row) => [row.id, row]))
  for (const change of changes) {
    if (change._tag === "Keep") rows.set(change.resource.id, change.resource)
    else rows.delete(change.id)
  }
  return [...rows.values()]
}

/** A full plan, carried out. */
export const reconciled = (
  world: World,
  source: PeopleSource,
  options: { readonly adopt?: PlanOptions["adopt"]; readonly leavers?: PlanOptions["leavers"] } = {}
) =>
  connectedTo(
    world,
    (connected) =>
      Effect.gen(function* () {
        const digests = new Digests()
        const { plan } = yield* Reconcile.plan({
          source,
          mapping,
          connected,
          digests,
          options: { adopt: options.adopt ?? "never", leftGroups: "empty", managed: managedOf(world.managed) }
        })
        digests.leaveOthers(world.managed, plan)
        return { plan, world: after(world, plan, digests) }
      }),
    options.leavers
  )

/** A plan in short: what, to whom. */
export const done = (actions: ReadonlyArray<Action>) => actions.map(({ _tag, label }) => `${_tag} ${label}`)
