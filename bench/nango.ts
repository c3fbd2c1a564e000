// Compiled functions side by side with functions of the same job written by hand, run as Nango's runner runs them: the
// text compiled and evaluated in a new context for each run, Nango's own classes and axios, a connection asked for from
// an API and users from a SCIM server, each a process of its own. "First" is the first run of a process that has Nango's
// packages loaded; "again" are runs after many, for which V8 remembers the compiled text. Rounds alternate. CPU time is
// this process's own and stays nearly the same when others work on the machine. `TEMPLATE=directory` compares with the
// compiled functions of that directory besides, named `<integration>_actions_get-scim-user.cjs` as Nango's compiler does.
import { fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { connectionTo } from "../packages/nango-functions/test/support/connection.ts"
import { facadeOf } from "../packages/nango-functions/test/support/facade.ts"
import { propsOf } from "../packages/nango-functions/test/support/props.ts"
import { Records } from "../packages/nango-functions/test/support/records.ts"
import { RunnerAction } from "../packages/nango-functions/test/support/RunnerAction.ts"
import { RunnerSync } from "../packages/nango-functions/test/support/RunnerSync.ts"
import { evaluate } from "../packages/nango-functions/test/support/script.ts"

const rounds = Number(process.env["ROUNDS"] ?? 9)
const runs = Number(process.env["RUNS"] ?? 40)
const people = 10_000
const userId = "2819c223-7f76-453a-919d-000000000001"

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

interface Side {
  readonly name: string
  /** The compiled text, by the function's name. */
  readonly text: (kind: "actions" | "syncs", name: string) => string
}

/** Functions as Nango's compiler leaves them in a directory. */
const compiledIn = (name: string, directory: string): Side => ({
  name,
  text: (kind, wanted) => {
    const file = readdirSync(directory).find((found) => found.endsWith(`_${kind}_${wanted}.cjs`))
    if (file === undefined) throw new Error(`${directory} has no ${wanted}; build it first`)
    return readFileSync(join(directory, file), "utf8")
  }
})
const byHand: Side = {
  name: "by hand",
  text: (_, wanted) => readFileSync(new URL(`byHand/${wanted}.cjs`, import.meta.url), "utf8")
}
const ours = compiledIn("ours", fileURLToPath(new URL("../packages/nango-functions/build/", import.meta.url)))
const template = process.env["TEMPLATE"]
const sides: ReadonlyArray<Side> = [ours, byHand, ...(template === undefined ? [] : [compiledIn("template", template)])]

interface Cost {
  /** Milliseconds of the wall clock. */
  readonly took: number
  /** Milliseconds of this process on a CPU. */
  readonly cpu: number
}

const costOf = async (run: () => Promise<void>): Promise<Cost> => {
  const before = process.cpuUsage()
  const start = performance.now()
  await run()
  const { system, user } = process.cpuUsage(before)
  return { took: performance.now() - start, cpu: (system + user) / 1000 }
}

/** What a sync saves is put into the form in which it is sent, and let go. */
class Saving extends RunnerSync {
  saved = 0
  onSave: (saved: number) => void = () => undefined
  override batchSave(results: Array<object>): boolean {
    this.saved += JSON.stringify(results) === "" ? 0 : results.length
    this.onSave(this.saved)
    return true
  }
}

/** Where functions find their connection and their users. */
interface Platform {
  readonly host: string
  readonly scimUrl: string
}

const started = async (file: string, message?: string): Promise<readonly [unknown, () => void]> => {
  const env = { ...process.env, STUB_PEOPLE: String(people) }
  const child = fork(new URL(file, import.meta.url), { stdio: "inherit", execArgv: [], env })
  if (message !== undefined) child.send(message)
  const [answer]: ReadonlyArray<unknown> = await once(child, "message")
  return [answer, () => child.disconnect()]
}

const argument = { id: userId }

/** One run of a function whose text has arrived. */
const getUser = async (text: string, { host, scimUrl }: Platform): Promise<void> => {
  const nango = new RunnerAction(connectionTo({ scimUrl, token: "token" }), host, "get-scim-user")
  const answer = await evaluate(text, `get-scim-user-${text.length}.cjs`).exec(facadeOf(nango), argument)
  if (Object(answer).id !== userId) throw new Error("somebody else was read")
}

const sync = async (
  text: string,
  { host, scimUrl }: Platform,
  onSave: (saved: number) => void = () => undefined
): Promise<void> => {
  const connection = connectionTo({ scimUrl, token: "token" })
  const nango = new Saving(connection, host, new Records(), propsOf("sync", "scim-users"))
  nango.onSave = (saved) => {
    // Nobody looks at the calls, which are kept with their answers.
    connection.calls.length = 0
    onSave(saved)
  }
  await evaluate(text, `scim-users-${text.length}.cjs`).exec(facadeOf(nango))
  if (nango.saved !== people) throw new Error(`${nango.saved} users were saved`)
}

/** What a run of each side cost, round by round. */
type Costs = ReadonlyMap<Side, ReadonlyArray<Cost>>

const ratio = (costs: Costs, of: keyof Cost, side: Side): string => {
  const theirs = costs.get(side) ?? []
  const values = (costs.get(ours) ?? []).map((cost, round) => cost[of] / (theirs[round]?.[of] ?? Number.NaN))
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`
}

const report = (what: string, costs: Costs): void => {
  for (const [side, all] of costs) {
    const [took, cpu] = [median(all.map((cost) => cost.took)), median(all.map((cost) => cost.cpu))]
    const versus =
      side === ours ? "" : `  ours to it: time ${ratio(costs, "took", side)}, CPU ${ratio(costs, "cpu", side)}`
    process.stdout.write(
      `${what.padEnd(18)} ${side.name.padEnd(9)} ${took.toFixed(2).padStart(9)} ms, CPU ${cpu.toFixed(2).padStart(9)} ms${versus}\n`
    )
  }
}

/** Runs all sides in turn, `times` each round, and says what one run cost. */
const compare = async (count: number, times: number, run: (side: Side) => Promise<void>): Promise<Costs> => {
  const costs = new Map<Side, Array<Cost>>(sides.map((side) => [side, []]))
  for (let round = 0; round < count; round++) {
    for (const [side, all] of costs) {
      const { cpu, took } = await costOf(async () => {
        for (let index = 0; index < times; index++) await run(side)
      })
      all.push({ cpu: cpu / times, took: took / times })
    }
  }
  return costs
}

/** What a process of its own says: of its first run of `get-scim-user`, or of its memory during a sync. */
const inOwnProcess = (what: "first" | "memory", side: Side, platform: Platform): string => {
  const flags = what === "memory" ? ["--expose-gc", "--max-semi-space-size=8"] : []
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [...flags, fileURLToPath(import.meta.url), what, side.name, platform.host, platform.scimUrl],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }
  )
  if (status !== 0) throw new Error(stderr)
  return stdout
}

const firstCosts = (platform: Platform): Costs => {
  const costs = new Map<Side, Array<Cost>>(sides.map((side) => [side, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [side, all] of costs) {
      const cost: Cost = JSON.parse(inOwnProcess("first", side, platform))
      all.push(cost)
    }
  }
  return costs
}

const tellMemory = async (side: Side, platform: Platform): Promise<void> => {
  const before = process.memoryUsage.rss()
  const live: Array<string> = []
  await sync(side.text("syncs", "scim-users"), platform, (saved) => {
    if (saved % 2500 !== 0) return
    globalThis.gc?.()
    live.push(megabytes(process.memoryUsage().heapUsed))
  })
  process.stdout.write(`${live.join(", ")}; resident ${megabytes(process.memoryUsage.rss() - before)} more\n`)
}

const [, , what, named, host = "", scimUrl = ""] = process.argv
const alone = sides.find(({ name }) => name === named)
if (alone !== undefined && what === "first") {
  const text = alone.text("actions", "get-scim-user")
  process.stdout.write(JSON.stringify(await costOf(() => getUser(text, { host, scimUrl }))))
} else if (alone !== undefined && what === "memory") {
  await tellMemory(alone, { host, scimUrl })
} else {
  const [address, endStub] = await started("stub.ts")
  const origin = `http://127.0.0.1:${Object(address).port}`
  const [api, endApi] = await started("nangoApi.ts", origin)
  const platform: Platform = { host: String(api), scimUrl: origin }
  const texts = new Map(sides.map((side) => [side, side.text("actions", "get-scim-user")]))
  const again = (side: Side) => getUser(texts.get(side) ?? "", platform)
  const syncs = new Map(sides.map((side) => [side, side.text("syncs", "scim-users")]))
  const whole = (side: Side) => sync(syncs.get(side) ?? "", platform)

  process.stdout.write(`median of ${rounds} rounds (lowest to highest)\n`)
  report("get-scim-user, first", firstCosts(platform))
  await compare(1, runs, again)
  report("again", await compare(rounds, runs, again))
  await compare(1, 1, whole)
  report(`sync of ${people}`, await compare(rounds, 1, whole))
  process.stdout.write("live memory at 2500, 5000, 7500 and 10000 users, first sync of a process\n")
  for (const side of sides) process.stdout.write(`${side.name.padEnd(9)} ${inOwnProcess("memory", side, platform)}`)
  endStub()
  endApi()
}
