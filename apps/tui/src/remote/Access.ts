/** Which server, and with what key: from a flag and the environment, the key never from a flag's value. */
import { Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { codes, Ended } from "../Exit.ts"
import { fileTrouble } from "../plain/FileTrouble.ts"

/** Where the key is looked for. */
export const variable = "LOOM_SCIM_API_KEY"

/** A server and a key for it. */
export interface Access {
  /** Without a slash at the end. */
  readonly url: string
  readonly key: Redacted.Redacted
}

const usage = (reason: string, detail: string) => new Ended({ code: codes.usage, reason, detail })

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host)

/** The key from a file, else from the environment; nothing when neither is given. */
export const keyFrom = (file: Option.Option<string>): Effect.Effect<Option.Option<Redacted.Redacted>, Ended> =>
  Effect.suspend(() => {
    const given = process.env[variable]?.trim() ?? ""
    // Processes started by this one need not inherit it.
    delete process.env[variable]
    if (Option.isNone(file)) return Effect.succeed(given === "" ? Option.none() : Option.some(Redacted.make(given)))
    return Effect.try({
      try: () => Option.some(Redacted.make(readFileSync(file.value, "utf8").trim())),
      catch: (cause) =>
        usage("ApiKeyMissing", `--api-key-file: the API key cannot be read from ${file.value}: ${fileTrouble(cause)}`)
    })
  })

/** Judges the address: a key travels with every request, so over `http` it goes no further than this machine. */
export const urlFrom = (given: string): Effect.Effect<string, Ended> => {
  const url = URL.parse(given)
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return Effect.fail(
      usage("ServerInvalid", `--server ${given} is not an address such as https://loom-scim.example.com`)
    )
  }
  if (url.protocol === "http:" && !isThisMachine(url.hostname)) {
    const detail = `Over http the API key would travel in clear to ${url.host}. Give an https address.`
    return Effect.fail(usage("ServerInvalid", detail))
  }
  return Effect.succeed(`${url.origin}${url.pathname.replace(/\/+$/, "")}`)
}

/** Both together, for a server that was named. */
export const accessTo = Effect.fnUntraced(function* (
  server: string,
  keyFile: Option.Option<string>
): Effect.fn.Return<Access, Ended> {
  const url = yield* urlFrom(server)
  const key = yield* keyFrom(keyFile)
  if (Option.isSome(key)) return { url, key: key.value }
  return yield* usage(
    "ApiKeyMissing",
    `The server needs a key: set ${variable}, or name a file that holds one with --api-key-file.`
  )
})
