import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { isUncertain } from "../../src/scim/ScimError.ts"
import { failure, list, played, withClient } from "./ScimClient.harness.ts"

const ada = { id: "1", userName: "ada@example.com", active: true }

describe("408, the server gave up waiting", () => {
  it.effect("is repeated where that does no harm", () =>
    withClient(
      (_, index) => (index === 0 ? { status: 408 } : { body: ada }),
      (client, seen) =>
        Effect.gen(function* () {
          const { exit } = yield* played(client.get("Users", "1"))
          assert.isTrue(Exit.isSuccess(exit))
          assert.strictEqual(seen.length, 2)
        })
    )
  )
  it.effect("is not repeated for a change that may have been carried out", () =>
    withClient(
      () => ({ status: 408, body: { detail: "slow" } }),
      (client, seen) =>
        Effect.gen(function* () {
          const error = failure((yield* played(client.patch("Users", "1", []))).exit)
          assert.isTrue(error._tag === "ServerFault" && error.status === 408 && isUncertain(error))
          assert.include(error.message, "gave up waiting")
          assert.strictEqual(seen.length, 1)
        })
    )
  )
  it.effect("ends after a bounded number", () =>
    withClient(
      () => ({ status: 408 }),
      (client, seen) =>
        Effect.gen(function* () {
          assert.strictEqual(failure((yield* played(client.get("Users", "1"))).exit)._tag, "ServerFault")
          assert.strictEqual(seen.length, 4)
        })
    )
  )
  it.effect("of a creation is settled by looking for what may have been created", () =>
    withClient(
      ({ method }) => (method === "POST" ? { status: 408 } : list(ada)),
      (client, seen) =>
        Effect.gen(function* () {
          const { exit } = yield* played(client.create("Users", { userName: ada.userName }))
          assert.isTrue(Exit.isSuccess(exit) && exit.value.id === "1" && exit.value.settled === "lookup")
          assert.strictEqual(seen.filter(({ method }) => method === "POST").length, 1)
        })
    )
  )
})
