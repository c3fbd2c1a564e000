/** `loom-scim sandbox` */
import { Console, Effect, Option, Predicate } from "effect"
import { codes, Ended } from "../Exit.ts"
import type { SharedFlags } from "./shared.ts"

interface SandboxFlags {
  readonly users: number
  readonly port: number
  readonly dnsPort: number
  readonly dataFile: Option.Option<string>
}

const ports: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there. Choose another with --port and --dns-port, or 0 for any.",
  EACCES: "that takes more rights. Choose ports of 1024 or more with --port and --dns-port, or 0 for any."
}

const failureOf = (cause: unknown): Ended => {
  const message = cause instanceof Error ? cause.message : "it could not start"
  const isAtPort = Predicate.hasProperty(cause, "syscall") && /^(listen|bind)$/.test(String(cause.syscall))
  const next = isAtPort && Predicate.hasProperty(cause, "code") ? ports[String(cause.code)] : undefined
  return new Ended({
    code: next === undefined ? codes.storage : codes.usage,
    reason: "SandboxFailed",
    detail: next === undefined ? `Sandbox: ${message}` : `Sandbox: ${message}: ${next}`
  })
}

/** A running sandbox, stopped with the scope. Loaded only here: it brings a whole web server along. */
export const start = (options: {
  readonly users: number
  readonly port: number
  readonly dnsPort: number
  readonly dataFile?: string
  readonly token?: string
}) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => (await import("@loom-scim/sandbox/Sandbox")).startSandbox(options),
      catch: failureOf
    }),
    (sandbox) => Effect.promise(() => sandbox.close())
  )

export const sandbox = ({ json }: SharedFlags, { dataFile, dnsPort, port, users }: SandboxFlags) =>
  Effect.gen(function* () {
    const file = Option.match(dataFile, { onNone: () => ({}), onSome: (path) => ({ dataFile: path }) })
    const running = yield* start({ users, port, dnsPort, ...file })
    const { controlUrl, dns, idpMetadataUrl, scimUrl, token } = running
    const dnsServer = `${dns.host}:${dns.port}`
    yield* Console.log(
      json
        ? JSON.stringify({ endpoint: scimUrl, token, idpMetadata: idpMetadataUrl, dnsServer, control: controlUrl })
        : [
            "A stand-in for a Loom workspace is running. Nothing here reaches the real Loom.",
            "",
            `  Endpoint      ${scimUrl}`,
            `  Bearer token  ${token}`,
            `  IdP metadata  ${idpMetadataUrl}`,
            `  DNS server    ${dnsServer}`,
            `  Control       ${controlUrl}`,
            "",
            `Try it: loom-scim setup --allow-private-network --dns-server ${dnsServer}`,
            "Ctrl-C stops it."
          ].join("\n")
    )
    return yield* Effect.never
  }).pipe(Effect.scoped)
