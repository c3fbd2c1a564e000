import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failureOf, isOfConnection } from "../../src/runs/Perform.ts"
import * as E from "../../src/scim/ScimError.ts"
import type { Behaviour } from "../scim/ScimClient.harness.ts"
import { played } from "../scim/ScimClient.harness.ts"
import { ada, deactivate, remove, update } from "./performActions.ts"
import { Directory, watching } from "./PerformServer.harness.ts"

describe("which errors concern the whole connection", () => {
  const answered = (status: number) => ({ operation: "PATCH /Users/{id}", status, scimType: null, detail: "words" })
  const transport = { operation: "GET /Users", outcome: "timeout", explanation: "", next: "wait", sent: "no" } as const
  const table: { readonly [Tag in E.ScimError["_tag"]]: ReadonlyArray<readonly [E.ScimError, boolean]> } = {
    Unauthorized: [[new E.Unauthorized(answered(401)), true]],
    Forbidden: [[new E.Forbidden(answered(403)), true]],
    Redirected: [[new E.Redirected({ ...answered(302), origin: null }), true]],
    RateLimited: [[new E.RateLimited({ ...answered(429), retryAfterMillis: null }), true]],
    Transport: [
      [new E.Transport(transport), true],
      [new E.Transport({ ...transport, sent: "maybe" }), true]
    ],
    ServerFault: [
      [new E.ServerFault(answered(500)), true],
      [new E.ServerFault(answered(408)), true],
      [new E.ServerFault(answered(501)), false],
      [new E.ServerFault(answered(505)), false]
    ],
    Malformed: [
      [new E.Malformed({ ...answered(200), reason: "notJson", excerpt: "" }), true],
      [new E.Malformed({ ...answered(304), reason: "notJson", excerpt: "" }), false]
    ],
    NotFound: [[new E.NotFound(answered(404)), false]],
    Conflict: [[new E.Conflict({ ...answered(409), resource: null }), false]],
    InvalidFilter: [[new E.InvalidFilter(answered(400)), false]],
    TooMany: [[new E.TooMany(answered(400)), false]],
    PreconditionFailed: [[new E.PreconditionFailed(answered(412)), false]],
    PayloadTooLarge: [[new E.PayloadTooLarge(answered(413)), false]],
    InvalidRequest: [[new E.InvalidRequest(answered(400)), false]]
  }
  for (const [error, expected] of Object.values(table).flat()) {
    it(`${error._tag} ${"status" in error ? error.status : error.sent}: ${expected}`, () => {
      assert.strictEqual(isOfConnection(error), expected)
      // What may have been carried out is never an outcome: it has to be looked at again.
      if (E.isUncertain(error)) assert.isTrue(isOfConnection(error))
      assert.deepStrictEqual(failureOf(error), {
        _tag: "Failed",
        error: error._tag,
        message: error.message,
        detail: error._tag === "Transport" ? null : "words",
        next: error.next
      })
    })
  }

  const answers: ReadonlyArray<readonly [Behaviour, string]> = [
    [{ status: 401 }, "Unauthorized"],
    [{ status: 403 }, "Forbidden"],
    [{ status: 301, headers: { location: "https://elsewhere.example" } }, "Redirected"],
    [{ status: 429 }, "RateLimited"],
    [{ status: 503 }, "ServerFault"],
    ["ECONNREFUSED", "Transport"],
    ["ECONNRESET", "Transport"],
    [{ body: "<html>Sign in" }, "Malformed"]
  ]
  for (const [answer, tag] of answers) {
    it.effect(`${tag}: performing fails`, () =>
      Effect.gen(function* () {
        const directory = new Directory([ada])
        directory.interferes = () => answer
        for (const action of [update, deactivate, remove]) {
          const { exit } = yield* played(watching(directory, ({ run }) => Effect.flip(run(action))))
          assert.isTrue(exit._tag === "Success" && exit.value._tag === tag)
        }
      })
    )
  }
  it.effect("anything else is the outcome of the object", () =>
    Effect.gen(function* () {
      const directory = new Directory([ada])
      for (const [status, tag] of [
        [400, "InvalidRequest"],
        [404, "NotFound"],
        [409, "Conflict"],
        [412, "PreconditionFailed"],
        [413, "PayloadTooLarge"],
        [501, "ServerFault"]
      ] as const) {
        directory.interferes = () => ({ status, body: { detail: "no" } })
        const { managed, outcome } = yield* watching(directory, ({ run }) => run(update))
        assert.isEmpty(managed)
        assert.isTrue(outcome._tag === "Failed" && outcome.error === tag && outcome.detail === "no")
      }
    })
  )
})
