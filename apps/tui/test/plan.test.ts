import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
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
    assert.include(stdout, '# userName is taken from "email"')
    writeFileSync(mapping, `${stdout}\nroles:\n  - { group: Admins, role: admin }\nexclude: active eq false\n`)
    const tried = await loom("map", "test", "--source", people, "--mapping", mapping, "grace.hopper@example.com")
    assert.strictEqual(tried.code, 0, tried.stderr)
    assert.include(tried.stdout, "line 2")
    assert.include(tried.stdout, '"userName": "grace.hopper@example.com"')
    assert.include(tried.stdout, '"role": "admin"')
    const left = await loom("map", "test", "--source", people, "--mapping", mapping, "e3")
    assert.include(left.stdout, "Left out:")
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
    writeFileSync(file, "id,email,first name,last name,team,status\ne1,,A,B,,perhaps\n")
    const { code, stdout } = await loom("plan", "--source", file, "--mapping", mapping)
    assert.strictEqual(code, 4)
    assert.include(stdout, "line 2: ")
  })
  it("exits 2 for a file it does not know how to read", async () => {
    const { code, stderr } = await loom("plan", "--source", "people.xlsx", "--mapping", mapping)
    assert.strictEqual(code, 2)
    assert.include(stderr, ".csv")
  })
})
