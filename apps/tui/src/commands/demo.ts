/** `loom-scim demo`: the guided setup against a sandbox of this machine, its values filled in. */
import { SetupService } from "@loom-scim/core/setup/SetupService"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Task } from "@loom-scim/core/setup/Task"
import { createDirectory } from "@loom-scim/platform-node/store/createDirectory"
import { Console, Effect, Option, Redacted, Schema } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Answers } from "../answers.ts"
import { answerTo } from "../answers.ts"
import { codes, Ended } from "../Exit.ts"
import { start } from "./sandbox.ts"
import type { SharedFlags } from "./shared.ts"
import { actorOf, withServices } from "./shared.ts"
import { guided, unattended } from "./setup.ts"

const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"
const domain = "example.com"

/** What the sandbox must keep between runs, so that a set-up begun in one demo goes on in the next. */
const Place = Schema.Struct({ port: Schema.Int, dnsPort: Schema.Int })
const PlaceJson = Schema.fromJsonString(Place)

const directoryOf = ({ dataDir }: SharedFlags): string =>
  Option.getOrElse(dataDir, () =>
    join(process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "loom-scim-demo")
  )

const recall = (file: string): typeof Place.Type =>
  existsSync(file)
    ? Option.getOrElse(Schema.decodeUnknownOption(PlaceJson)(readFileSync(file, "utf8")), () => ({
        port: 0,
        dnsPort: 0
      }))
    : { port: 0, dnsPort: 0 }

/** The sandbox on the ports of the last run, or on others when those are taken. */
const startAgain = Effect.fnUntraced(function* (directory: string) {
  const file = join(directory, "sandbox-place.json")
  const place = recall(file)
  const options = { users: 25, dataFile: join(directory, "sandbox.json") }
  const sandbox = yield* start({ ...options, ...place }).pipe(
    Effect.catch(() => start({ ...options, port: 0, dnsPort: 0 }))
  )
  const port = Number(new URL(sandbox.scimUrl).port)
  writeFileSync(file, Schema.encodeSync(PlaceJson)({ port, dnsPort: sandbox.dns.port }))
  return sandbox
})

const publishTxt = (controlUrl: string) =>
  Effect.tryPromise({
    try: async () => {
      const body = JSON.stringify({ name: domain, type: "TXT", values: ["v=spf1 -all", txt] })
      const headers = { "content-type": "application/json" }
      const { ok } = await fetch(`${controlUrl}/dns`, { method: "POST", headers, body })
      if (!ok) throw new Error("refused")
    },
    catch: () =>
      new Ended({ code: codes.unexpected, reason: "SandboxFailed", detail: "The sandbox's DNS does not take records." })
  })

const answersFor = (endpoint: string, metadata: string): Answers => ({
  name: "Demo",
  confirm: { enterprisePlan: true, samlSso: true, ssoTest: true, relogin: true, lockout: true },
  domains: [{ domain, method: "dnsTxt", txt }],
  members: `ada@${domain}, grace@${domain}, contractor@elsewhere.test`,
  sso: { metadata, defaultRole: "viewer", enforce: "off" },
  endpoint,
  domainCapture: "captureNewUsers",
  deprovisioning: "deactivate"
})

/** Nobody vouches for anything in an unattended demo, and its evidence says so. */
const nobody: Actor = { name: "the demo, not a person", face: "cli" }

/** Takes the connections of earlier demos off the list, so that an unattended demo always walks the whole journey. */
const forget = Effect.gen(function* () {
  const setup = yield* SetupService
  const earlier = (yield* setup.list).filter(({ state }) => state.name === "Demo")
  yield* Effect.forEach(earlier, ({ id }) => setup.remove(id, actorOf("cli")))
})

export const demo = (given: SharedFlags, { nonInteractive }: { readonly nonInteractive: boolean }) =>
  Effect.gen(function* () {
    const directory = directoryOf(given)
    yield* Effect.try({
      try: () => createDirectory(directory),
      catch: () =>
        new Ended({ code: codes.storage, reason: "DataDirectory", detail: `${directory} cannot be created.` })
    })
    const sandbox = yield* startAgain(directory)
    yield* publishTxt(sandbox.controlUrl)
    const answers = answersFor(sandbox.scimUrl, sandbox.idpMetadataUrl)
    const token = Redacted.make(sandbox.token)
    const flags: SharedFlags = {
      ...given,
      // It has a directory and a sandbox of its own, whatever else is there.
      server: Option.none(),
      dataDir: Option.some(directory),
      dnsServer: Option.some(`${sandbox.dns.host}:${sandbox.dns.port}`),
      allowPrivateNetwork: true
    }
    if (!given.json) {
      yield* Console.log(`Sandbox   ${sandbox.scimUrl}\nData      ${directory}\n`)
    }
    if (nonInteractive || !process.stdin.isTTY || !process.stdout.isTTY) {
      const { id } = yield* withServices(
        flags,
        "cli",
        Effect.andThen(forget, unattended(flags, answers, token, nobody))
      )
      const { check } = yield* Effect.promise(() => import("./check.ts"))
      if (!given.json) yield* Console.log("\nEverything that can be checked, checked again:")
      return yield* check(flags, { connection: Option.some(id) })
    }
    const prefill = (task: Task): string | undefined => {
      const answer = answerTo(answers, token, task)
      switch (answer._tag) {
        case "Value":
          return answer.value
        case "Secret":
          return Redacted.value(answer.value)
        case "Confirm":
        case "None":
          return undefined
      }
    }
    const resume = "npm run demo"
    const own = { connection: Option.none<string>(), name: Option.none<string>() }
    return yield* withServices(
      flags,
      "tui",
      guided(flags, own, { prefill, banner: "demo: values are filled in", resume })
    )
  }).pipe(Effect.scoped)
