/** `loom-scim groups …` */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import type { Operation } from "@loom-scim/core/operations/Operation"
import * as Operations from "@loom-scim/core/operations/Operation"
import { find } from "@loom-scim/core/operations/Reference"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import * as Schemas from "@loom-scim/core/scim/Schemas"
import { Console, Effect } from "effect"
import type { Option } from "effect"
import { fromError } from "../Exit.ts"
import { change, create as createOne, namesOf, withClient } from "./connected.ts"
import type { ListFlags } from "./listing.ts"
import * as Listing from "./listing.ts"
import { track } from "./progress.ts"
import type { SharedFlags } from "./shared.ts"

interface Target {
  readonly connection: Option.Option<string>
  readonly group: string
}

export const list = (flags: SharedFlags, own: ListFlags) =>
  withClient(flags, own.connection, (connected) =>
    Listing.list(flags, connected, "Groups", own, Schemas.groupType, ["displayName", "externalId", "id"])
  )

export const get = (flags: SharedFlags, own: Target) =>
  withClient(flags, own.connection, ({ client }) =>
    Effect.gen(function* () {
      const found = yield* find(client, "Groups", own.group).pipe(Effect.mapError(fromError))
      // A list may leave members out; the resource itself has them.
      const { resource } = yield* client.get("Groups", Operations.idIn(found)).pipe(Effect.mapError(fromError))
      yield* Console.log(JSON.stringify(resource, null, flags.json ? 0 : 2))
    })
  )

export const create = (
  flags: SharedFlags,
  own: { readonly connection: Option.Option<string>; readonly displayName: string; readonly dryRun: boolean }
) =>
  withClient(flags, own.connection, (connected) =>
    createOne(flags, connected, Operations.createGroup(own.displayName), own.dryRun)
  )

interface OneGroup {
  readonly operation: (group: JsonObject) => Operation
  readonly done: string
  readonly dryRun: boolean
  readonly question?: string
  readonly yes?: boolean
}

const changeOne = (
  flags: SharedFlags,
  connected: Connected,
  group: string,
  { done, dryRun, operation, question, yes }: OneGroup
) =>
  change(flags, connected, {
    names: [group],
    endpoint: "Groups",
    operation,
    done,
    dryRun,
    question: question === undefined ? null : () => question,
    yes: yes ?? true
  })

export const rename = (flags: SharedFlags, own: Target & { readonly displayName: string; readonly dryRun: boolean }) =>
  withClient(flags, own.connection, (connected) =>
    changeOne(flags, connected, own.group, {
      operation: (group) => Operations.renameGroup(Operations.idIn(group), own.displayName),
      done: "renamed",
      dryRun: own.dryRun
    })
  )

export const remove = (flags: SharedFlags, own: Target & { readonly yes: boolean; readonly dryRun: boolean }) =>
  withClient(flags, own.connection, (connected) =>
    changeOne(flags, connected, own.group, {
      operation: (group) => Operations.remove("Groups", Operations.idIn(group)),
      done: "deleted",
      dryRun: own.dryRun,
      question: `Delete the group ${own.group}? Its members stay users. [y/N] `,
      yes: own.yes
    })
  )

type Membership = Target & { readonly members: ReadonlyArray<string>; readonly dryRun: boolean }

/** Every member is found before the group is touched: one unknown name stops the change, nothing is half done. */
const memberIds = ({ json }: SharedFlags, { client }: Connected, given: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const names = yield* namesOf(given)
    return yield* track({ label: "looked up", total: names.length, json }, ({ step }) =>
      Effect.forEach(
        names,
        (name) =>
          Effect.map(find(client, "Users", name), Operations.idIn).pipe(
            Effect.tap(() => step(false)),
            Effect.mapError(fromError)
          ),
        { concurrency: 8 }
      )
    )
  })

export const add = (flags: SharedFlags, own: Membership) =>
  withClient(flags, own.connection, (connected) =>
    Effect.gen(function* () {
      const ids = yield* memberIds(flags, connected, own.members)
      return yield* changeOne(flags, connected, own.group, {
        operation: (group) => Operations.addMembers(Operations.idIn(group), ids),
        done: `given ${ids.length} member(s)`,
        dryRun: own.dryRun
      })
    })
  )

export const removeMembers = (flags: SharedFlags, own: Membership & { readonly yes: boolean }) =>
  withClient(flags, own.connection, (connected) =>
    Effect.gen(function* () {
      const ids = yield* memberIds(flags, connected, own.members)
      return yield* changeOne(flags, connected, own.group, {
        operation: (group) => Operations.removeMembers(Operations.idIn(group), ids),
        done: `relieved of ${ids.length} member(s)`,
        dryRun: own.dryRun,
        question: `Take ${ids.length} member(s) out of ${own.group}? [y/N] `,
        yes: own.yes
      })
    })
  )
