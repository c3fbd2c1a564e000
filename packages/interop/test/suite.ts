/** What is asked of every server: the client's results are right, and what the server did is what is known of it. */
import type { JsonObject } from "@loom-scim/core/scim/Json"
import { assert, describe, it } from "@effect/vitest"
import { idOf } from "@loom-scim/core/scim/ListPage"
import type { ScimClientOperations } from "@loom-scim/core/scim/ScimClient"
import type { ScimError } from "@loom-scim/core/scim/ScimError"
import { Effect, Result } from "effect"
import { examine, members, person, running, team, withClient, type Endpoint } from "./harness.ts"
import { capabilities, type Capability, type Subject } from "./servers.ts"

type Measure = (client: ScimClientOperations, endpoint: Endpoint) => Effect.Effect<string, unknown>

/** Whoever has a user name; a row that is somebody else is never taken. */
const named = (userName: string) => ({
  filter: `userName eq ${JSON.stringify(userName)}`,
  matches: (row: JsonObject) => String(row["userName"]).toLowerCase() === userName.toLowerCase()
})

const ids = (rows: ReadonlyArray<JsonObject>) => rows.map(idOf)

/** Makes two users and a group without members. */
const ward = Effect.fnUntraced(function* (client: ScimClientOperations, name: string) {
  const one = yield* client.create("Users", person(`${name}-one`))
  const two = yield* client.create("Users", person(`${name}-two`))
  const group = yield* client.create("Groups", team(name))
  return { group: group.id, one: one.id, two: two.id }
})

const read = (client: ScimClientOperations, endpoint: string, id: string) =>
  Effect.map(client.get(endpoint, id), ({ resource }) => resource)

const status = (error: ScimError) => ("status" in error ? String(error.status) : error._tag)

const measures: Readonly<Record<Capability, Measure>> = {
  discovery: (client) =>
    Effect.gen(function* () {
      const asked = [client.serviceProviderConfig, client.schemas, client.resourceTypes] as const
      const results = yield* Effect.forEach(asked, (one) => Effect.result<unknown, ScimError, never>(one))
      const failures = results.filter(Result.isFailure).map(({ failure }) => status(failure))
      return failures.length === 0 ? "yes" : `no (${[...new Set(failures)].join(", ")})`
    }),
  createAndRead: (client) =>
    Effect.gen(function* () {
      const sent = person("create", { externalId: "e-create" })
      const created = yield* client.create("Users", sent)
      assert.strictEqual(created.settled, "answer")
      const kept = yield* read(client, "Users", created.id)
      assert.strictEqual(kept["userName"], sent.userName)
      assert.deepNestedPropertyVal(kept, "emails[0].value", sent.userName)
      return kept["externalId"] === "e-create" && kept["active"] === true ? "yes" : "not all of it"
    }),
  findByUserName: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("find"))
      yield* client.create("Users", person("find-not"))
      const found = yield* client.listAll("Users", named("find@corp.example"))
      assert.deepStrictEqual(ids(found.resources), [id])
      const none = yield* client.listAll("Users", named("nobody@corp.example"))
      assert.deepStrictEqual([none.resources, none.verdict._tag], [[], "Complete"])
      return "yes"
    }),
  userNameCase: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("case"))
      const { resources } = yield* client.listAll("Users", named("CASE@corp.example"))
      if (resources.length > 0) assert.deepStrictEqual(ids(resources), [id])
      return resources.length > 0 ? "without case" : "with case"
    }),
  patchUser: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("patch", { title: "Countess" }))
      yield* client.patch("Users", id, [{ op: "replace", path: "displayName", value: "Ada" }])
      yield* client.patch("Users", id, [{ op: "replace", value: { nickName: "A", locale: "en" } }])
      yield* client.patch("Users", id, [{ op: "remove", path: "title" }])
      const { displayName, locale, nickName, title, userName } = yield* read(client, "Users", id)
      assert.strictEqual(userName, "patch@corp.example")
      assert.deepStrictEqual([displayName, nickName, locale, title], ["Ada", "A", "en", undefined])
      return "yes"
    }),
  replaceUser: (client) =>
    Effect.gen(function* () {
      const sent = person("replace", { title: "Countess" })
      const { id } = yield* client.create("Users", sent)
      const { active: _, ...rest } = person("replace", { displayName: "Ada" })
      yield* client.replace("Users", id, rest)
      const kept = yield* read(client, "Users", id)
      assert.strictEqual(kept["displayName"], "Ada")
      assert.strictEqual(kept["active"], true)
      return kept["title"] === undefined ? "yes" : "keeps what was left out"
    }),
  deactivate: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("leaver"))
      yield* client.patch("Users", id, [{ op: "replace", path: "active", value: false }])
      assert.strictEqual((yield* read(client, "Users", id))["active"], false)
      yield* client.patch("Users", id, [{ op: "replace", value: { active: true } }])
      assert.strictEqual((yield* read(client, "Users", id))["active"], true)
      return "yes"
    }),
  deleteUser: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("gone"))
      const other = yield* client.create("Users", person("stays"))
      yield* client.delete("Users", id)
      assert.strictEqual((yield* Effect.flip(client.get("Users", id)))._tag, "NotFound")
      assert.strictEqual((yield* read(client, "Users", other.id))["userName"], "stays@corp.example")
      const { quirks } = yield* client.profile
      return (quirks["deleteAnswersBody"] ?? 0) > 0 ? "yes, with a body" : "yes"
    }),
  duplicateUser: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("twin"))
      const error = yield* Effect.flip(client.create("Users", person("twin")))
      assert.strictEqual(error._tag, "Conflict")
      if (error._tag !== "Conflict") return error._tag
      assert.strictEqual(error.resource?.["id"], id)
      return `${error.status}, found`
    }),
  createGroupWithMembers: (client) =>
    Effect.gen(function* () {
      const { one, two } = yield* ward(client, "made-with")
      const { id } = yield* client.create("Groups", team("made-with-members", [one, two]))
      const kept = members(yield* read(client, "Groups", id))
      if (kept.length === 0) return "members are never shown"
      assert.deepStrictEqual(kept, [one, two].toSorted())
      return "yes"
    }),
  renameGroup: (client) =>
    Effect.gen(function* () {
      const { group } = yield* ward(client, "renamed")
      yield* client.patch("Groups", group, [{ op: "replace", path: "displayName", value: "renamed-again" }])
      const { displayName, id } = yield* read(client, "Groups", group)
      assert.deepStrictEqual([id, displayName], [group, "renamed-again"])
      return "yes"
    }),
  membersReadBack: (client) =>
    Effect.gen(function* () {
      const { group, one, two } = yield* ward(client, "filled")
      const value = [{ value: one }, { value: two }]
      yield* client.patch("Groups", group, [{ op: "add", path: "members", value }])
      const full = members(yield* read(client, "Groups", group))
      yield* client.patch("Groups", group, [{ op: "remove", path: `members[value eq "${one}"]` }])
      const left = members(yield* read(client, "Groups", group))
      if (full.length === 0 && left.length === 0) return "members are never shown"
      assert.deepStrictEqual([full, left], [[one, two].toSorted(), [two]])
      return "yes"
    }),
  unknownId: (client) =>
    Effect.gen(function* () {
      const errors = [
        yield* Effect.flip(client.get("Users", "0-unknown")),
        yield* Effect.flip(client.patch("Users", "0-unknown", [{ op: "replace", path: "active", value: false }])),
        yield* Effect.flip(client.delete("Groups", "0-unknown"))
      ]
      for (const error of errors) assert.strictEqual(error._tag, "NotFound")
      return [...new Set(errors.map(status))].join(", ")
    }),
  wrongToken: (_, { url }) =>
    withClient({ url, token: "tok_wrong-0123456789" }, (client) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(client.listAll("Users"))
        assert.strictEqual(error._tag, "Unauthorized")
        return status(error)
      })
    ),
  unicode: (client) =>
    Effect.gen(function* () {
      const long = `${"Ω≈ç √∫".repeat(30)} 👩‍💻`
      const sent = {
        ...person("żółć-李"),
        displayName: long,
        name: { familyName: 'O\'Brien "日本"', givenName: "Łukasz" }
      }
      const { id } = yield* client.create("Users", sent)
      const kept = yield* read(client, "Users", id)
      assert.strictEqual(kept["displayName"], long)
      assert.deepNestedPropertyVal(kept, "name.familyName", 'O\'Brien "日本"')
      const { resources } = yield* client.listAll("Users", named("żółć-李@corp.example"))
      assert.deepStrictEqual(ids(resources), [id])
      return "yes"
    }),
  paging: (client) =>
    Effect.gen(function* () {
      const made = yield* Effect.forEach(
        Array.from({ length: 250 }, (_, index) => `row-${index}`),
        (name) => Effect.map(client.create("Users", person(name)), ({ id }) => id),
        { concurrency: 16 }
      )
      const { resources, verdict } = yield* client.listAll("Users", { count: 40 })
      const seen = new Set(ids(resources))
      assert.strictEqual(seen.size, resources.length)
      assert.isTrue(made.every((id) => seen.has(id)))
      assert.strictEqual(resources.length, verdict.counts.distinct)
      if (verdict._tag === "Complete") return "whole"
      return `all rows, but totalResults ${verdict.counts.total}`
    }),
  projection: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("narrow", { title: "Countess" }))
      const { resource } = yield* client.get("Users", id, { attributes: ["userName"] })
      assert.strictEqual(resource["userName"], "narrow@corp.example")
      const { filter } = named("narrow@corp.example")
      const { resources } = yield* client.listAll("Users", { filter, excludedAttributes: ["title"] })
      assert.deepStrictEqual(ids(resources), [id])
      const surplus = [resource["emails"], resources[0]?.["title"]].filter((value) => value !== undefined)
      return surplus.length === 0 ? "yes" : "no, all of it"
    }),
  versions: (client) =>
    Effect.gen(function* () {
      const { id } = yield* client.create("Users", person("version"))
      const first = yield* client.get("Users", id)
      if (first.version === null) return "none"
      yield* client.patch("Users", id, [{ op: "replace", path: "title", value: "Countess" }], {
        version: first.version
      })
      const stale = client.patch("Users", id, [{ op: "replace", path: "title", value: "None" }], {
        version: first.version
      })
      assert.strictEqual((yield* Effect.flip(stale))._tag, "PreconditionFailed")
      assert.strictEqual((yield* read(client, "Users", id))["title"], "Countess")
      return "yes"
    }),
  bulk: (client) =>
    Effect.gen(function* () {
      const limits = { maxOperations: 2, maxPayloadSize: 100_000 }
      const group = { displayName: "bulk", members: [{ value: "bulkId:a" }] }
      const result = yield* Effect.result(
        client.bulk(
          [
            { method: "POST", path: "/Groups", bulkId: "g", data: group },
            { method: "POST", path: "/Users", bulkId: "a", data: person("bulk") },
            { method: "POST", path: "/Users", bulkId: "b", data: person("bulk-other") }
          ],
          limits
        )
      )
      if (Result.isFailure(result)) return `no (${"status" in result.failure ? result.failure.status : "not sent"})`
      const made = result.success.outcomes.map((outcome) => (outcome._tag === "Done" ? outcome.id : null))
      const [groupId, userId] = made
      assert.deepStrictEqual(members(yield* read(client, "Groups", String(groupId))), [String(userId)])
      return made.some((id) => id === null) ? "in part" : "yes"
    }),
  quirks: (client) =>
    Effect.map(client.profile, ({ quirks }) => {
      const shown = Object.keys(quirks).toSorted()
      return shown.length === 0 ? "none" : shown.join(", ")
    })
}

const isCapability = (name: string): name is Capability => Object.hasOwn(capabilities, name)

/** Runs it against one server: every test in the same directory, one after the other. */
export const suite = ({ doctor, expected, name, start }: Subject): void => {
  describe(name, () => {
    it.live("does what is known of it, and the client copes", () =>
      Effect.gen(function* () {
        const endpoint = yield* running(start)
        const found = yield* withClient(endpoint, (client) =>
          Effect.forEach(Object.keys(capabilities).filter(isCapability), (capability) =>
            Effect.map(measures[capability](client, endpoint), (result): [string, string] => [capability, result])
          )
        )
        assert.deepStrictEqual(Object.fromEntries(found), expected)
      })
    )

    it.live("is examined by the doctor, and left as it was", () =>
      Effect.gen(function* () {
        const endpoint = yield* running(start)
        const names = ["ada", "bea", "cyd", "dee", "eve"]
        yield* withClient(endpoint, (client) => Effect.forEach(names, (one) => client.create("Users", person(one))))
        const findings = yield* examine(endpoint)
        const others = findings.filter(({ severity }) => severity !== "ok")
        assert.deepStrictEqual(
          Object.fromEntries(others.map(({ check, severity }) => [check, severity])),
          doctor,
          others.map(({ check, evidence }) => `${check}: ${evidence}`).join("\n")
        )
        const left = yield* withClient(endpoint, (client) => client.listAll("Users"))
        assert.deepStrictEqual(
          left.resources.map(({ userName }) => userName).toSorted(),
          names.map((one) => `${one}@corp.example`)
        )
      })
    )
  })
}
