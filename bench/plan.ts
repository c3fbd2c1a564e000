// Planning side by side with only reading and JSON-parsing the same inputs: as many people as users, one per cent of them
// changed. Each run is a process of its own, so that its memory is its own; runs are interleaved, medians and ratios are
// printed. `plan` goes through the people twice, and parses only those again who differ; `whole` maps source records and puts users right besides.
import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { compile, type Mapping } from "../packages/core/src/provisioning/Mapping.ts"
import { apply } from "../packages/core/src/provisioning/MappingApply.ts"
import { type Plan, PlanBuilder } from "../packages/core/src/provisioning/Plan.ts"
import { Planner } from "../packages/core/src/provisioning/Planner.ts"
import { type Person, PersonKey, UserName } from "../packages/core/src/provisioning/Person.ts"
import type { JsonObject } from "../packages/core/src/scim/Json.ts"
import { decodeUser } from "../packages/core/src/scim/ResourceDecode.ts"
import { enterpriseUserUrn, userUrn } from "../packages/core/src/scim/Schemas.ts"

const size = Number(process.env["PEOPLE"] ?? 100_000)
const rounds = Number(process.env["ROUNDS"] ?? 5)

type Mode = "parse" | "plan" | "whole"
const modes: ReadonlyArray<Mode> = ["parse", "plan", "whole"]

const departmentPath = `${enterpriseUserUrn}:department`
const phonePath = 'phoneNumbers[type eq "work"].value'

const mapping: Mapping = {
  attributes: {
    externalId: "id",
    userName: { from: "mail", transform: ["trim", "lowercase"] },
    "name.givenName": "first",
    "name.familyName": "last",
    title: "title",
    [departmentPath]: "department",
    [phonePath]: "phone",
    active: { from: "status", boolean: true }
  }
}

// One in a hundred has another title on the server, which is an update.
const title = (index: number, changed: boolean) =>
  changed && index % 100 === 0 ? "Was promoted" : `Title ${index % 50}`

const recordOf = (index: number): JsonObject => ({
  id: `E${index}`,
  mail: `person.${index}@example.com`,
  first: `First${index % 1000}`,
  last: `Last${index % 7919}`,
  title: title(index, false),
  department: `Department ${index % 100}`,
  phone: `+49 30 ${index}`,
  status: "active"
})

const personOf = (index: number): Person => ({
  key: PersonKey.make(`E${index}`),
  userName: UserName.make(`person.${index}@example.com`),
  emails: [{ value: `person.${index}@example.com`, type: "work", primary: true }],
  name: { givenName: `First${index % 1000}`, familyName: `Last${index % 7919}`, formatted: null },
  active: true,
  role: null,
  groups: [],
  attributes: {
    title: title(index, false),
    [departmentPath]: `Department ${index % 100}`,
    [phonePath]: `+49 30 ${index}`
  },
  at: `line ${index + 1}`
})

const userOf = (index: number): JsonObject => ({
  schemas: [userUrn, enterpriseUserUrn],
  id: `directory_user_${String(index).padStart(24, "0")}`,
  externalId: `E${index}`,
  userName: `person.${index}@example.com`,
  name: { givenName: `First${index % 1000}`, familyName: `Last${index % 7919}` },
  emails: [{ value: `person.${index}@example.com`, type: "work", primary: true }],
  active: true,
  title: title(index, true),
  phoneNumbers: [{ value: `+49 30 ${index}`, type: "work" }],
  [enterpriseUserUrn]: { department: `Department ${index % 100}` },
  meta: {
    resourceType: "User",
    created: "2026-01-23T04:56:22Z",
    lastModified: "2026-05-13T04:42:34Z",
    location: `https://api.example.com/scim/v2.0/key/Users/directory_user_${String(index).padStart(24, "0")}`
  }
})

const write = (file: string, make: (index: number) => unknown): void => {
  const handle = openSync(file, "w")
  let lines = ""
  for (let index = 0; index < size; index++) {
    lines += `${JSON.stringify(make(index))}\n`
    if (lines.length > 1 << 20 || index === size - 1) {
      writeSync(handle, lines)
      lines = ""
    }
  }
  closeSync(handle)
}

type Wants = (line: number) => boolean

/** Each line that is wanted, as JSON; in the reader's own trust: the files are ours. */
const read = function* <A>(file: string, wants: Wants = () => true): Generator<A> {
  const handle = openSync(file, "r")
  const buffer = Buffer.alloc(1 << 20)
  const decoder = new TextDecoder()
  let rest = ""
  let number = 0
  for (let length = readSync(handle, buffer); length > 0; length = readSync(handle, buffer)) {
    const lines = (rest + decoder.decode(buffer.subarray(0, length), { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) if (wants(number++)) yield JSON.parse(line)
  }
  closeSync(handle)
}

const planOf = (people: (wants?: Wants) => Iterable<Person>, users: Iterable<JsonObject>): Plan => {
  const managed = { users: new Map<string, string>(), groups: new Set<string>() }
  const planner = new Planner({ leavers: "deactivate", adopt: "never", leftGroups: "empty", managed, diff: {} })
  const builder = new PlanBuilder()
  // Nobody comes twice here, so that a person's number is that of the line.
  for (const person of people()) planner.desired(person)
  for (const user of users) builder.add(planner.actual(user))
  const counts = { pages: 1, distinct: size, duplicates: 0, unmatched: 0, total: size }
  const settlement = planner.finish({ sourceFailure: null, users: { _tag: "Complete", quirks: new Set(), counts } })
  for (const person of people((line) => settlement.isOpen(line))) builder.add(settlement.settle(person))
  for (const action of settlement.rest()) builder.add(action)
  return builder.build(settlement)
}

const mapped = function* (file: string, wants?: Wants): Generator<Person> {
  const compiled = compile(mapping)
  if (compiled._tag === "Failure") throw new Error("the mapping is wrong")
  let line = 0
  for (const fields of read<JsonObject>(file, wants)) {
    const made = apply(compiled.success, { at: `line ${++line}`, fields })
    if (made._tag === "Failure" || made.success._tag === "Excluded") throw new Error("a record was not mapped")
    yield made.success.person
  }
}

const decoded = function* (file: string): Generator<JsonObject> {
  for (const raw of read<JsonObject>(file)) {
    const user = decodeUser(raw)
    if (user._tag === "Failure") throw new Error("a user was not read")
    yield user.success.resource
  }
}

/** Runs one mode and gives the number of updates found. */
const run = (mode: Mode, folder: string): number => {
  const [people, records, users] = ["people", "records", "users"].map((name) => join(folder, `${name}.jsonl`))
  if (people === undefined || records === undefined || users === undefined) throw new Error("no files")
  switch (mode) {
    case "parse": {
      let count = 0
      for (const file of [people, users]) for (const value of read<object>(file)) count += Number(value !== null)
      return count
    }
    case "plan":
      return planOf((wants) => read<Person>(people, wants), read<JsonObject>(users)).counts["Update"] ?? 0
    case "whole":
      return planOf((wants) => mapped(records, wants), decoded(users)).counts["Update"] ?? 0
  }
}

const isMode = (text: string | undefined): text is Mode => modes.some((mode) => mode === text)

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const measure = (mode: Mode, folder: string): { readonly ms: number; readonly mb: number } => {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), mode, folder], { encoding: "utf8" })
  if (child.status !== 0) throw new Error(child.stderr)
  return JSON.parse(child.stdout)
}

const [mode, folder] = process.argv.slice(2)
if (isMode(mode) && folder !== undefined) {
  const start = performance.now()
  const found = run(mode, folder)
  const ms = performance.now() - start
  const wanted = mode === "parse" ? 2 * size : Math.ceil(size / 100)
  if (found !== wanted) throw new Error(`${mode}: ${found} instead of ${wanted}`)
  process.stdout.write(JSON.stringify({ ms, mb: process.resourceUsage().maxRSS / 1024 }))
} else {
  const made = mkdtempSync(join(tmpdir(), "loom-scim-plan-"))
  try {
    write(join(made, "people.jsonl"), personOf)
    write(join(made, "records.jsonl"), recordOf)
    write(join(made, "users.jsonl"), userOf)
    const results = new Map(modes.map((mode) => [mode, new Array<{ readonly ms: number; readonly mb: number }>()]))
    for (let round = 0; round < rounds; round++) {
      for (const mode of modes) results.get(mode)?.push(measure(mode, made))
    }
    process.stdout.write(`${size} people, ${size} users, 1 % changed; median of ${rounds}; time, ratio, goal, RSS\n`)
    const base = median((results.get("parse") ?? []).map(({ ms }) => ms))
    for (const [mode, all] of results) {
      const ms = median(all.map((one) => one.ms))
      const mb = median(all.map((one) => one.mb))
      const goal = mode === "plan" ? "3" : "-"
      process.stdout.write(
        `${mode.padEnd(8)} ${ms.toFixed(0).padStart(8)} ms ${(ms / base).toFixed(2).padStart(7)} ${goal.padStart(4)} ${mb.toFixed(0).padStart(7)} MB\n`
      )
    }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}
