import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { enterpriseUserUrn } from "../../src/scim/Schemas.ts"
import { everything, examine, findingOf } from "./DoctorServer.harness.ts"
import { list, played, token } from "./ScimClient.harness.ts"

const people = ["ada", "bob"]

describe("Doctor.run", () => {
  it.effect("tells a filter that is ignored, and removes nobody by it", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(({ method, path }, rows, serve) =>
        method === "GET" && path === "/Users" ? everything(rows) : serve()
      )
      assert.strictEqual(findingOf(findings, "filterNone").severity, "error")
      assert.include(findingOf(findings, "filterNone").evidence, "gave 2 users")
      assert.include(findingOf(findings, "filterUserName").evidence, "instead of one")
      assert.strictEqual(findingOf(findings, "findUser").severity, "error")
      assert.strictEqual(findingOf(findings, "cleanup").severity, "ok")
      assert.deepStrictEqual([...rows.Users.keys()], people)
    })
  )

  it.effect("tells that duplicates are made, and removes both", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine((_seen, _rows, serve) => serve())
      assert.strictEqual(findingOf(findings, "duplicateUser").severity, "error")
      assert.include(findingOf(findings, "duplicateUser").evidence, "a second one")
      assert.deepStrictEqual([...rows.Users.keys()], people)
    })
  )

  it.effect("tells that removing one member removes all", () =>
    Effect.gen(function* () {
      const { findings } = yield* examine(({ body, method, path }, rows, serve) => {
        const isByValue = method === "PATCH" && body.includes('"remove","path":"members",')
        const row = rows.Groups.get(path.split("/")[2] ?? "")
        if (isByValue && row !== undefined) row["members"] = []
        return serve()
      })
      assert.strictEqual(findingOf(findings, "removeMemberByFilter").severity, "ok")
      const finding = findingOf(findings, "removeMemberByValue")
      assert.strictEqual(finding.severity, "error")
      assert.include(finding.evidence, "the other as well")
    })
  )

  it.effect("removes what was made although the server said otherwise", () =>
    Effect.gen(function* () {
      let lost = false
      const { findings, rows } = yield* examine(({ method, path }, _rows, serve) => {
        if (method === "POST" && path === "/Groups") {
          serve()
          lost = true
          return { status: 500 }
        }
        // While the create is being settled nothing can be found, so that it ends without an id.
        if (lost && method === "GET" && path === "/Groups") return { status: 403 }
        if (method === "PATCH") lost = false
        return serve()
      })
      assert.strictEqual(findingOf(findings, "createGroup").severity, "error")
      assert.strictEqual(findingOf(findings, "addMember").severity, "skipped")
      assert.strictEqual(findingOf(findings, "cleanup").severity, "ok")
      assert.strictEqual(rows.Groups.size, 0)
      assert.deepStrictEqual([...rows.Users.keys()], people)
    })
  )

  it.effect("says so when something cannot be removed", () =>
    Effect.gen(function* () {
      const { findings, rows } = yield* examine(({ method, path }, _rows, serve) =>
        method === "DELETE" && path.startsWith("/Groups") ? { status: 403 } : serve()
      )
      const finding = findingOf(findings, "cleanup")
      assert.strictEqual(finding.severity, "error")
      assert.include(finding.evidence, "Groups loom-scim-doctor-")
      assert.include(finding.next, "--remove-leftovers")
      assert.strictEqual(rows.Groups.size, 1)
      assert.deepStrictEqual([...rows.Users.keys()], people)
    })
  )

  it.effect("does not wait for ever for a server that hangs", () =>
    Effect.gen(function* () {
      const { exit, seconds } = yield* played(
        examine(({ method }, _rows, serve) => (method === "DELETE" ? "hang" : serve()))
      )
      const { findings } = Exit.isSuccess(exit) ? exit.value : assert.fail("it failed")
      const finding = findingOf(findings, "cleanup")
      assert.strictEqual(finding.severity, "error")
      assert.include(finding.evidence, "longer than 1 minute")
      // Two time-outs of 30 seconds by deleteGroup and deleteUser, then the minute.
      assert.isAtMost(seconds, 125)
    })
  )

  it.effect("repeats nothing of a server that has the token everywhere", () =>
    Effect.gen(function* () {
      const words = { id: token, name: token, schema: token, [token]: token }
      const { findings } = yield* examine(({ method, path, query }, rows, serve) => {
        if (/^\/(?:ResourceTypes|Schemas)/.test(path)) {
          return list(words, { ...words, id: "x", attributes: [{ name: "loomMemberRole" }] })
        }
        if (method !== "GET") return serve()
        if (query.get("filter")?.includes(" sw ") === true) {
          return list({ id: "9", userName: `loom-scim-doctor-0123456789ab@${token}` })
        }
        const id = path.split("/")[2]
        const row = { ...rows.Users.get(id ?? ""), ...words, displayName: token, active: token }
        return id === undefined ? serve() : { body: { ...row, loomMemberRole: token, [enterpriseUserUrn]: words } }
      })
      assert.notInclude(JSON.stringify(findings), token)
      // The server was heard: these are findings of what it said.
      assert.strictEqual(findingOf(findings, "memberRoleSchema").severity, "ok")
      assert.strictEqual(findingOf(findings, "leftovers").severity, "warning")
      assert.include(findingOf(findings, "patchPath").evidence, "something else")
      assert.include(findingOf(findings, "attributes").evidence, "more")
      assert.include(findingOf(findings, "deprovision").evidence, "something else")
    })
  )

  it.effect("takes what is shown late for late, not for lost", () =>
    Effect.gen(function* () {
      let stale: object | undefined
      const { findings } = yield* examine(({ method, path, body }, rows, serve) => {
        if (method === "PATCH" && body.includes("Doctor By Path")) {
          stale = { ...rows.Users.get(path.split("/")[2] ?? "") }
        } else if (method === "GET" && path.startsWith("/Users/") && stale !== undefined) {
          const old = stale
          stale = undefined
          return { body: old }
        }
        return serve()
      })
      const finding = findingOf(findings, "patchPath")
      assert.strictEqual(finding.severity, "info")
      assert.include(finding.evidence, "Only read 2 showed it")
    })
  )
})
