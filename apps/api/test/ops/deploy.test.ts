/** The files under deploy/ against the program they start. Nothing is built or started here. */
import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Predicate } from "effect"
import { parse } from "yaml"
import { refusedServer } from "../support/programs.ts"

const read = (name: string): string => readFileSync(new URL(`../../../../deploy/${name}`, import.meta.url), "utf8")
const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (Predicate.hasProperty(inner, key) ? inner[key] : undefined), value)

const root = fileURLToPath(new URL("../../../../", import.meta.url))

/** What the image is built from, by the names from the root that its build copies. */
const copied = (): ReadonlyArray<string> => {
  const stages = read("Dockerfile")
    .split(/^FROM /m)
    .slice(1)
    .join("")
  return [...stages.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names = ""]) => names.split(" "))
}

/** Patterns of what is under those and left out all the same. */
const leftOut = (): ReadonlyArray<string> =>
  read("../.dockerignore")
    .split("\n")
    .filter((line) => line.startsWith("**/"))

/** The files that a source file cannot do without, by their names from the root. */
const imported = (file: string): ReadonlyArray<string> =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:\bfrom |\bimport[ (])"(\.[^"]+)"/g)].map(([, name = ""]) =>
    join(dirname(file), name)
  )

const files = ["Dockerfile", "compose.yaml", "loom-scim-api.service"]

describe("what is under deploy/", () => {
  it("starts the program with flags that it knows", async () => {
    const { stdout } = await refusedServer(["--help"])
    const commands = [
      /^CMD (\[".*)$/m.exec(read("Dockerfile"))?.[1],
      /^ExecStart=(.*)$/m.exec(read("loom-scim-api.service"))?.[1],
      JSON.stringify(at(parse(read("compose.yaml")), "services", "demo", "command"))
    ]
    for (const command of commands) {
      const flags = (command ?? "").match(/--[a-z-]+/g) ?? []
      assert.isAbove(flags.length, 0, command)
      for (const flag of flags) assert.include(stdout, flag)
    }
  })

  it("runs as nobody, on a root that is read-only, without capabilities", () => {
    const compose: unknown = parse(read("compose.yaml"))
    for (const service of ["api", "demo"]) {
      assert.strictEqual(at(compose, "services", service, "read_only"), true)
      assert.deepStrictEqual(at(compose, "services", service, "cap_drop"), ["ALL"])
    }
    const stages = read("Dockerfile").split(/^FROM /m)
    assert.match(stages.at(-1) ?? "", /^USER node$/m)
    assert.match(stages.at(-1) ?? "", /^HEALTHCHECK /m)
    const unit = read("loom-scim-api.service")
    for (const line of ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="]) {
      assert.include(unit.split("\n"), line)
    }
  })

  it("waits for a node longer than it may take to end: its drain, and 20 s for what is under way", () => {
    const compose: unknown = parse(read("compose.yaml"))
    const unit = read("loom-scim-api.service")
    const drains = [...`${read("Dockerfile")}${unit}`.matchAll(/--drain-seconds[", ]+(\d+)/g)].map(([, seconds]) =>
      Number(seconds)
    )
    assert.deepStrictEqual(drains, [5, 5])
    const waits = [
      at(compose, "services", "api", "stop_grace_period"),
      at(compose, "services", "demo", "stop_grace_period"),
      /^TimeoutStopSec=(.*)$/m.exec(unit)?.[1]
    ]
    for (const wait of waits) assert.isAbove(Number(/^(\d+)s$/.exec(String(wait))?.[1]), Math.max(...drains) + 20)
  })

  it("keeps an upload on disk, since a node's memory is limited", () => {
    assert.match(read("Dockerfile"), /^VOLUME \["\/var\/lib\/loom-scim", "\/tmp"\]$/m)
    const api = at(parse(read("compose.yaml")), "services", "api")
    assert.strictEqual(at(api, "deploy", "resources", "limits", "memory"), "512M")
    assert.notInclude(JSON.stringify(at(api, "tmpfs")), "/tmp")
    assert.match(read("loom-scim-api.service"), /^Environment=.*\bTMPDIR=\/var\/tmp$/m)
  })

  it("builds from what is named, so that nothing else, and no secret, gets to the builder", () => {
    const lines = read("../.dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
    assert.strictEqual(lines[0], "*")
    assert.include(lines, "**/.env*")
    assert.deepStrictEqual(
      lines
        .filter((line) => line.startsWith("!"))
        .map((line) => line.slice(1))
        .toSorted(),
      copied().toSorted()
    )
    assert.include(readFileSync(new URL("../../../../.gitignore", import.meta.url), "utf8").split("\n"), ".env")
  })

  it("builds from all that the build scripts and the sources import", () => {
    const names = copied().flatMap((name) => [name, `${name}/**`])
    const there = new Set(globSync(names, { cwd: root, exclude: leftOut() }))
    const sources = [...there].filter((file) => /^apps\/[^/]+\/build\.ts$|\/src\/.*\.tsx?$/.test(file))
    assert.isAbove(sources.length, 400)
    const outside = sources.flatMap((source) =>
      imported(source)
        .filter((file) => !there.has(file))
        .map((file) => `${source}: ${file}`)
    )
    assert.deepStrictEqual(outside, [])
  })

  it("asks PostgreSQL by TCP whether it is up, where it does not answer before it is set up", () => {
    const test = at(parse(read("compose.yaml")), "services", "postgres", "healthcheck", "test")
    assert.include(JSON.stringify(test), "pg_isready -h 127.0.0.1 ")
  })

  it("has three nodes with one key on one database, publishes nothing beyond this machine, and holds no secret", () => {
    const compose: unknown = parse(read("compose.yaml"))
    assert.strictEqual(at(compose, "services", "api", "deploy", "replicas"), 3)
    for (const name of ["api", "demo"]) {
      const ports = at(compose, "services", name, "ports")
      assert.isTrue(Array.isArray(ports) && ports.every((port) => String(port).startsWith("127.0.0.1:")), name)
    }
    assert.isUndefined(at(compose, "services", "postgres", "ports"))
    assert.match(String(at(compose, "services", "api", "environment", "LOOM_SCIM_KEY")), /^\$\{LOOM_SCIM_KEY:\?/)
    for (const name of files) assert.notMatch(read(name), /lsk_[a-z0-9]{12}_|PASSWORD[:=] *[a-z0-9]+$/im, name)
  })
})
