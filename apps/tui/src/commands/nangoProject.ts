/** The Nango project with the functions: where it is, which compiler it has, and running that without showing secrets. */
import { scrubber } from "@loom-scim/core/scim/ScimErrorScrub"
import { usual } from "@loom-scim/nango/connect/Integration"
import { Effect, Option, Redacted } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs"
import { basename, delimiter, dirname, join, resolve } from "node:path"
import { codes, Ended } from "../Exit.ts"

const refuse = (reason: string, detail: string) => new Ended({ code: codes.refused, reason, detail })

/** Beside the program's own sources, or here. */
const candidates = (): ReadonlyArray<string> => {
  const program = dirname(process.argv[1] ?? ".")
  return [resolve(program, "../../../packages/nango-functions"), resolve("packages/nango-functions"), resolve(".")]
}

/** A project is a directory whose `index.ts` lists the functions. */
export const find = (named: Option.Option<string>): Effect.Effect<string, Ended> =>
  Effect.suspend(() => {
    const places = Option.match(named, { onNone: candidates, onSome: (place) => [resolve(place)] })
    const found = places.find((place) => existsSync(join(place, "index.ts")) && existsSync(join(place, "loom-scim")))
    return found === undefined
      ? Effect.fail(
          refuse("NoProject", `There is no Nango project in ${places.join(", ")}. Name its directory with --dir.`)
        )
      : Effect.succeed(found)
  })

/** Something that was run to its end. */
interface Ran {
  readonly code: number | null
  readonly output: string
}

const run = (
  directory: string,
  [command, ...args]: readonly [string, ...ReadonlyArray<string>],
  env: Readonly<Record<string, string>>,
  scrub: (text: string) => string
): Effect.Effect<Ran> =>
  Effect.callback((resume) => {
    const bin = join(directory, "node_modules", ".bin")
    const PATH = [dirname(process.execPath), bin, process.env["PATH"] ?? ""].join(delimiter)
    const child = spawn(command, args, {
      cwd: directory,
      env: {
        ...process.env,
        PATH,
        // Nobody is there to answer questions, and nothing is fetched or reported unasked.
        CI: "true",
        NO_COLOR: "1",
        NANGO_CLI_UPGRADE_MODE: "ignore",
        NANGO_CLI_DEPENDENCY_UPDATE: "false",
        NANGO_CLI_TELEMETRY: "false",
        ...env
      },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    const keep = (text: string) => {
      output += text
    }
    child.stdout.setEncoding("utf8").on("data", keep)
    child.stderr.setEncoding("utf8").on("data", keep)
    child.on("error", () => resume(Effect.succeed({ code: null, output: `${command} cannot be started.` })))
    child.on("close", (code) => resume(Effect.succeed({ code, output: scrub(output) })))
    return Effect.sync(() => child.kill())
  })

const isInstalled = (directory: string): boolean => existsSync(join(directory, "node_modules", ".bin", "nango"))

const plainly = ["--no-interactive", "--no-dependency-update", "--no-telemetry"] as const

/** One function as it was compiled. */
export interface Compiled {
  readonly kind: "action" | "sync" | "on-event"
  readonly name: string
  /** Of the module that is uploaded. */
  readonly bytes: number
}

const kinds = { actions: "action", syncs: "sync", "on-events": "on-event" } as const
const compiledName = /^loom-scim_(actions|syncs|on-events)_(.+)\.cjs$/

const isFolder = (name: string | undefined): name is keyof typeof kinds => name !== undefined && name in kinds

/**
 * Compiles with Nango's own compiler and tells what came of it, without any network: the compiler must be installed. A
 * project that has a `build.ts` makes its modules with that first.
 */
export const compile = Effect.fnUntraced(function* (directory: string) {
  if (!isInstalled(directory)) {
    return yield* refuse(
      "NoCompiler",
      `Nango's compiler is not installed in ${directory}. Install what its package.json names, in the repository of loom-scim with: npx -y pnpm@12.21.0 install`
    )
  }
  mkdirSync(join(directory, ".nango"), { recursive: true })
  const command: readonly [string, ...ReadonlyArray<string>] = existsSync(join(directory, "build.ts"))
    ? [process.execPath, "build.ts"]
    : ["nango", "compile", ...plainly]
  const { code, output } = yield* run(directory, command, {}, (text) => text)
  if (code !== 0) {
    return yield* new Ended({
      code: codes.checkFailed,
      reason: "NotCompiled",
      detail: `The functions do not compile.\n${output.trim()}`
    })
  }
  return readdirSync(join(directory, "build")).flatMap((file): ReadonlyArray<Compiled> => {
    const [, folder, name = ""] = compiledName.exec(basename(file)) ?? []
    return isFolder(folder) ? [{ kind: kinds[folder], name, bytes: statSync(join(directory, "build", file)).size }] : []
  })
})

/**
 * Deploys what was compiled, and only that integration: without naming it, Nango takes away the functions of every other
 * one of the environment. The key goes by environment, and is in nothing that is shown.
 */
export const deploy = Effect.fnUntraced(function* (
  directory: string,
  access: { readonly host: string; readonly secretKey: Redacted.Redacted },
  { allowDestructive, environment }: { readonly allowDestructive: boolean; readonly environment: string }
) {
  const args = [
    "deploy",
    environment,
    "--integration",
    usual,
    "--auto-confirm",
    ...plainly,
    ...(allowDestructive ? ["--allow-destructive"] : [])
  ]
  const key = Redacted.value(access.secretKey)
  // The compiler prefers the key of the environment by name, which an .env file beside it may hold.
  const env = {
    NANGO_HOSTPORT: access.host,
    NANGO_SECRET_KEY: key,
    [`NANGO_SECRET_KEY_${environment.toUpperCase()}`]: key
  }
  const { code, output } = yield* run(directory, ["nango", ...args], env, scrubber(access.secretKey))
  if (code === 0) return output
  return yield* new Ended({
    code: codes.checkFailed,
    reason: "NotDeployed",
    detail: `Nothing was deployed.\n${output.trim()}`
  })
})
