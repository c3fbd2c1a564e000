/** Saved plans and single persons on a data directory and over a server: the same words, JSON and exit codes. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import { Result } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Place } from "../../tui/test/support/connected.ts"
import { connected } from "../../tui/test/support/connected.ts"
import { closeAll, temporary } from "./support/api.ts"
import { mapping, people } from "./support/reconcile.ts"
import { type Both, bothOf, on, over, serverOf } from "./support/sides.ts"

describe("over a server", () => {
  let here: Place
  let there: Place
  let both: Both
  let files: string

  beforeAll(async () => {
    ;[here, there] = await Promise.all([connected(6), connected(6)])
    const { base, key = "" } = await serverOf(there)
    both = bothOf(on(here), over(base, key))
    files = temporary()
    const write = (name: string, text: string) => writeFileSync(join(files, name), text)
    const nine = people(9).replaceAll("acme.com", "example.com")
    const rows = (count: number) =>
      `${nine
        .split("\n")
        .slice(0, count + 1)
        .join("\n")}\n`
    write("mapping.yaml", mapping)
    write("three.csv", rows(3))
    write("seven.csv", rows(7))
    write("nine.csv", nine)
    write("two.csv", nine.replaceAll("person4@", "person3@"))
    write("cut.csv", `${rows(8)}9,"person9`)
  }, 120_000)
  afterAll(async () => {
    await closeAll()
    await Promise.all([here.close(), there.close()])
  })

  const source = (name: string) => `--source ${join(files, name)} --mapping ${join(files, "mapping.yaml")}`

  it("carries out a plan that was saved, unless the workspace has moved or the file tells something else", async () => {
    const plans = { here: join(temporary(), "plan.json"), there: join(temporary(), "plan.json") }
    const save = (name: string, code: number) =>
      both((side) => ["plan", ...source(name).split(" "), "--save", plans[side]], code)
    const apply = (code: number, ...more: ReadonlyArray<string>) =>
      both((side) => ["apply", "--plan", plans[side], "--yes", ...more], code)
    await save("seven.csv", 2)
    const done = await apply(0)
    assert.match(done.there.stdout, /^Saved .* from .*seven\.csv\.\n[^]*^✓ Creations: 7 done$/m)
    const moved = await apply(4)
    assert.match(moved.there.stdout, /^ {2}! create person7@example\.com: another \(\S+\) is in the way/m)
    assert.include(moved.there.stderr, `loom-scim plan --save ${plans.there}`)
    assert.include((await apply(4, "--json")).there.stdout, '"_tag":"Drift","moved":[{"kind":"appeared"')
    await save("seven.csv", 0)
    assert.include((await apply(0)).there.stdout, "Nothing to do.")
    await save("three.csv", 2)
    for (const path of Object.values(plans)) {
      const file = Result.getOrThrow(PlanFile.fromJson(readFileSync(path, "utf8")))
      const actions = file.plan.actions.map((action) => ({ ...action, label: "somebody@example.com" }))
      writeFileSync(path, PlanFile.toJson(PlanFile.sealed({ ...file, plan: { ...file.plan, actions } })))
    }
    assert.include((await apply(2)).there.stderr, "has another user name. Make the plan again")
    for (const path of Object.values(plans)) {
      const text = readFileSync(path, "utf8")
      writeFileSync(path, text.replace(/"fingerprint": "[0-9a-f]{14}"/, '"fingerprint": "00000000000000"'))
    }
    await apply(2)
  }, 180_000)

  it("provisions one person with the whole trace, and nothing but what was shown", async () => {
    const one = (person: string, name: string, ...more: ReadonlyArray<string>) =>
      both(() => ["provision", person, ...source(name).split(" "), ...more], 0)
    const dry = await one("person8@example.com", "nine.csv", "--dry-run")
    assert.include(dry.there.stdout, 'userName: field email -> "person8@example.com"')
    assert.include(dry.there.stdout, "Authorization: Bearer (not shown)")
    await one("8", "nine.csv", "--yes")
    const again = await one("8", "nine.csv", "--yes")
    assert.include(again.there.stdout, "Requests: none\nNothing to do.")
    const json = await one("person9@example.com", "nine.csv", "--yes", "--json")
    assert.match(json.there.stdout, /^\{"_tag":"Provision","source":".*","traces":\[\{"at":"line 10"/)
    await both(() => ["provision", "nobody@example.com", ...source("nine.csv").split(" ")], 3)
    await both(() => ["provision", "person3@example.com", ...source("two.csv").split(" ")], 3)
    await both(() => ["provision", "8", ...source("cut.csv").split(" "), "--dry-run"], 4)
    await both(() => ["provision", "9", ...source("cut.csv").split(" "), "--dry-run"], 4)
    await both(() => ["provision", "nobody@example.com", ...source("cut.csv").split(" ")], 3)
  }, 180_000)
})
