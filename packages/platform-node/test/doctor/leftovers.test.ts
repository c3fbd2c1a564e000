import { assert, describe, it } from "@effect/vitest"
import type { CheckName } from "@loom-scim/core/scim/DoctorFinding"
import { prefix } from "@loom-scim/core/scim/DoctorDisposable"
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { Deferred, Effect, Fiber } from "effect"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import type { Visit } from "./patient.ts"
import * as Servers from "../http/servers.ts"
import { control, counts, findingOf, sandbox, token, visit } from "./patient.ts"

const post = ({ scimUrl }: Sandbox, path: string, body: object) =>
  Effect.promise(async () => {
    const headers = { "content-type": "application/scim+json", authorization: `Bearer ${token}` }
    const response = await fetch(`${scimUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
    assert.strictEqual(response.status, 201)
  })

const userUrn = "urn:ietf:params:scim:schemas:core:2.0:User"
const groupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group"

const leave = (started: Sandbox, name: string) =>
  Effect.andThen(
    post(started, "/Users", { schemas: [userUrn], userName: `${name}@example.com` }),
    post(started, "/Groups", { schemas: [groupUrn], displayName: name })
  )

describe("what earlier runs left", () => {
  it.live("is found, stays without the option, and is removed with it", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      yield* leave(started, `${prefix}0123456789ab`)
      const before = yield* counts(started)
      const found = findingOf(yield* visit(started), "leftovers")
      assert.strictEqual(found.severity, "warning")
      assert.include(found.evidence, "Found 2")
      assert.include(found.next, "--remove-leftovers")
      assert.deepStrictEqual(yield* counts(started), before)
      const removed = findingOf(yield* visit(started, { removeLeftovers: true }), "leftovers")
      assert.strictEqual(removed.severity, "ok")
      assert.include(removed.evidence, "removed 2")
      assert.deepStrictEqual(yield* counts(started), { users: 3, groups: 0 })
    })
  )

  it.live("is found without the filter sw", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      yield* leave(started, `${prefix}0123456789ab`)
      yield* control(started, "/faults", {
        kind: "status",
        status: 400,
        scimType: "invalidFilter",
        match: { pathIncludes: "%20sw%20" }
      })
      const findings = yield* visit(started, { removeLeftovers: true })
      assert.strictEqual(findingOf(findings, "leftovers").severity, "ok")
      assert.deepStrictEqual(yield* counts(started), { users: 3, groups: 0 })
    })
  )

  it.live("is not somebody whose name only begins like it", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(0)
      yield* leave(started, `${prefix}fan`)
      const finding = findingOf(yield* visit(started, { removeLeftovers: true }), "leftovers")
      assert.strictEqual(finding.severity, "ok")
      assert.include(finding.evidence, "No user or group")
      assert.deepStrictEqual(yield* counts(started), { users: 1, groups: 1 })
    })
  )
})

/** A gateway that passes creates of groups on after a while, whether or not anybody still waits for the answer. */
const behindSlowCreates = ({ scimUrl }: Sandbox) =>
  Effect.map(
    Servers.http(async (request, response) => {
      const body = await text(request)
      const method = request.method ?? "GET"
      if (method === "POST" && request.url?.endsWith("/Groups") === true) await sleep(300)
      const headers = {
        authorization: request.headers.authorization ?? "",
        "content-type": request.headers["content-type"] ?? "application/scim+json"
      }
      const sent = method === "GET" || body === "" ? { method, headers } : { method, headers, body }
      const answer = await fetch(`${scimUrl}${request.url ?? ""}`, sent)
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" })
      response.end(await answer.text())
    }),
    (port) => `http://127.0.0.1:${port}`
  )

/** Starts the doctor, and yields when a check has reported. */
const interruptedAfter = (started: Sandbox, name: CheckName, how: Visit = {}) =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    const seen: Array<string> = []
    const fiber = yield* Effect.forkChild(
      visit(started, {
        ...how,
        write: true,
        onFinding: ({ check, severity }) => {
          seen.push(`${check} ${severity}`)
          return check === name ? Deferred.succeed(reached, undefined) : Effect.void
        }
      })
    )
    yield* Deferred.await(reached)
    return { fiber, seen }
  })

describe("an interrupted doctor", () => {
  const moments: ReadonlyArray<CheckName> = [
    "createUser",
    "patchAdd",
    "createGroup",
    "addMember",
    "replaceGroup",
    "bulk",
    "deprovision"
  ]
  for (const moment of moments) {
    it.live(`leaves nothing behind after ${moment}`, () =>
      Effect.gen(function* () {
        const started = yield* sandbox(3)
        const { fiber, seen } = yield* interruptedAfter(started, moment)
        yield* Fiber.interrupt(fiber)
        assert.notInclude(seen.join(), "deleteUser")
        assert.strictEqual(seen.at(-1), "cleanup ok")
        assert.deepStrictEqual(yield* counts(started), { users: 3, groups: 0 })
      })
    )
  }

  it.live("leaves nothing behind when a create takes effect only after the interruption", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      const slow = yield* behindSlowCreates(started)
      const { fiber, seen } = yield* interruptedAfter({ ...started, scimUrl: slow }, "memberRole")
      yield* Effect.sleep("100 millis")
      assert.strictEqual((yield* counts(started)).groups, 0)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(seen.at(-1), "cleanup ok")
      yield* Effect.sleep("400 millis")
      assert.deepStrictEqual(yield* counts(started), { users: 3, groups: 0 })
    })
  )

  it.live("ends although the server hangs, and says that it could not clean up", () =>
    Effect.gen(function* () {
      const started = yield* sandbox(3)
      const { fiber, seen } = yield* interruptedAfter(started, "createUser", { client: { timeout: "100 millis" } })
      yield* control(started, "/faults", { kind: "hang" })
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(seen.at(-1), "cleanup error")
    })
  )
})
