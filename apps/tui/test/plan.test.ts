import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import { DomainName } from "@loom-scim/core/setup/Domain"
import { Result } from "effect"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Place, connected, token } from "./support/connected.ts"
import { run } from "./support/run.ts"

let place: Place
let people: string
let mapping: string

const sandboxUsers = async (): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const { stdout } = await loom("users", "list", "--jsonl")
  return stdout
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line))
}

const loom = (...args: ReadonlyArray<string>) =>
  run([...args, "--allow-private-network", "--data-dir", place.directory])

const plan = (...args: ReadonlyArray<string>) => loom("plan", "--source", people, "--mapping", mapping, ...args)

beforeAll(async () => {
  place = await connected(3)
  people = join(place.directory, "people.csv")
  mapping = join(place.directory, "mapping.yaml")
  writeFileSync(
    people,
    [
      "id,email,first name,last name,groups,status",
      "e1,Grace.Hopper@example.com,Grace,Hopper,Navy;Admins,active",
      "e2,alan.turing@example.com,Alan,Turing,Bletchley,active",
      "e3,someone@example.com,Some,One,Navy,left"
    ].join("\r\n")
  )
})
afterAll(() => place.close())

describe("map", () => {
  it("guesses a mapping from the columns, which can be used as it is", async () => {
    const { code, stdout } = await loom("map", "guess", "--source", people)
    assert.strictEqual(code, 0)
    assert.include(stdout, '# userName is taken from "email": nothing is named like a user name')
    writeFileSync(mapping, `${stdout}\nroles:\n  - { group: Admins, role: admin }\nexclude: active eq false\n`)
    const tried = await loom("map", "test", "--source", people, "--mapping", mapping, "grace.hopper@example.com")
    assert.strictEqual(tried.code, 0, tried.stderr)
    assert.include(tried.stdout, "line 2")
    assert.include(tried.stdout, '"userName": "grace.hopper@example.com"')
    assert.include(tried.stdout, '"role": "admin"')
    const left = await loom("map", "test", "--source", people, "--mapping", mapping, "e3")
    assert.include(left.stdout, "Left out:")
  })
  it("guesses from the members of JSON Lines, whatever each object has", async () => {
    const file = join(place.directory, "guess.jsonl")
    writeFileSync(file, '{"uid":"1","mail":"a@example.com"}\n{"uid":"2","name":{"givenName":"B"},"shoe":42}\n')
    const { code, stdout } = await loom("map", "guess", "--source", file, "--json")
    assert.strictEqual(code, 0)
    const { guessed, left, mapping: made } = JSON.parse(stdout)
    assert.deepStrictEqual(
      guessed.map(({ header, path }: { header: string; path: string }) => [path, header]),
      [
        ["externalId", "uid"],
        ["emails", "mail"],
        ["name.givenName", "name.givenName"],
        ["userName", "mail"]
      ]
    )
    assert.deepStrictEqual(left, ["shoe"])
    assert.strictEqual(made.attributes["name.givenName"], "name.givenName")
  })
  it("says who is not there, and what is wrong in a mapping, with exit codes 4 and 2", async () => {
    const nobody = await loom("map", "test", "--source", people, "--mapping", mapping, "nobody")
    assert.strictEqual(nobody.code, 4)
    const wrong = join(place.directory, "wrong.yaml")
    writeFileSync(wrong, "attributes:\n  userName: email\ninclude: userName is x\n")
    const refused = await loom("map", "test", "--source", people, "--mapping", wrong, "e1")
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, "attributes.externalId: is needed")
    assert.include(refused.stderr, "include:")
  })
})

describe("plan", () => {
  it("creates who is missing, leaves alone who is not ours, changes nothing, and exits 2", async () => {
    const before = await sandboxUsers()
    const { code, stderr, stdout } = await plan()
    assert.strictEqual(code, 2, stderr)
    assert.include(stdout, "grace.hopper@example.com")
    assert.include(stdout, "alan.turing@example.com")
    assert.notInclude(stdout, "someone@example.com")
    assert.include(stdout, "3 records read, 1 left out by the mapping, 0 problems.")
    assert.notInclude(stdout + stderr, token)
    assert.deepStrictEqual(await sandboxUsers(), before)
  })
  it("is the same as JSON and as Markdown", async () => {
    const { stdout } = await plan("--json")
    const { judgement, plan: made } = JSON.parse(stdout)
    assert.strictEqual(made.counts.Create, 2)
    assert.strictEqual(made.skipped.unmanaged, 3)
    assert.strictEqual(judgement._tag, "Clear")
    const markdown = await plan("--markdown")
    assert.match(markdown.stdout, /^#/)
  })
  it("is whole in a pipe, however long, although the exit code is not 0", async () => {
    const file = join(place.directory, "many.csv")
    const rows = Array.from({ length: 1000 }, (_, at) => `m${at},m${at}@example.com,A,B,Navy,active`)
    writeFileSync(file, ["id,email,first name,last name,groups,status", ...rows].join("\n"))
    const { code, stdout } = await loom("plan", "--source", file, "--mapping", mapping, "--json")
    assert.strictEqual(code, 2)
    assert.isAbove(stdout.length, 200_000)
    assert.strictEqual(JSON.parse(stdout).plan.counts.Create, 1000)
  })
  it("exits 0 when nothing is to be done", async () => {
    const [someone] = await sandboxUsers()
    const file = join(place.directory, "same.jsonl")
    writeFileSync(file, JSON.stringify({ id: someone?.["id"], mail: someone?.["userName"] }))
    const same = join(place.directory, "same.yaml")
    writeFileSync(same, "attributes:\n  externalId: id\n  userName: mail\nexclude: userName pr\n")
    const { code, stderr } = await loom("plan", "--source", file, "--mapping", same)
    assert.strictEqual(code, 0, stderr)
  })
  it("exits 4 for a record that makes no person, and names the line", async () => {
    const file = join(place.directory, "broken.csv")
    writeFileSync(file, "id,email,first name,last name,groups,status\ne1,,A,B,,perhaps\n")
    const { code, stdout } = await loom("plan", "--source", file, "--mapping", mapping)
    assert.strictEqual(code, 4)
    assert.include(stdout, "line 2: ")
  })
  it("names the lines of rows that say the same again and that contradict each other", async () => {
    const file = join(place.directory, "repeated.csv")
    const row = (id: string, mail: string, team: string) => `${id},${mail},A,B,${team},active`
    writeFileSync(
      file,
      [
        "id,email,first name,last name,groups,status",
        row("e1", "grace.hopper@example.com", "Navy"),
        row("e1", "grace.hopper@example.com", "Navy"),
        row("e2", "alan.turing@example.com", "Bletchley"),
        row("e2", "alan.turing@example.com", "Princeton")
      ].join("\n")
    )
    const text = await loom("plan", "--source", file, "--mapping", mapping)
    assert.strictEqual(text.code, 4, text.stderr)
    assert.include(text.stdout, "1 row repeating another, 1 row contradicting another.")
    assert.include(text.stdout, 'line 3: repeats line 2 (external id "e1")')
    assert.include(text.stdout, 'line 5: contradicts line 4 (external id "e2")')
    const json = JSON.parse((await loom("plan", "--source", file, "--mapping", mapping, "--json")).stdout)
    assert.deepStrictEqual(json.repetitions, [
      { kind: "duplicate", by: "key", value: "e1", first: "line 2", again: "line 3" },
      { kind: "conflict", by: "key", value: "e2", first: "line 4", again: "line 5" }
    ])
    assert.strictEqual(json.plan.counts.Create, 1)
    assert.strictEqual(json.plan.counts.Conflict, 1)
    const markdown = await loom("plan", "--source", file, "--mapping", mapping, "--markdown")
    assert.include(markdown.stdout, 'line 5: contradicts line 4 (external id "e2")')
  })
  it("takes nobody from a table without a column that the mapping reads, and says which there are", async () => {
    const file = join(place.directory, "renamed.csv")
    writeFileSync(file, "id,email,first name,last name,groups,state\ne9,new@example.com,A,B,Navy,left\n")
    const { code, stderr, stdout } = await loom("plan", "--source", file, "--mapping", mapping)
    assert.strictEqual(code, 4, stderr)
    assert.include(stdout, "Plan: nothing to do")
    assert.include(stdout, 'the mapping reads "status", and there is no such column')
    assert.include(stdout, '"groups", "state"')
    const tried = await loom("map", "test", "--source", file, "--mapping", mapping, "e9")
    assert.strictEqual(tried.code, 2, tried.stdout)
    assert.include(tried.stderr, "there is no such column")
  })
  it("asks whether a table was cut whose last row no line feed ends", async () => {
    const file = join(place.directory, "open.csv")
    const written = join(place.directory, "open.yaml")
    writeFileSync(written, "attributes:\n  externalId: id\n  userName: mail\ngroups:\n  - from: groups\n")
    writeFileSync(file, "id,mail,groups\ne1,p1@example.com,Cr")
    const args = ["plan", "--source", file, "--mapping", written] as const
    assert.include(
      (await loom(...args)).stdout,
      "Was the source cut? line 2: it is the last row, and no line feed ends it"
    )
    assert.include(JSON.parse((await loom(...args, "--json")).stdout).doubt, "line 2: ")
    writeFileSync(file, "id,mail,groups\ne1,p1@example.com,Cr\n")
    assert.notInclude((await loom(...args)).stdout, "Was the source cut?")
  })
  it("takes nobody from objects none of which has a field that the mapping reads, unless that is said", async () => {
    const file = join(place.directory, "renamed.jsonl")
    writeFileSync(file, '{"id":"e1","mail":"p1@example.com","jobTitle":"CEO"}\n')
    const written = join(place.directory, "renamed.yaml")
    const attributes = (title: string) => `attributes:\n  externalId: id\n  userName: mail\n  title: ${title}\n`
    writeFileSync(written, attributes("title"))
    const args = ["plan", "--source", file, "--mapping", written] as const
    const refused = await loom(...args)
    assert.strictEqual(refused.code, 4, refused.stderr)
    assert.include(refused.stdout, "Plan: nothing to do")
    assert.include(refused.stdout, 'the mapping reads "title", and no record has such a field')
    assert.include(refused.stdout, '"jobTitle"')
    writeFileSync(written, attributes("{ from: title, otherwise: null }"))
    const said = await loom(...args)
    assert.notInclude(said.stdout, "no record has such a field")
  })
  it("exits 2 for a file it does not know how to read", async () => {
    const { code, stderr } = await loom("plan", "--source", "people.xlsx", "--mapping", mapping)
    assert.strictEqual(code, 2)
    assert.include(stderr, ".csv")
  })
})

describe("plan --save", () => {
  const saved = () => join(place.directory, "plan.json")

  it("keeps what applying needs in a file that only its owner can read", async () => {
    const { code, stderr, stdout } = await plan("--save", saved(), "--adopt", "unclaimed")
    assert.strictEqual(code, 2, stderr)
    assert.include(stderr, saved())
    assert.strictEqual(statSync(saved()).mode & 0o777, 0o600)
    const text = readFileSync(saved(), "utf8")
    assert.notInclude(text + stdout + stderr, token)
    const file = Result.getOrThrow(PlanFile.fromJson(text))
    assert.deepStrictEqual(
      [file.connectionId, file.url, file.source, file.adopt],
      ["acme", place.sandbox.scimUrl, people, "unclaimed"]
    )
    assert.deepStrictEqual(file.policy.domains, [DomainName.make("example.com")])
    assert.strictEqual(file.plan.counts["Create"], 2)
    assert.deepStrictEqual(
      readdirSync(place.directory).filter((name) => name.endsWith(".draft")),
      []
    )
  })
  it("keeps no plan of a source that was not read to its end", async () => {
    const cut = join(place.directory, "cut.csv")
    writeFileSync(cut, 'id,email,first name,last name,groups,status\ne1,ada@example.com,A,L,,active\ne2,"bo')
    const file = join(place.directory, "cut.json")
    const { code, stderr } = await loom("plan", "--source", cut, "--mapping", mapping, "--save", file)
    assert.strictEqual(code, 4)
    assert.include(stderr, "not saved")
    assert.isFalse(existsSync(file))
  })
  it("replaces an earlier one, and says why it cannot be written", async () => {
    assert.strictEqual((await plan("--save", saved(), "--json")).code, 2)
    assert.strictEqual(Result.getOrThrow(PlanFile.fromJson(readFileSync(saved(), "utf8"))).adopt, "never")
    const nowhere = await plan("--save", join(place.directory, "nowhere", "plan.json"))
    assert.strictEqual(nowhere.code, 2)
    assert.include(nowhere.stderr, "cannot be saved")
    assert.include(nowhere.stderr, "there is no such file or folder")
  })
})

describe("plan --policy", () => {
  const policy = (content: string) => {
    const file = join(place.directory, "policy.yaml")
    writeFileSync(file, content)
    return file
  }
  const judged = async (content: string) => {
    const elsewhere = join(place.directory, "elsewhere.csv")
    writeFileSync(elsewhere, "id,email,first name,last name,groups,status\ne7,eve@elsewhere.test,E,V,,active\n")
    const file = policy(content)
    return loom("plan", "--source", elsewhere, "--mapping", mapping, "--policy", file, "--json")
  }

  it("changes what it names, and keeps the verified domains whatever it says", async () => {
    const { stdout } = await judged("losses: { percent: 50 }\nprotectedGroups: [Admins]\n")
    assert.deepStrictEqual(JSON.parse(stdout).judgement, {
      _tag: "Held",
      reasons: [{ _tag: "OutsideDomains", count: 1, labels: ["eve@elsewhere.test"] }]
    })
    const refused = await judged("domains: [elsewhere.test]\n")
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, "domains: ")
    assert.strictEqual(refused.stdout, "")
    assert.include((await judged("losses: { percent: 200 }\n")).stderr, "losses.percent: ")
    assert.include((await judged("losses: [\n")).stderr, "line 2")
  })
  it("is what the saved plan has", async () => {
    const save = join(place.directory, "with-policy.json")
    const file = policy("losses: { count: 3 }\nminAdmins: 2\n")
    await plan("--policy", file, "--save", save)
    const kept = Result.getOrThrow(PlanFile.fromJson(readFileSync(save, "utf8"))).policy
    assert.deepStrictEqual([kept.losses, kept.minAdmins], [{ count: 3, percent: 10 }, 2])
  })
})
