/** `loom-scim setup`: on a terminal the guided screens, with `--answers` unattended, otherwise where it stands. */
import type { MemberList } from "@loom-scim/core/ports/MemberList"
import type { Task } from "@loom-scim/core/setup/Task"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import { Console, Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import * as Answers from "../answers.ts"
import { codes, Ended } from "../Exit.ts"
import * as Report from "../plain/Report.ts"
import { walk } from "../plain/Unattended.ts"
import { find } from "../Selection.ts"
import type { SharedFlags } from "./shared.ts"
import { actorOf, outputOf, withSetups } from "./shared.ts"

/** The flags of this command. */
export interface SetupFlags {
  readonly connection: Option.Option<string>
  readonly name: Option.Option<string>
  readonly answers: Option.Option<string>
  readonly tokenFd: Option.Option<number>
}

/** What the demo fills in; nothing in a real set-up. */
export interface Assistance {
  readonly prefill: (task: Task) => string | undefined
  readonly banner: string | undefined
  /** How to come back, as a command. */
  readonly resume: string
}

const unassisted: Assistance = { prefill: () => undefined, banner: undefined, resume: "loom-scim setup" }

/** The token from a descriptor or the environment: an argument would stand in every process list. */
const readToken = (fd: Option.Option<number>): Effect.Effect<Redacted.Redacted, Ended> =>
  Effect.suspend(() => {
    const missing = "The token is needed: set LOOM_SCIM_TOKEN, or pass --token-fd 3 3< file."
    const usage = (detail: string) => new Ended({ code: codes.usage, reason: "TokenMissing", detail })
    if (Option.isNone(fd)) {
      const value = process.env["LOOM_SCIM_TOKEN"]?.trim()
      // Processes started by this one need not inherit it.
      delete process.env["LOOM_SCIM_TOKEN"]
      return value === undefined || value === "" ? Effect.fail(usage(missing)) : Effect.succeed(Redacted.make(value))
    }
    return Effect.try({
      try: () => Redacted.make(readFileSync(fd.value, "utf8").trim()),
      catch: () => usage(`File descriptor ${fd.value} cannot be read. ${missing}`)
    })
  })

/** Said before a directory is opened or a server asked, since it is neither's fault. */
const refuseEmptyName = (name: Option.Option<string>): Effect.Effect<void, Ended> =>
  Option.exists(name, (given) => given.trim() === "")
    ? Effect.fail(
        new Ended({
          code: codes.usage,
          reason: "NameEmpty",
          detail: "--name is empty. Give the connection a name, such as your company's: --name Acme"
        })
      )
    : Effect.void

const begin = Effect.fnUntraced(function* (name: string, actor: Actor) {
  return yield* (yield* SetupService).begin(name, actor)
})

/** Walks a journey by the answers given; goes on with the connection of that name if there is one. */
export const unattended = (
  flags: SharedFlags,
  answers: Answers.Answers,
  token: Redacted.Redacted,
  actor: Actor = actorOf("cli")
) =>
  Effect.gen(function* () {
    const existing = (yield* (yield* SetupService).list).find(({ state }) => state.name === answers.name)
    const connection = existing ?? (yield* begin(answers.name, actor))
    const output = outputOf(flags)
    const { allowPrivateNetwork } = flags
    const after = yield* walk(connection, answers, token, { allowPrivateNetwork }, actor, output)
    const { id, state } = after
    if (flags.json) yield* Console.log(JSON.stringify({ connection: id, connected: state.connected !== null }))
    else yield* Console.log(`\n${state.name} (${id}) is connected.`)
    return after
  })

/** The guided screens; resolves when the person quits. */
export const guided = (flags: SharedFlags, own: Pick<SetupFlags, "connection" | "name">, assistance: Assistance) =>
  Effect.gen(function* () {
    const services = yield* Effect.context<SetupService | MemberList>()
    const found = Option.isSome(own.name)
      ? Option.some(yield* begin(own.name.value, actorOf("tui")))
      : yield* find(own.connection)
    const { show } = yield* Effect.promise(() => import("../ui/show.tsx"))
    const { allowPrivateNetwork } = flags
    const connection = yield* show(
      services,
      Option.getOrNull(found),
      actorOf("tui"),
      { allowPrivateNetwork },
      assistance
    )
    if (connection === null) return yield* Console.log("Nothing was begun. Come back with: loom-scim setup")
    const which = assistance.banner === undefined ? ` --connection ${connection.id}` : ""
    return yield* Console.log(
      connection.state.connected === null
        ? `Everything is saved. Go on with: ${assistance.resume}${which}`
        : `${connection.state.name} is connected. See the evidence with: loom-scim status${which}`
    )
  })

export const setup = (flags: SharedFlags, own: SetupFlags): Effect.Effect<void, Ended> =>
  Effect.gen(function* () {
    yield* refuseEmptyName(own.name)
    if (Option.isSome(own.answers)) {
      const answers = yield* Answers.read(own.answers.value)
      const token = yield* readToken(own.tokenFd)
      return yield* withSetups(flags, "cli", unattended(flags, answers, token)).pipe(Effect.asVoid)
    }
    if (process.stdin.isTTY && process.stdout.isTTY && !flags.json) {
      // Begun now, so that the screens load while the store opens.
      void import("../ui/show.tsx")
      return yield* withSetups(flags, "tui", guided(flags, own, unassisted))
    }
    return yield* withSetups(flags, "cli", withoutTerminal(flags, own))
  })

/** Without a terminal: begins what was named, says where it stands and how to go on. */
const withoutTerminal = (flags: SharedFlags, own: SetupFlags) =>
  Effect.gen(function* () {
    const found = Option.isSome(own.name)
      ? Option.some(yield* begin(own.name.value, actorOf("cli")))
      : yield* find(own.connection)
    const how = "Run it on a terminal, or unattended with: loom-scim setup --answers answers.yaml"
    if (Option.isNone(found)) {
      return yield* new Ended({ code: codes.refused, reason: "NoTerminal", detail: `This is not a terminal. ${how}` })
    }
    const { glyphs, json } = outputOf(flags)
    yield* Console.log(json ? JSON.stringify(Report.statusJson(found.value)) : Report.status(found.value, glyphs))
    if (found.value.state.connected === null) {
      return yield* new Ended({ code: codes.refused, reason: "NotConnected", detail: how })
    }
    return undefined
  })
