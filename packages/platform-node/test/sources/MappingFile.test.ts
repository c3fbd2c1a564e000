import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as MappingFile from "../../src/sources/MappingFile.ts"
import { file } from "./harness.ts"

const read = (name: string, content?: string) => MappingFile.read(file(name, content))
const trouble = (name: string, content?: string) => Effect.flip(read(name, content))

it.effect("gives what the YAML says, and JSON too", () =>
  Effect.gen(function* () {
    const expected = { source: { separator: ";" }, users: { userName: "mail", active: true } }
    const yaml = "# Ours\r\nsource: { separator: ';' }\r\nusers:\r\n  userName: mail\r\n  active: yes\r\n"
    assert.deepStrictEqual(yield* read("a.yaml", `\uFEFF${yaml.replace("yes", "true")}`), expected)
    assert.deepStrictEqual(yield* read("a.json", JSON.stringify(expected)), expected)
    // YAML 1.2: only true is true, and NO is Norway.
    assert.deepStrictEqual(yield* read("no.yaml", "country: NO\n"), { country: "NO" })
    assert.isNull(yield* read("empty.yaml", ""))
  })
)

it.effect("names the line and the column of what is not YAML", () =>
  Effect.gen(function* () {
    const cases = [
      ["users:\n  userName: a: b\n", "line 2, column 13"],
      ["a: 1\nb: 2\na: 3\n", "line 3, column 1"],
      ["a: 1\n\tb: 2\n", "line 2, column 1"],
      ["a: [1, 2\n", "line 2, column 1"],
      ["a: 1\nb: !secret x\n", "line 2, column 4"],
      ["a: 1\n? [x]\n: 2\n", "line 2, column 3"],
      ["a: 1\n---\nb: 2\n", "line 2, column 1"]
    ] as const
    for (const [index, [content, at]] of cases.entries()) {
      const failure = yield* trouble(`broken-${index}.yaml`, content)
      assert.deepInclude({ reason: failure.reason, at: failure.at }, { reason: "malformed", at }, content)
      assert.match(failure.message, /, line \d+, column \d+: [^\n]+[^.]\. Correct the YAML there$/)
    }
  })
)

it.effect("refuses aliases that unfold without end, and files that are no mapping", () =>
  Effect.gen(function* () {
    const bomb = Array.from({ length: 9 }, (_, level) =>
      level === 0 ? "a0: &a0 [x]" : `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`
    )
    assert.include((yield* trouble("bomb.yaml", bomb.join("\n"))).message, "aliases")
    assert.include((yield* trouble("unknown.yaml", "a: *nobody\n")).message, "aliases cannot be resolved")
    assert.include((yield* trouble("long.yaml", `a: ${"x".repeat(1024 * 1024)}\n`)).message, "not the people")
    assert.strictEqual((yield* trouble("nowhere.yaml")).reason, "notFound")
  })
)
