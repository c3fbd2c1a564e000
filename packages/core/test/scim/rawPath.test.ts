import { assert, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { rawOf } from "../../src/scim/ScimClientRequest.ts"

const base = "https://api.workos.com/scim/v2.0/key"
const pieces = [
  "/",
  "..",
  ".",
  "%2e",
  "%2E",
  "//",
  "\\",
  "?",
  "#",
  "@",
  "evil.example",
  "Users",
  "a b",
  "count=1",
  "é",
  "\t"
]
const Path = Schema.Array(Schema.Union([Schema.Literals(pieces), Schema.String])).check(Schema.isMaxLength(8))

it.prop("a raw path never leaves the base URL", { parts: Path }, ({ parts }) => {
  for (const path of [parts.join(""), `/${parts.join("/")}`]) {
    const target = rawOf(path)
    if (Result.isFailure(target)) continue
    const url = new URL(base + target.success.path)
    assert.strictEqual(url.origin, "https://api.workos.com")
    assert.isTrue(url.pathname.startsWith("/scim/v2.0/key/"), path)
    assert.strictEqual(url.hash, "")
  }
})

it("takes what people type, and says what is wrong with the rest", () => {
  for (const path of ["/Users", "/Users?count=1&startIndex=2", "/Users/a%40b", "/Me"]) {
    assert.isTrue(Result.isSuccess(rawOf(path)), path)
  }
  for (const path of ["", "Users", "/", "//evil.example", "/../x", "/%2e%2E/x", "/a b", "/a#b", "/a\\b", "/Users/"]) {
    const refused = rawOf(path)
    assert.isTrue(Result.isFailure(refused), path)
  }
})
