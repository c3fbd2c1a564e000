/** Which status each of core's errors gets, and what must not get out with it. */
import { assert, describe, it } from "@effect/vitest"
import { JournalFailure, SequenceConflict } from "@loom-scim/core/ports/Journal"
import { SamlMetadataRejected } from "@loom-scim/core/ports/SamlMetadata"
import { VaultFailure } from "@loom-scim/core/ports/Vault"
import * as ScimError from "@loom-scim/core/scim/ScimError"
import { MappingRefused } from "@loom-scim/core/provisioning/MappingRead"
import { PlanFileRefused } from "@loom-scim/core/provisioning/PlanFile"
import { RunId } from "@loom-scim/core/runs/Run"
import { RunRefused } from "@loom-scim/core/runs/RunService"
import { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import { ofMapping, ofScim, ofSetup } from "../src/problemOf.ts"
import { ofRun } from "../src/problemOfRun.ts"

const id = ConnectionId.make("acme")
const refused = (reason: SetupRefused["reason"]) =>
  new SetupRefused({ command: "AddDomain", reason, missing: "domains", detail: "It waits.", next: "Do that first." })

describe("problems", () => {
  it("tell a value that cannot be taken from a state that does not allow it, and both from what is not there", () => {
    assert.strictEqual(ofSetup(refused("invalidInput")).status, 422)
    assert.strictEqual(ofSetup(refused("stepBlocked")).status, 409)
    assert.strictEqual(ofSetup(refused("removed")).status, 404)
    const { _tag, detail, ...rest } = ofSetup(refused("stepBlocked"))
    assert.strictEqual(_tag, "RefusedProblem")
    assert.strictEqual(detail, "It waits.")
    assert.include(rest, { next: "Do that first.", reason: "stepBlocked", missing: "domains" })
  })

  it("say what to send, where core says what to type in a terminal", () => {
    const typed = "Go there with: loom-scim go --save FILE"
    const runId = RunId.make("20261128-120000-abcdef")
    const problems = [
      ofSetup(
        new SetupRefused({ command: "Begin", reason: "alreadyBegun", missing: null, detail: "No.", next: typed })
      ),
      ofSetup(
        new SetupRefused({ command: "open", reason: "notVerified", missing: "connect", detail: "", next: typed })
      ),
      ofSetup(new SetupRefused({ command: "Begin", reason: "removed", missing: null, detail: "No.", next: typed })),
      ...PlanFileRefused.fields.reason.literals.map((reason) => ofRun(new PlanFileRefused({ reason, detail: "No." }))),
      ofRun(new RunRefused({ runId, reason: "unknown", detail: "No.", next: typed })),
      ofRun(new RunRefused({ runId, reason: "notWaiting", detail: "No.", next: typed })),
      ofMapping(new MappingRefused({ faults: ["attributes: is missing"] })),
      ofSetup(new VaultFailure({ reason: "keyUnreadable", connectionId: id, detail: "/srv/key", next: typed })),
      ofSetup(new VaultFailure({ reason: "storage", connectionId: id, detail: "/srv/loom-scim.db", next: typed }))
    ]
    for (const problem of problems) {
      assert.notMatch(JSON.stringify(problem), /loom-scim [a-z]|--[a-z]|\/srv/)
      assert.match(problem.next, /[A-Z].*[a-z}]/)
    }
  })

  it("make a conflict a failed precondition when the caller named a version", () => {
    const conflict = new SequenceConflict({ connectionId: id, expected: 3, actual: 4 })
    assert.strictEqual(ofSetup(conflict).status, 409)
    assert.strictEqual(ofSetup(conflict, true).status, 412)
  })

  it("keep the paths and hosts of the server to its log", () => {
    const failure = new JournalFailure({
      reason: "unavailable",
      detail: "/srv/private/loom-scim.db cannot be used",
      next: "Check that /srv/private exists."
    })
    const problem = ofSetup(failure)
    assert.strictEqual(problem.status, 503)
    assert.notInclude(JSON.stringify(problem), "/srv/private")
  })

  it("carry what a person does next", () => {
    const vault = new VaultFailure({
      reason: "wrongKey",
      connectionId: id,
      detail: "Sealed with another key",
      next: "Restore it."
    })
    assert.include(ofSetup(vault), { status: 503, next: "Restore it." })
    const saml = new SamlMetadataRejected({ reason: "webPage", detail: "A web page", next: "Export the XML." })
    assert.include(ofSetup(saml), { status: 422, reason: "webPage", next: "Export the XML." })
  })

  it("never repeat the words of the SCIM server, which may name people", () => {
    const answered = { operation: "GET /Users/{id}", status: 400, scimType: null, detail: "ada@acme.com is odd" }
    const errors = [
      { error: new ScimError.NotFound({ ...answered, status: 404 }), status: 404 },
      { error: new ScimError.InvalidRequest(answered), status: 422 },
      { error: new ScimError.Conflict({ ...answered, resource: { userName: "ada@acme.com" } }), status: 409 },
      { error: new ScimError.Unauthorized({ ...answered, status: 401 }), status: 502 }
    ]
    for (const { error, status } of errors) {
      const problem = ofScim(error)
      assert.strictEqual(problem.status, status)
      assert.notInclude(JSON.stringify(problem), "ada@acme.com")
    }
  })

  it("carry the server's status and scimType, and its words only to who works with the directory", () => {
    const answered = { operation: "POST /Users", status: 400, scimType: "invalidValue", detail: "ada@acme.com is odd" }
    const error = new ScimError.InvalidRequest(answered)
    assert.deepInclude(ofScim(error), { scim: { status: 400, scimType: "invalidValue", detail: null } })
    assert.deepInclude(ofScim(error, true), {
      scim: { status: 400, scimType: "invalidValue", detail: "ada@acme.com is odd" }
    })
    const unsent = new ScimError.InvalidRequest({ ...answered, status: 0 })
    assert.notProperty(ofScim(unsent, true), "scim")
    assert.strictEqual(ofScim(new ScimError.PreconditionFailed({ ...answered, status: 412 })).status, 412)
  })
})
