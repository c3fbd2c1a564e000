/** What the built server refuses to start with, and what it says then. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { postgres, postgresAnswers } from "../../../../packages/platform-node/test/store/backend.ts"
import { call, closeAll, temporary } from "../support/api.ts"
import { refusedServer, runServer } from "../support/programs.ts"

afterEach(closeAll)

const isThere = await Effect.runPromise(postgresAnswers)
const [keyA, keyB] = ["a1".repeat(32), "b2".repeat(32)]

type Variables = Readonly<Record<string, string>>

const stopped = async (server: Awaited<ReturnType<typeof runServer>>): Promise<string> => {
  server.kill("SIGTERM")
  return (await server.ended).stderr
}

/** A server that starts, seals the secret of a webhook if it is given a key, and stops; what it logged. */
const served = async (args: ReadonlyArray<string>, variables: Variables, sealWith?: string) => {
  const server = await runServer(args, variables)
  if (sealWith !== undefined) {
    const key = sealWith === "" ? (server.key ?? "") : sealWith
    await call(server.base, "POST", "/v1/connections", { key, body: { name: "Acme" } })
    const body = { connectionId: "acme", url: "https://93.184.216.34/hook", events: ["run.paused"] }
    const made = await call(server.base, "POST", "/v1/webhooks", { key, body })
    assert.strictEqual(made.status, 201, made.text)
  }
  return { key: server.key ?? "", log: await stopped(server) }
}

const refusal = (args: ReadonlyArray<string>, variables: Variables) =>
  refusedServer(["--port", "0", ...args], variables)

/** The same on both databases. */
const keysOf = async (args: ReadonlyArray<string>, variables: Variables) => {
  const under = (key: string, more: Variables = {}) => ({ ...variables, LOOM_SCIM_KEY: key, ...more })
  // Nothing is sealed yet: any key will do.
  await served(args, under(keyB))
  const { key } = await served([...args, "--new-admin-key"], under(keyA), "")
  const other = await refusal(args, under(keyB))
  assert.strictEqual(other.code, 5, other.stderr)
  assert.match(other.stderr, /^loom-scim-api: The tokens in this store are sealed with key [0-9a-f]{8}, /)
  assert.include(other.stderr, "LOOM_SCIM_KEY_PREVIOUS")
  assert.notInclude(other.stderr, "listens on")
  assert.notInclude(other.stderr, keyB)
  const rotating = await served(args, under(keyB, { LOOM_SCIM_KEY_PREVIOUS: keyA }))
  assert.notInclude(rotating.log, "cannot be opened")
  // Whoever knows that the key is lost starts, and from the first token on it is not lost for all.
  const known = await served([...args, "--lost-key"], under(keyB), key)
  assert.include(known.log, "cannot be opened")
  assert.include((await served(args, under(keyB))).log, "cannot be opened")
}

describe("a start", () => {
  it("names the variable that cannot be used, and takes an empty one for none", async () => {
    for (const port of ["abc", "70000", "-1", "80.5"]) {
      const ended = await refusedServer(["--data-dir", temporary()], { LOOM_SCIM_PORT: port })
      assert.deepStrictEqual(
        [ended.code, ended.stderr],
        [2, `loom-scim-api: LOOM_SCIM_PORT is "${port}"; it has to be a whole number from 0 to 65535.\n`]
      )
    }
    await served(["--data-dir", temporary()], { LOOM_SCIM_PORT: "abc", LOOM_SCIM_HOST: "" })
  })

  it("is refused on SQLite with another key than that of all that is sealed", { timeout: 60_000 }, () =>
    keysOf(["--data-dir", temporary()], {})
  )

  it("is refused when the key file is gone", async () => {
    const directory = temporary()
    await served(["--data-dir", directory], {}, "")
    await served(["--data-dir", directory], {})
    rmSync(join(directory, "key"))
    const gone = await refusal(["--data-dir", directory], {})
    assert.strictEqual(gone.code, 5)
    assert.include(gone.stderr, `the key file ${join(directory, "key")}`)
  })

  it.live.runIf(isThere)(
    "is refused on PostgreSQL with another key than that of all that is sealed",
    () =>
      Effect.gen(function* () {
        const { location } = yield* postgres.fresh
        yield* Effect.promise(() => keysOf(["--data-dir", temporary()], { DATABASE_URL: location[1] }))
      }).pipe(Effect.scoped),
    60_000
  )
})
