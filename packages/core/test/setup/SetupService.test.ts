import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { MemberList } from "../../src/ports/MemberList.ts"
import type { Answer } from "../../src/setup/Answer.ts"
import { perform, problem } from "../../src/setup/Answer.ts"
import * as Check from "../../src/setup/Check.ts"
import { Recorded } from "../../src/setup/Event.ts"
import * as Progress from "../../src/setup/Progress.ts"
import type { Connection } from "../../src/setup/SetupService.ts"
import { SetupService } from "../../src/setup/SetupService.ts"
import * as Task from "../../src/setup/Task.ts"
import { actor, metadata, probeWith, start } from "./moves.ts"
import { layer, World } from "./ports.ts"

const token = "tok_very-secret-0123456789"
const options = { allowPrivateNetwork: false }
const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"

const answers: Readonly<Record<Task.TaskKind, Answer>> = (() => {
  const value = (text: string): Answer => ({ _tag: "Value", value: text })
  const confirm: Answer = { _tag: "Confirm" }
  return {
    enterprisePlan: confirm,
    samlSso: confirm,
    addDomain: value("https://Acme.com/"),
    domainMethod: value("dnsTxt"),
    expectedTxt: value(` "${txt}" `),
    verifyDomain: confirm,
    attestDomain: confirm,
    members: value("members.csv"),
    lockout: confirm,
    metadata: value("https://idp.acme.com/metadata"),
    defaultRole: value("viewer"),
    ssoTest: confirm,
    enforce: value("off"),
    relogin: confirm,
    endpoint: value("https://scim.acme.com/scim/v2.0/key/"),
    token: { _tag: "Secret", value: Redacted.make(`Bearer ${token}\n`) },
    tokenExpiry: value("2099-01-01"),
    bridgeUrl: value("https://scim.acme.com/scim/v2.0/key"),
    capture: value("off"),
    deprovisioning: value("delete"),
    loss: confirm,
    probe: confirm,
    connect: confirm
  }
})()

const answerNext = Effect.fnUntraced(function* (connection: Connection) {
  const task = Task.next(connection.state, Progress.current(connection.state))
  assert.isDefined(task)
  return task === undefined ? connection : yield* perform(connection.id, task, answers[task.kind], options, actor)
})

const begin = Effect.gen(function* () {
  return yield* (yield* SetupService).begin("Acme GmbH", actor)
})

/** Begins and answers until the step. */
const until = Effect.fnUntraced(function* (step: ReturnType<typeof Progress.current> | "done") {
  let connection = yield* begin
  for (let n = 0; n < 40 && connection.state.connected === null; n++) {
    if (Progress.current(connection.state) === step) break
    connection = yield* answerNext(connection)
  }
  return connection
})

const inWorld = <A, E>(use: (world: World) => Effect.Effect<A, E, SetupService | MemberList>) =>
  Effect.suspend(() => {
    const world = new World()
    world.txt.set("acme.com", ["v=spf1 -all", txt])
    return TestClock.setTime(DateTime.toEpochMillis(start)).pipe(
      Effect.andThen(use(world).pipe(Effect.provide(layer(world))))
    )
  })

const failure = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.message)

describe("a journey through the service", () => {
  it.effect("connects when every task is answered, with the token only where it belongs", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const { id, state } = yield* until("done")
        assert.strictEqual(id, "acme-gmbh")
        assert.isNotNull(state.connected)
        assert.deepStrictEqual(world.probed, [{ url: "https://scim.acme.com/scim/v2.0/key", token }])
        const log = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(Schema.Array(Recorded))))(
          world.log.get(id) ?? []
        )
        assert.notInclude(log, token)
        assert.include(log, '"face":"cli"')
        const { list } = yield* SetupService
        assert.strictEqual((yield* list).length, 1)
      })
    )
  )

  it.effect("keeps several connections apart", () =>
    inWorld(() =>
      Effect.gen(function* () {
        const first = yield* until("sso")
        const second = yield* begin
        assert.strictEqual(second.id, "acme-gmbh-2")
        const setup = yield* SetupService
        assert.strictEqual(Progress.current((yield* setup.get(first.id)).state), "sso")
        yield* setup.remove(first.id, actor)
        assert.deepStrictEqual(
          (yield* setup.list).map(({ id }) => id),
          [second.id]
        )
        assert.include(yield* failure(setup.get(first.id)), "removed")
      })
    )
  )

  it.effect("has a name that terminals and strict readers of JSON take", () =>
    inWorld(() =>
      Effect.gen(function* () {
        const setup = yield* SetupService
        for (const name of ["a\u0000b", "\ud800", "a\u001b[31m"]) {
          assert.include(yield* failure(setup.begin(name, actor)), "one line of whole characters")
        }
        assert.deepStrictEqual(yield* setup.list, [])
      })
    )
  )

  it.effect("records a failed DNS check, shows what was found, and stays open", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        world.txt.set("acme.com", ["loom-site-verification=ffffffffffffffffffffffffffffffff"])
        let connection = yield* until("domains")
        for (let n = 0; n < 4; n++) connection = yield* answerNext(connection)
        const task = Task.next(connection.state, "domains")
        assert.strictEqual(task?.kind, "verifyDomain")
        assert.include(task?.problem, "instead of")
      })
    )
  )

  it.effect("tells the loser of two writers, and keeps the winner's events", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const { id } = yield* begin
        const setup = yield* SetupService
        const race = Effect.all(
          (["enterprisePlan", "samlSso"] as const).map((prerequisite) =>
            Effect.result(setup.submit(id, { _tag: "AttestPrerequisite", prerequisite }, actor))
          ),
          { concurrency: "unbounded" }
        )
        const results = yield* race
        const won = results.filter(({ _tag }) => _tag === "Success").length
        assert.strictEqual(world.log.get(id)?.length, 1 + won)
        assert.isAtLeast(won, 1)
      })
    )
  )

  it.effect("refuses a bridge URL whose host leads into a private network", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const connection = yield* until("bridgeUrl")
        world.addresses.set("scim.acme.com", ["93.184.216.34", "10.0.0.7"])
        assert.include(yield* failure(answerNext(connection)), "private network")
        world.addresses.set("scim.acme.com", ["169.254.169.254"])
        assert.include(yield* failure(answerNext(connection)), "metadata service")
        world.addresses.delete("scim.acme.com")
        assert.include(yield* failure(answerNext(connection)), "cannot be found in DNS")
      })
    )
  )

  it.effect("asks which identity provider when there are several", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const connection = yield* until("sso")
        const [first] = world.metadata.identityProviders
        world.metadata = { ...world.metadata, identityProviders: [first, { ...first, entityID: "urn:second" }] }
        assert.include(yield* failure(answerNext(connection)), "urn:idp, urn:second")
        const task = Task.next(connection.state, "sso")
        assert.isDefined(task)
        if (task === undefined) return
        const chosen = yield* perform(
          connection.id,
          task,
          { _tag: "Value", value: "idp.xml#urn:second" },
          options,
          actor
        )
        assert.strictEqual(chosen.state.metadata?.entityID, "urn:second")
      })
    )
  )

  it.effect("does not take a token as plain text, nor something that is none", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const connection = yield* answerNext(yield* until("credentials"))
        const task = Task.next(connection.state, "credentials")
        assert.strictEqual(task?.kind, "token")
        if (task === undefined) return
        const plain = perform(connection.id, task, { _tag: "Value", value: token }, options, actor)
        assert.notInclude(yield* failure(plain), token)
        const short = perform(connection.id, task, { _tag: "Secret", value: Redacted.make("a b") }, options, actor)
        assert.include(yield* failure(short), "not a bearer token")
        assert.strictEqual(world.sealed.size, 0)
      })
    )
  )
})

describe("checking again", () => {
  it.effect("is all ok right after connecting", () =>
    inWorld(() =>
      Effect.gen(function* () {
        const { id } = yield* until("done")
        const results = yield* Check.run(id, actor)
        assert.isFalse(Check.failed(results))
        assert.includeMembers(
          results.map(({ subject }) => subject),
          ["acme.com", "urn:idp", "token", "users"]
        )
      })
    )
  )

  it.effect("finds the record gone and the token rejected, and the journey says so", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const { id } = yield* until("done")
        world.probe = probeWith("unauthorized")
        assert.isTrue(Check.failed(yield* Check.run(id, actor)))
        const setup = yield* SetupService
        const rejected = (yield* setup.get(id)).state
        assert.strictEqual(Progress.of(rejected, "credentials").status, "invalidated")
        world.txt.delete("acme.com")
        const results = yield* Check.run(id, actor)
        assert.strictEqual(results.find(({ subject }) => subject === "acme.com")?.outcome, "failed")
        assert.strictEqual(results.find(({ step }) => step === "connect")?.outcome, "skipped")
        assert.strictEqual(Progress.of((yield* setup.get(id)).state, "domains").status, "invalidated")
      })
    )
  )

  it.effect("finds that the certificate of the identity provider that was chosen has ended", () =>
    inWorld((world) =>
      Effect.gen(function* () {
        const { id } = yield* until("done")
        const setup = yield* SetupService
        const others = metadata("urn:other", "2099-01-01T00:00:00Z")
        const { identityProviders: chosen } = metadata("urn:idp", "2028-01-01T00:00:00Z")
        world.metadata = { ...others, identityProviders: [...others.identityProviders, ...chosen] }
        yield* setup.readMetadata(id, { kind: "file", location: "idp.xml" }, "urn:idp", actor)
        yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe("2027-12-01T00:00:00Z")))
        assert.isNull((yield* setup.checkExpiry(id, actor)).state.metadata?.lapsed)
        yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe("2028-01-01T00:00:00Z")))
        const results = yield* Check.run(id, actor)
        const sso = results.find(({ step }) => step === "sso")
        assert.deepInclude(sso, { subject: "urn:idp", outcome: "failed" })
        assert.strictEqual((yield* setup.get(id)).state.metadata?.lapsed, "the certificate ended 2028-01-01")
      })
    )
  )
})

describe("while typing", () => {
  it.effect("says what is wrong before anything is submitted", () =>
    inWorld(() =>
      Effect.gen(function* () {
        const connection = yield* until("domains")
        const task = Task.next(connection.state, "domains")
        assert.isDefined(task)
        if (task === undefined) return
        assert.include(problem(task, "ada@acme.com", options), "The domain is acme.com")
        assert.isUndefined(problem(task, "acme.com", options))
      })
    )
  )
})
