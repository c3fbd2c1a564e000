import { assert, describe, it } from "@effect/vitest"
import { DateTime, Equal, Result, Schema } from "effect"
import { Command } from "../../src/setup/Command.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import type { Event } from "../../src/setup/Event.ts"
import { Recorded } from "../../src/setup/Event.ts"
import * as Journey from "../../src/setup/Journey.ts"
import * as Progress from "../../src/setup/Progress.ts"
import type { SetupRefused } from "../../src/setup/SetupRefused.ts"
import type { State } from "../../src/setup/State.ts"
import { evolve, fold, initial } from "../../src/setup/State.ts"
import * as Step from "../../src/setup/Step.ts"
import * as Task from "../../src/setup/Task.ts"
import { acme, actor, beta, goodProbe, helpful, probeWith, sideways, start } from "./moves.ts"

const id = ConnectionId.make("acme")

/** A journey with its whole log. */
class Walk {
  state: State = initial
  readonly log: Array<Recorded> = []
  private clock = 0

  take(command: Command): Result.Result<ReadonlyArray<Event>, SetupRefused> {
    this.clock += 1
    const at = DateTime.add(start, { seconds: this.clock })
    const decision = Journey.decide(this.state, command, { actor, at })
    if (Result.isSuccess(decision)) {
      for (const event of decision.success) {
        this.log.push({ connectionId: id, sequence: this.state.sequence + 1, at, actor, event })
        this.state = evolve(this.state, event, at)
      }
    }
    return decision
  }

  /** Diligently until everything is done. */
  finish(): this {
    for (let n = 0; n < 60 && !Progress.isDone(this.state, "connect"); n++) this.take(helpful(this.state))
    return this
  }
}

const connected = () => {
  const walk = new Walk().finish()
  assert.isTrue(Progress.isDone(walk.state, "connect"))
  return walk
}

const refusal = (result: Result.Result<unknown, SetupRefused>): SetupRefused => {
  assert.isTrue(Result.isFailure(result))
  if (Result.isSuccess(result)) throw new Error("was accepted")
  return result.failure
}

/** Even numbers are helpful moves, odd ones go sideways. */
const Moves = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 * sideways.length - 1 }))).check(
  Schema.isMaxLength(80)
)
const moveOf = (state: State, move: number): Command =>
  move % 2 === 0 ? helpful(state) : (sideways[(move - 1) / 2] ?? helpful(state))

describe("a whole journey", () => {
  it("reaches connected by doing the next task, and every step is done then", () => {
    const { state } = connected()
    assert.deepStrictEqual(
      Progress.all(state).map(({ status }) => status),
      Step.all.map(() => "done" as const)
    )
  })

  it("keeps what was seen and what was attested apart", () => {
    const { state } = connected()
    const kinds = Step.all.flatMap((step) => Task.of(state, step).map((task) => [task.kind, task.evidence?._tag]))
    const of = (kind: string) => kinds.find(([name]) => name === kind)?.[1]
    assert.strictEqual(of("enterprisePlan"), "Attested")
    assert.strictEqual(of("ssoTest"), "Attested")
    assert.strictEqual(of("verifyDomain"), "Checked")
    assert.strictEqual(of("metadata"), "Checked")
    assert.strictEqual(of("probe"), "Checked")
  })
})

describe("properties", () => {
  it.prop("connected implies every guard", { moves: Moves }, ({ moves }) => {
    const walk = new Walk()
    for (const move of moves) {
      walk.take(moveOf(walk.state, move))
      if (walk.state.connected === null) continue
      for (const step of Step.all) assert.isTrue(Progress.isDone(walk.state, step), step)
      assert.isNotNull(walk.state.probe)
    }
  })

  it.prop("from a connected journey, whatever happens keeps connected honest", { moves: Moves }, ({ moves }) => {
    const walk = connected()
    for (const move of moves) {
      walk.take(moveOf(walk.state, move))
      if (walk.state.connected !== null) {
        assert.isTrue(Step.all.every((step) => Progress.isDone(walk.state, step)))
      }
    }
  })

  it.prop(
    "arbitrary commands, generated from the schema, never connect",
    { commands: Schema.Array(Command) },
    (all) => {
      const walk = new Walk()
      walk.take({ _tag: "Begin", name: "Acme" })
      for (const command of all.commands) walk.take(command)
      assert.isNull(walk.state.connected)
    }
  )

  it.prop("folding is deterministic and equals stepwise evolving", { moves: Moves }, ({ moves }) => {
    const walk = new Walk()
    for (const move of moves) walk.take(moveOf(walk.state, move))
    assert.deepStrictEqual(fold(walk.log), walk.state)
    assert.deepStrictEqual(fold(walk.log), fold([...walk.log]))
  })

  it.prop("the log survives its JSON form", { moves: Moves }, ({ moves }) => {
    const walk = new Walk()
    for (const move of moves) walk.take(moveOf(walk.state, move))
    const codec = Schema.fromJsonString(Schema.toCodecJson(Schema.Array(Recorded)))
    const back = Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(walk.log))
    assert.deepStrictEqual(fold(back), walk.state)
  })

  it.prop("a refusal leaves the state as it was and says what to do", { moves: Moves }, ({ moves }) => {
    const walk = new Walk()
    for (const move of moves) {
      const before = walk.state
      const frozen = JSON.stringify(before)
      const decision = walk.take(moveOf(before, move))
      if (Result.isSuccess(decision)) continue
      assert.isTrue(Equal.equals(walk.state, before))
      assert.strictEqual(JSON.stringify(walk.state), frozen)
      assert.isAbove(decision.failure.detail.length + decision.failure.next.length, 10)
      if (decision.failure.reason === "stepBlocked") {
        assert.isNotNull(decision.failure.missing)
        assert.isFalse(Progress.isDone(before, decision.failure.missing ?? "connect"))
      }
    }
  })

  it.prop("every log has one event per sequence number, without gaps", { moves: Moves }, ({ moves }) => {
    const walk = new Walk()
    for (const move of moves) walk.take(moveOf(walk.state, move))
    assert.deepStrictEqual(
      walk.log.map(({ sequence }) => sequence),
      walk.log.map((_, index) => index + 1)
    )
  })
})

describe("guards", () => {
  it("name the missing step and how to get there", () => {
    const walk = new Walk()
    walk.take({ _tag: "Begin", name: "Acme" })
    const refused = refusal(walk.take({ _tag: "AddDomain", domain: acme }))
    assert.strictEqual(refused.missing, "prerequisites")
    assert.include(refused.message, "Confirm the Enterprise plan")
  })

  it("do not take a person's word for a DNS record that was never seen", () => {
    const walk = new Walk()
    for (let n = 0; n < 6; n++) walk.take(helpful(walk.state))
    walk.take({ _tag: "ChooseDomainMethod", domain: acme, method: "dnsTxt" })
    assert.strictEqual(refusal(walk.take({ _tag: "AttestDomain", domain: acme })).reason, "wrongMethod")
  })

  it("refuse to enforce SSO before it was tested", () => {
    const walk = new Walk()
    while (Progress.current(walk.state) !== "sso") walk.take(helpful(walk.state))
    assert.include(refusal(walk.take({ _tag: "ChooseEnforcement", enforce: "on" })).message, "locks everybody out")
  })

  it("refuse to connect on an expired token", () => {
    const walk = connected()
    walk.take({ _tag: "StateTokenExpiry", expiresAt: DateTime.add(start, { hours: 1 }) })
    const late = { actor, at: DateTime.add(start, { hours: 2 }) }
    assert.strictEqual(refusal(Journey.decide(walk.state, { _tag: "Connect" }, late)).reason, "expired")
  })

  it("refuse everything after removal", () => {
    const walk = connected()
    walk.take({ _tag: "Remove" })
    assert.strictEqual(refusal(walk.take({ _tag: "Connect" })).reason, "removed")
  })
})

describe("invalidation", () => {
  const invalidated = (walk: Walk) => walk.state.invalidations.map(({ step }) => step)

  it("a vanished TXT record takes the domain and the connection, and says what it endangers", () => {
    const walk = connected()
    walk.take({ _tag: "ReportDomain", domain: acme, verified: false, conclusive: true, saw: "TXT gone", next: "" })
    assert.includeMembers(invalidated(walk), ["domains", "connect"])
    const [first] = walk.state.invalidations
    assert.strictEqual(first?.because, "TXT gone")
    assert.include(first?.endangers, "locked out")
    assert.strictEqual(Progress.of(walk.state, "connect").status, "invalidated")
  })

  it("a record removed after validation may be attested, because it was seen once", () => {
    const walk = connected()
    walk.take({ _tag: "ReportDomain", domain: acme, verified: false, conclusive: true, saw: "TXT gone", next: "" })
    walk.take({ _tag: "AttestDomain", domain: acme })
    assert.isTrue(Progress.isDone(walk.finish().state, "connect"))
    assert.strictEqual(walk.state.domains[0]?.evidence?._tag, "Attested")
  })

  it("a bad minute of DNS or of the server takes nothing", () => {
    const walk = connected()
    walk.take({ _tag: "ReportDomain", domain: acme, verified: false, conclusive: false, saw: "time-out", next: "" })
    walk.take({ _tag: "ReportProbe", report: probeWith("timeout") })
    assert.deepStrictEqual(invalidated(walk), [])
    assert.isNotNull(walk.state.connected)
  })

  it("a rejected token takes credentials and connection until a new one is validated", () => {
    const walk = connected()
    walk.take({ _tag: "ReportProbe", report: probeWith("unauthorized") })
    assert.includeMembers(invalidated(walk), ["credentials", "connect"])
    assert.strictEqual(Task.next(walk.state, "credentials")?.kind, "token")
    assert.isTrue(Progress.isDone(walk.finish().state, "connect"))
  })

  it("another domain asks for the member list again", () => {
    const walk = connected()
    walk.take({ _tag: "AddDomain", domain: beta })
    assert.includeMembers(invalidated(walk), ["domains", "connect"])
    walk.finish()
    assert.deepStrictEqual(walk.state.members?.review.domains, [acme, beta])
  })

  it("another identity provider has to be tested again", () => {
    const walk = connected()
    const other = sideways.find(({ _tag }) => _tag === "ReportMetadata")
    assert.isDefined(other)
    if (other !== undefined) walk.take(other)
    assert.includeMembers(invalidated(walk), ["sso", "connect"])
    assert.isNull(walk.state.ssoTest)
  })

  it("a changed policy or address asks for a new connection", () => {
    for (const kind of ["ChooseDeprovisioning", "RecordEndpoint", "ReportBridgeUrl", "ReportToken"] as const) {
      const walk = connected()
      const change = sideways.findLast(({ _tag, ...rest }) => _tag === kind && !Object.values(rest).includes("delete"))
      assert.isDefined(change)
      if (change !== undefined) walk.take(change)
      assert.include(invalidated(walk), "connect", kind)
    }
  })

  it("leaves the list when the step is done again", () => {
    const walk = connected()
    walk.take({ _tag: "ReportProbe", report: probeWith("notFound") })
    assert.strictEqual(Progress.of(walk.state, "connect").status, "invalidated")
    walk.take({ _tag: "ReportProbe", report: goodProbe })
    walk.take({ _tag: "Connect" })
    assert.strictEqual(Progress.of(walk.state, "connect").status, "done")
    assert.isUndefined(Progress.of(walk.state, "connect").invalidation)
  })
})
