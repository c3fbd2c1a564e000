/** The secret of a source: from the environment, a file or a descriptor. An argument would stand in every process list. */
import { Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { codes, Ended } from "../Exit.ts"

/** Where else than the environment it may be. */
export interface SecretFlags {
  readonly sourceSecretFile: Option.Option<string>
  readonly sourceSecretFd: Option.Option<number>
}

/** The variables, by what they are for. */
export const variables = { ldap: "LOOM_SCIM_LDAP_PASSWORD", scim: "LOOM_SCIM_SOURCE_TOKEN" } as const

/** What is missing, for people. */
const names = { ldap: "The password of the LDAP account", scim: "The token of the other SCIM server" } as const

const missing = (kind: keyof typeof variables, detail: string) =>
  new Ended({
    code: codes.usage,
    reason: "SourceSecretMissing",
    detail: `${detail === "" ? "" : `${detail} `}${names[kind]} is needed: set ${variables[kind]}, or give --source-secret-file FILE, or --source-secret-fd 3 3< FILE.`
  })

/** Without the line end that editors add; passwords may begin or end with a space. */
const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "")

/** A file or descriptor that is named counts; else the environment does. */
export const read = (kind: keyof typeof variables, flags: SecretFlags): Effect.Effect<Redacted.Redacted, Ended> =>
  Effect.suspend(() => {
    const given: string | number | undefined =
      Option.getOrUndefined(flags.sourceSecretFile) ?? Option.getOrUndefined(flags.sourceSecretFd)
    const variable = process.env[variables[kind]]
    // Processes started by this one need not inherit it.
    delete process.env[variables[kind]]
    const text =
      given === undefined
        ? Effect.succeed(variable ?? "")
        : Effect.try({
            try: () => readFileSync(given, "utf8"),
            catch: () =>
              missing(
                kind,
                typeof given === "number"
                  ? `File descriptor ${given} cannot be read.`
                  : `The file ${given} cannot be read.`
              )
          })
    return Effect.flatMap(text, (held) => {
      const secret = kind === "scim" ? held.trim() : withoutLineEnd(held)
      return secret.trim() === "" ? Effect.fail(missing(kind, "")) : Effect.succeed(Redacted.make(secret))
    })
  })
