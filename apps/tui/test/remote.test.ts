/** What the API of a server says, put back into the words that core has for it, and what is sent to it. */
import { assert, describe, it } from "@effect/vitest"
import { ofScim, ofSetup } from "@loom-scim/contract/problemOf"
import { ofRun } from "@loom-scim/contract/problemOfRun"
import type { PeopleSource, SourceText } from "@loom-scim/core/ports/PeopleSource"
import { SourceFailure } from "@loom-scim/core/ports/PeopleSource"
import { RunUnfinished } from "@loom-scim/core/ports/Runs"
import { careful } from "@loom-scim/core/provisioning/Guard"
import { read } from "@loom-scim/core/provisioning/MappingRead"
import { RunRefused } from "@loom-scim/core/runs/RunService"
import * as ScimError from "@loom-scim/core/scim/ScimError"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import { Effect, Result, Stream } from "effect"
import { failureOf } from "../src/remote/failures.ts"
import { beginFailureOf, runFailureOf } from "../src/remote/runFailures.ts"
import { scimErrorOf } from "../src/remote/scimFailures.ts"
import { sourceFailureOf } from "../src/remote/sourceFailure.ts"
import { uploadOf } from "../src/remote/upload.ts"
import { verdictOf } from "../src/remote/verdictOf.ts"
import { runId } from "./support/runs.ts"

const url = "https://loom-scim.example.com"
const acme = ConnectionId.make("acme")

describe("errors over a server", () => {
  const answered = { operation: "PATCH /Users/{id}", status: 400, scimType: null, detail: "no: not that" }
  const all: ReadonlyArray<ScimError.ScimError> = [
    new ScimError.Unauthorized({ ...answered, status: 401 }),
    new ScimError.Forbidden({ ...answered, status: 403 }),
    new ScimError.NotFound({ ...answered, status: 404 }),
    new ScimError.Conflict({ ...answered, status: 409, resource: null }),
    new ScimError.Conflict({ ...answered, status: 409, resource: { id: "u1" } }),
    new ScimError.InvalidFilter(answered),
    new ScimError.TooMany(answered),
    new ScimError.PreconditionFailed({ ...answered, status: 412 }),
    new ScimError.RateLimited({ ...answered, status: 429, retryAfterMillis: 3000 }),
    new ScimError.PayloadTooLarge({ ...answered, status: 413 }),
    new ScimError.InvalidRequest({ ...answered, scimType: "mutability" }),
    new ScimError.InvalidRequest({ ...answered, status: 0 }),
    new ScimError.ServerFault({ ...answered, status: 501 }),
    new ScimError.Malformed({ ...answered, status: 200, reason: "webPage", excerpt: "<html>" }),
    new ScimError.Redirected({ ...answered, status: 302, origin: "https://else.example.com" }),
    new ScimError.Transport({
      operation: "GET /Users",
      outcome: "timeout",
      explanation: "the server: did not answer.",
      next: "Try again.",
      sent: "maybe"
    })
  ]

  it.each(all)("say what they say without one: $message", (error) => {
    const again = scimErrorOf(url)(ofScim(error, true))
    assert.strictEqual(again.message, error.message)
    assert.strictEqual(again.next, error.next)
    if (error._tag === "NotFound") assert.strictEqual(again._tag, "NotFound")
  })

  it("do not take a connection that is not there for a user who is not there", () => {
    const problem = ofScim(new ScimError.NotFound({ ...answered, status: 0 }), true)
    assert.strictEqual(scimErrorOf(url)(problem)._tag, "Transport")
  })

  it("of a source say where it broke off, under the name that it has here", () => {
    const common = { reason: "endedEarly", detail: "the row has a quote. It is open", next: "Close it" } as const
    for (const at of ["line 7", null]) {
      const there = new SourceFailure({ ...common, source: "people.csv", at })
      const here = new SourceFailure({ ...common, source: "/home/ada/people.csv", at })
      assert.strictEqual(sourceFailureOf(there.message, "people.csv", here.source).message, here.message)
    }
  })

  it("of set-ups say what is typed, not what is sent to a server", () => {
    const common = { command: "open", missing: "connect", detail: "acme is not connected." } as const
    const next = "Complete its setup first: loom-scim setup"
    const refused = new SetupRefused({ ...common, reason: "notVerified", next })
    assert.deepStrictEqual(failureOf(url, "open", acme, 1)(ofSetup(refused)), refused)
    assert.notInclude(ofSetup(refused).next, "loom-scim")
  })

  it("of runs keep their reason and who is in the way", () => {
    const next = "To end it: loom-scim cancel"
    const refused = new RunRefused({ runId, reason: "notWaiting", detail: "Nothing holds it.", next })
    assert.deepStrictEqual(runFailureOf(url, runId)(ofRun(refused)), refused)
    const gone = runFailureOf(url, runId)(ofRun(new RunRefused({ ...refused, reason: "unknown" })))
    assert.include(gone.message, "loom-scim runs")
    const unfinished = new RunUnfinished({ connectionId: acme, runId })
    assert.deepStrictEqual(beginFailureOf(url, acme)(ofRun(unfinished)), unfinished)
  })
})

describe("a list over a server", () => {
  const whole = { complete: true, reason: null, seen: 3, total: 3, duplicates: 0, unmatched: 1, quirks: [] }

  it("is whole only when the server says so", () => {
    assert.strictEqual(verdictOf(whole)._tag, "Complete")
    const reasonOf = (reason: string) => {
      const verdict = verdictOf({ ...whole, complete: false, reason })
      return verdict._tag === "Incomplete" ? verdict.reason : null
    }
    assert.strictEqual(reasonOf("emptyPageBeforeTotal"), "emptyPageBeforeTotal")
    assert.strictEqual(reasonOf("changedMeanwhile"), "totalChanged")
  })
})

describe("an upload", () => {
  const mapping = Result.getOrThrow(
    read({ source: { from: "x", separator: ";" }, attributes: { externalId: "id", userName: "email" } })
  )
  const subjectOf = (source: PeopleSource) =>
    ({ connectionId: acme, source, mapping, policy: careful, adopt: "never", leftGroups: "empty" }) as const
  const records = Stream.make(
    { at: "uid=ada,ou=people", fields: { id: "1", email: "ada@acme.com" } },
    { at: "uid=eve,ou=people", fields: { id: "2", email: "eve@acme.com" } }
  )
  const sent = Effect.fnUntraced(function* ({ body }: ReturnType<typeof uploadOf>) {
    if (body._tag !== "Stream") return yield* Effect.die(new Error("it is not streamed"))
    return { type: body.contentType, text: yield* Stream.mkString(Stream.decodeText(body.stream)) }
  })

  it.effect("of text is that text, and says how it is read", () =>
    Effect.gen(function* () {
      const text: SourceText = {
        format: "csv",
        bytes: Stream.make(new TextEncoder().encode("id;email\n1;ada@acme.com\n"))
      }
      const { text: body, type } = yield* sent(uploadOf(subjectOf({ name: 'a"b.csv', read: () => records, text })))
      const [, boundary = ""] = /boundary=(\S+)$/.exec(type) ?? []
      const parts = body.split(`--${boundary}`)
      assert.lengthOf(parts, 7)
      assert.strictEqual(parts.at(-1), "--\r\n")
      assert.include(
        parts[5],
        'name="source"; filename="a_b.csv"\r\ncontent-type: text/csv\r\n\r\nid;email\n1;ada@acme.com\n\r\n'
      )
      assert.include(parts[1], '"source":{"format":"csv","separator":";"}')
      assert.notInclude(parts[2], "domains")
    })
  )

  it.effect("of anything else is a line for each record, whose place is known again", () =>
    Effect.gen(function* () {
      const upload = uploadOf(subjectOf({ name: "ldaps://ldap.example.com", read: () => records }))
      const { text } = yield* sent(upload)
      assert.include(text, '{"id":"1","email":"ada@acme.com"}\n{"id":"2","email":"eve@acme.com"}\n')
      assert.include(text, '"source":{"format":"jsonl"}')
      assert.strictEqual(upload.placeOf("line 2"), "uid=eve,ou=people")
      assert.strictEqual(upload.placeOf("line 3"), "line 3")
    })
  )

  it.effect("of a source that breaks off breaks off, and says why", () =>
    Effect.gen(function* () {
      const failure = new SourceFailure({ reason: "endedEarly", source: "x", at: null, detail: "cut", next: "Again" })
      const upload = uploadOf(subjectOf({ name: "x", read: () => Stream.concat(records, Stream.fail(failure)) }))
      const result = yield* Effect.result(sent(upload))
      assert.isTrue(Result.isFailure(result))
      assert.strictEqual(upload.failure(), failure)
    })
  )
})
