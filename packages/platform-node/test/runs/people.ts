/** Directories of made-up people, and plans that make a server equal to them. */
import { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { PeopleSource } from "@loom-scim/core/ports/PeopleSource"
import { Runs } from "@loom-scim/core/ports/Runs"
import { careful, type GuardPolicy } from "@loom-scim/core/provisioning/Guard"
import * as MappingRead from "@loom-scim/core/provisioning/MappingRead"
import type { PlanOptions } from "@loom-scim/core/provisioning/PlanOptions"
import * as Reconcile from "@loom-scim/core/provisioning/Reconcile"
import type { Run } from "@loom-scim/core/runs/Run"
import { RunService } from "@loom-scim/core/runs/RunService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { Effect, Result, Stream } from "effect"
import { id } from "./connection.ts"

/** One row of the source. */
export interface Row {
  readonly id: string
  readonly email: string
  readonly given: string
  readonly title: string
  readonly groups: string
}

/** So many people in groups of a hundred. */
export const rows = (count: number): ReadonlyArray<Row> =>
  Array.from({ length: count }, (_, index) => ({
    id: `e${index}`,
    email: `person${index}@example.com`,
    given: `Given ${index}`,
    title: "Engineer",
    groups: `Team ${Math.floor(index / 100)}`
  }))

/** A source of them. */
export const sourceOf = (all: ReadonlyArray<Row>): PeopleSource => ({
  name: "rows",
  read: () => Stream.fromIterable(all.map((row, index) => ({ at: `row ${index + 1}`, fields: { ...row } })))
})

/** How they become people. */
export const mapping = Result.getOrThrow(
  MappingRead.read({
    attributes: { externalId: "id", userName: "email", "name.givenName": "given", title: "title" },
    groups: [{ from: "groups", separator: ";" }]
  })
)

/** The plan that makes the server equal to the rows, with what is managed by now. */
export const planned = Effect.fnUntraced(function* (
  all: ReadonlyArray<Row>,
  options: Partial<Pick<PlanOptions, "adopt" | "leftGroups">> = {}
) {
  const connection = yield* SetupService.use(({ get }) => get(id))
  const connected = yield* ConnectedClient.use(({ open }) => open(connection))
  const managed = yield* Runs.use((runs) => runs.managed(id))
  const users = new Map(managed.flatMap((one) => (one.endpoint === "Users" ? [[one.id, one.key] as const] : [])))
  const groups = new Set(managed.flatMap((one) => (one.endpoint === "Groups" ? [one.id] : [])))
  return yield* Reconcile.plan({
    source: sourceOf(all),
    mapping,
    connected,
    options: { adopt: "never", leftGroups: "empty", managed: { users, groups }, ...options }
  })
})

/** Begins a run to that end. */
export const begun = Effect.fnUntraced(function* (
  all: ReadonlyArray<Row>,
  policy: GuardPolicy = careful
): Effect.fn.Return<Run, unknown, RunService | SetupService | ConnectedClient | Runs> {
  const { plan } = yield* planned(all)
  const { begin } = yield* RunService
  return yield* begin({
    connectionId: id,
    kind: "reconcile",
    parent: null,
    source: "rows",
    plan,
    policy,
    by: { name: "Ada", face: "cli" },
    recognised: []
  })
})
