import { assert, it } from "@effect/vitest"
import { MemberList } from "@loom-scim/core/ports/MemberList"
import { Effect } from "effect"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layer } from "../../src/members/NodeMemberList.ts"

const directory = mkdtempSync(join(tmpdir(), "members-"))
const read = (name: string, content?: string) =>
  Effect.gen(function* () {
    const path = join(directory, name)
    if (content !== undefined) writeFileSync(path, content)
    return yield* (yield* MemberList).fromFile(path)
  }).pipe(Effect.provide(layer))

it.effect("takes the e-mail column only, whatever the delimiter, quotes and byte order mark", () =>
  Effect.gen(function* () {
    const comma = '\uFEFFName,Email,Invited by\r\n"Ada ""A"" L",Ada@Acme.com,boss@else.net\r\nBob,bob@acme.com,\r\n'
    assert.deepStrictEqual(yield* read("a.csv", comma), ["ada@acme.com", "bob@acme.com"])
    assert.deepStrictEqual(yield* read("b.csv", "E-Mail;Rolle\nada@acme.com;Admin\n"), ["ada@acme.com"])
  })
)

it.effect("takes any address from a file without a header", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* read("c.txt", "Ada <ada@acme.com>\nada@acme.com\n"), ["ada@acme.com"])
  })
)

it.effect("never takes an unreadable or empty file for an empty workspace", () =>
  Effect.gen(function* () {
    const missing = yield* Effect.flip(read("nowhere.csv"))
    assert.include(missing.message, "There is no file")
    const empty = yield* Effect.flip(read("d.csv", "Name,Role\nAda,Admin\n"))
    assert.include(empty.message, "holds no e-mail address")
    const folder = yield* Effect.flip(read("."))
    assert.include(folder.message, "is a directory")
  })
)
