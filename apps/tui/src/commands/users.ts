/** `loom-scim users …` */
import { rolePath } from "@loom-scim/core/scim/Schemas"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import * as Operations from "@loom-scim/core/operations/Operation"
import { find } from "@loom-scim/core/operations/Reference"
import * as Schemas from "@loom-scim/core/scim/Schemas"
import { MemberRole } from "@loom-scim/core/setup/Choice"
import { Console, Effect, Option, Schema } from "effect"
import { codes, Ended, fromError } from "../Exit.ts"
import type { Change } from "./connected.ts"
import { change, create as createOne, namesOf, withClient } from "./connected.ts"
import type { ListFlags } from "./listing.ts"
import * as Listing from "./listing.ts"
import type { SharedFlags } from "./shared.ts"

type Named = { readonly connection: Option.Option<string>; readonly names: ReadonlyArray<string> }

const columns = ["userName", "displayName", "active", rolePath, "id"]

export const list = (flags: SharedFlags, own: ListFlags) =>
  withClient(flags, own.connection, (connected) =>
    Listing.list(flags, connected, "Users", own, Schemas.loomUser, columns)
  )

/** On a terminal the browser, elsewhere the list. */
export const browse = (flags: SharedFlags, own: { readonly connection: Option.Option<string> }) =>
  process.stdin.isTTY && process.stdout.isTTY && !flags.json
    ? withClient(flags, own.connection, (connected) =>
        Effect.flatMap(
          Effect.promise(() => import("../ui/showBrowser.tsx")),
          ({ showBrowser }) => showBrowser(connected)
        )
      )
    : list(flags, { ...own, filter: Option.none(), columns: Option.none(), jsonl: false, csv: false })

export const get = (flags: SharedFlags, own: Named) =>
  withClient(flags, own.connection, ({ client }) =>
    Effect.gen(function* () {
      for (const name of yield* namesOf(own.names)) {
        const user = yield* find(client, "Users", name).pipe(Effect.mapError(fromError))
        yield* Console.log(JSON.stringify(user, null, flags.json ? 0 : 2))
      }
    })
  )

const roleFrom = (text: string): Effect.Effect<MemberRole, Ended> =>
  Schema.decodeUnknownEffect(MemberRole)(text).pipe(
    Effect.mapError(
      () =>
        new Ended({ code: codes.usage, reason: "UnknownRole", detail: `"${text}" is not viewer, creator or admin.` })
    )
  )

interface CreateFlags {
  readonly connection: Option.Option<string>
  readonly userName: string
  readonly email: Option.Option<string>
  readonly givenName: Option.Option<string>
  readonly familyName: Option.Option<string>
  readonly externalId: Option.Option<string>
  readonly role: Option.Option<string>
  readonly dryRun: boolean
}

export const create = (flags: SharedFlags, { connection, dryRun, role, userName, ...rest }: CreateFlags) =>
  Effect.gen(function* () {
    const given = { role: Option.isSome(role) ? yield* roleFrom(role.value) : undefined }
    const user = {
      userName,
      ...(Option.isSome(rest.email) ? { email: rest.email.value } : {}),
      ...(Option.isSome(rest.givenName) ? { givenName: rest.givenName.value } : {}),
      ...(Option.isSome(rest.familyName) ? { familyName: rest.familyName.value } : {}),
      ...(Option.isSome(rest.externalId) ? { externalId: rest.externalId.value } : {}),
      ...(given.role === undefined ? {} : { role: given.role })
    }
    return yield* withClient(flags, connection, (connected) =>
      createOne(flags, connected, Operations.createUser(user), dryRun)
    )
  })

/** `path=value`: true, false and numbers are taken as such, an empty value removes. */
const assignment = (text: string): Effect.Effect<readonly [string, string | boolean | null], Ended> => {
  const at = text.indexOf("=")
  if (at < 1) {
    const detail = `"${text}" is not path=value, for example title=Engineer.`
    return Effect.fail(new Ended({ code: codes.usage, reason: "InvalidAssignment", detail }))
  }
  const value = text.slice(at + 1)
  const typed = value === "" ? null : value === "true" ? true : value === "false" ? false : value
  return Effect.succeed([text.slice(0, at), typed])
}

type Planned = Pick<Change, "operation" | "done" | "question"> & {
  /** Said before anything is asked or done. */
  readonly warning: string | null
}

/** Does the same to every user that is named; what it is may depend on the policies of the connection. */
const changeNamed = (
  flags: SharedFlags,
  own: Named & { readonly dryRun: boolean; readonly yes?: boolean },
  plan: (connected: Connected) => Planned
) =>
  withClient(flags, own.connection, (connected) =>
    Effect.gen(function* () {
      const { warning, ...planned } = plan(connected)
      if (warning !== null && !flags.json) yield* Console.error(warning)
      const names = yield* namesOf(own.names)
      const { dryRun, yes = false } = own
      return yield* change(flags, connected, { ...planned, names, endpoint: "Users", dryRun, yes })
    })
  )

export const update = (
  flags: SharedFlags,
  own: Named & { readonly set: ReadonlyArray<string>; readonly dryRun: boolean }
) =>
  Effect.gen(function* () {
    const values = yield* Effect.forEach(own.set, assignment)
    return yield* changeNamed(flags, own, () => ({
      operation: (user) => Operations.setAttributes("Users", Operations.idIn(user), values),
      done: "updated",
      question: null,
      warning: null
    }))
  })

type Risky = Named & { readonly yes: boolean; readonly dryRun: boolean }

const consequence = ({ deprovisioning }: Connected): string =>
  deprovisioning === "deactivate"
    ? "The policy is deactivate: accounts and recordings stay, and reactivate undoes it."
    : "The policy is delete: Loom removes deactivated members, perhaps with their recordings."

export const deactivate = (flags: SharedFlags, own: Risky) =>
  changeNamed(flags, own, (connected) => ({
    operation: (user) => Operations.setActive(Operations.idIn(user), false),
    done: "deactivated",
    question: (count) => `Deactivate ${count} user(s)? [y/N] `,
    warning: consequence(connected)
  }))

export const reactivate = (flags: SharedFlags, own: Omit<Risky, "yes">) =>
  changeNamed(flags, own, () => ({
    operation: (user) => Operations.setActive(Operations.idIn(user), true),
    done: "reactivated",
    question: null,
    warning: null
  }))

export const remove = (flags: SharedFlags, own: Risky) =>
  changeNamed(flags, own, ({ deprovisioning }) => ({
    operation: (user) => Operations.remove("Users", Operations.idIn(user)),
    done: "deleted",
    question: (count) => `Delete ${count} user(s) for good? [y/N] `,
    warning:
      deprovisioning === "deactivate"
        ? "The policy of this connection is deactivate. Deleting goes beyond it and cannot be undone."
        : null
  }))

export const role = (flags: SharedFlags, own: Named & { readonly role: string; readonly dryRun: boolean }) =>
  Effect.gen(function* () {
    const wanted = yield* roleFrom(own.role)
    return yield* changeNamed(flags, own, () => ({
      operation: (user) => Operations.setRole(Operations.idIn(user), wanted),
      done: `given the role ${wanted}`,
      question: null,
      warning: null
    }))
  })
