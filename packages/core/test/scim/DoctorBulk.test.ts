import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault, Rows } from "./DoctorServer.harness.ts"
import { examine, findingOf } from "./DoctorServer.harness.ts"
import type { Behaviour, Seen } from "./ScimClient.harness.ts"

const people = ["ada", "bob"]

interface Sent {
  readonly method: string
  readonly path: string
  readonly bulkId?: string
  readonly data: unknown
}

/** Carries a bulk request out, one operation after the other, with references resolved or not. */
const carryOut = (seen: Seen, serve: (other: Seen) => Behaviour, resolve: boolean): Behaviour => {
  const operations: ReadonlyArray<Sent> = JSON.parse(seen.body).Operations
  const ids = new Map<string, string>()
  const Operations = operations.map(({ bulkId, data, method, path }) => {
    const text = JSON.stringify(data)
    const body = resolve ? text.replace(/bulkId:(\w+)/g, (whole, name: string) => ids.get(name) ?? whole) : text
    const answer = serve({ ...seen, method, path, body })
    if (typeof answer !== "object" || (answer.status ?? 200) >= 300)
      return { method, bulkId, location: path, status: "400" }
    const id: unknown = Object(answer.body).id
    if (bulkId !== undefined) ids.set(bulkId, String(id))
    const location = method === "POST" ? `https://s.example${path}/${String(id)}` : `https://s.example${path}`
    return { method, bulkId, location, status: method === "POST" ? "201" : "200" }
  })
  return { body: { Operations } }
}

const withBulk =
  (bulk: (seen: Seen, serve: (other: Seen) => Behaviour) => Behaviour, limits: object = {}): Fault =>
  (seen, _rows, serve) => {
    if (seen.path === "/ServiceProviderConfig") return { body: { bulk: { supported: true, ...limits } } }
    return seen.path === "/Bulk" ? bulk(seen, serve) : serve()
  }

const clean = (rows: Rows) => {
  assert.deepStrictEqual([...rows.Users.keys()], people)
  assert.strictEqual(rows.Groups.size, 0)
}

describe("bulk", () => {
  it.effect("is not sent without the claim", () =>
    Effect.gen(function* () {
      let sent = 0
      const { findings } = yield* examine(({ path }, _rows, serve) => {
        if (path === "/Bulk") sent++
        return serve()
      })
      assert.strictEqual(findingOf(findings, "bulk").severity, "skipped")
      assert.strictEqual(sent, 0)
    })
  )
  it.effect("creates, changes and refers to what it created; all of it is removed", () =>
    Effect.gen(function* () {
      let made = 0
      const { findings, rows } = yield* examine(
        withBulk((seen, serve) => {
          made++
          return carryOut(seen, serve, true)
        })
      )
      const finding = findingOf(findings, "bulk")
      assert.strictEqual(finding.severity, "ok", finding.evidence)
      assert.include(finding.evidence, "User 201, group 201, change 200.")
      assert.strictEqual(made, 1)
      assert.strictEqual(findingOf(findings, "cleanup").severity, "ok")
      clean(rows)
    })
  )
  it.effect("with references that stay as they were is a warning", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(withBulk((seen, serve) => carryOut(seen, serve, false)))
      const finding = findingOf(findings, "bulk")
      assert.strictEqual(finding.severity, "warning")
      assert.include(finding.evidence, "does not have the user")
      clean(rows)
    })
  )
  it.effect("whose change does nothing is a warning", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(
        withBulk((seen, serve) =>
          carryOut(seen, (other) => (other.method === "PATCH" ? { body: { id: "x" } } : serve(other)), true)
        )
      )
      assert.strictEqual(findingOf(findings, "bulk").severity, "warning")
      assert.include(findingOf(findings, "bulk").evidence, "did not take effect")
      clean(rows)
    })
  )
  it.effect("that is refused is a warning", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(withBulk(() => ({ status: 501 })))
      assert.strictEqual(findingOf(findings, "bulk").severity, "warning")
      assert.include(findingOf(findings, "bulk").evidence, "501")
      clean(rows)
    })
  )
  it.effect("that was carried out although its answer was lost leaves nothing behind", () =>
    Effect.gen(function* () {
      let most = 0
      const { findings, rows } = yield* examine((seen, state, serve) => {
        most = Math.max(most, state.Groups.size)
        return withBulk((asked, other) => {
          carryOut(asked, other, true)
          return "ECONNRESET"
        })(seen, state, serve)
      })
      assert.strictEqual(findingOf(findings, "bulk").severity, "warning")
      assert.strictEqual(findingOf(findings, "cleanup").severity, "ok")
      assert.strictEqual(most, 2)
      clean(rows)
    })
  )
  it.effect("in more requests than one is said", () =>
    Effect.gen(function* () {
      const fault = withBulk((seen, serve) => carryOut(seen, serve, true), { maxOperations: 1 })
      const { findings } = yield* examine(fault)
      assert.strictEqual(findingOf(findings, "bulk").severity, "info")
      assert.include(findingOf(findings, "bulk").evidence, "It took 3 requests")
    })
  )
})

describe("replaceGroup", () => {
  const atPut =
    (then: (group: Record<string, unknown>) => void): Fault =>
    ({ method, path }, rows, serve) => {
      const answer = serve()
      const group = rows.Groups.get(path.split("/")[2] ?? "")
      if (method === "PUT" && group !== undefined) then(group)
      return answer
    }

  it.effect("keeps the members and takes the name", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine((_seen, _rows, serve) => serve())
      const finding = findingOf(findings, "replaceGroup")
      assert.strictEqual(finding.severity, "ok", finding.evidence)
      clean(rows)
    })
  )
  it.effect("that loses members is a warning, although the client mends it", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(
        atPut((group) => {
          group["members"] = []
        })
      )
      const finding = findingOf(findings, "replaceGroup")
      assert.strictEqual(finding.severity, "warning")
      assert.include(finding.evidence, "added again by PATCH")
      clean(rows)
    })
  )
  it.effect("that keeps the old name is a warning", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(
        atPut((group) => {
          group["displayName"] = "what it was"
        })
      )
      const finding = findingOf(findings, "replaceGroup")
      assert.strictEqual(finding.severity, "warning")
      assert.include(finding.evidence, "another name and 2 of two members")
      clean(rows)
    })
  )
})
