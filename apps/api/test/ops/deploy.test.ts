/** The files under deploy/ against the program they start. Nothing is built or started here. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Predicate } from "effect"
import { parse } from "yaml"
import { refusedServer } from "../support/programs.ts"

const read = (name: string): string => readFileSync(new URL(`../../../../deploy/${name}`, import.meta.url), "utf8")
const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (Predicate.hasProperty(inner, key) ? inner[key] : undefined), value)

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
