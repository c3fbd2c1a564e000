/** `loom-scim nango deploy` */
import { Console, Effect, Option } from "effect"
import { fromError } from "../Exit.ts"
import { accessOf } from "./nangoAccess.ts"
import type { Compiled } from "./nangoProject.ts"
import * as Project from "./nangoProject.ts"
import type { SharedFlags } from "./shared.ts"

/** The flags of this command. */
export interface DeployFlags {
  readonly host: string
  readonly secretKeyFd: Option.Option<number>
  readonly dir: Option.Option<string>
  readonly environment: string
  readonly allowDestructive: boolean
  readonly dryRun: boolean
}

const sizeOf = (bytes: number): string => `${Math.ceil(bytes / 1024)} KB`

const line = ({ bytes, kind, name }: Compiled): string => `  ${kind.padEnd(9)} ${name.padEnd(32)} ${sizeOf(bytes)}`

export const nangoDeploy = (flags: SharedFlags, own: DeployFlags) =>
  Effect.gen(function* () {
    const directory = yield* Project.find(own.dir)
    const { allowDestructive, dryRun, environment } = own
    // Asked for before the compiler's minute, and not at all when nothing is sent.
    const access = dryRun ? Option.none() : Option.some(yield* accessOf(flags, own))
    const functions = yield* Project.compile(directory)
    if (Option.isNone(access)) {
      if (flags.json) return yield* Console.log(JSON.stringify({ environment, dryRun, functions }))
      yield* Console.log(`Would deploy ${functions.length} functions to ${environment} of ${own.host}:`)
      for (const each of functions) yield* Console.log(line(each))
      return yield* Console.log("Nothing was sent.")
    }
    const said = yield* Project.deploy(directory, access.value, { allowDestructive, environment })
    if (flags.json) return yield* Console.log(JSON.stringify({ environment, dryRun, functions }))
    return yield* Console.log(
      `${said.trim()}\nDeployed ${functions.length} functions to ${environment} of ${access.value.host}.`
    )
  }).pipe(Effect.mapError(fromError))
