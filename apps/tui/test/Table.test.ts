import { assert, describe, it } from "@effect/vitest"
import { cell, csvLine, heading, lines } from "../src/plain/Table.ts"

const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
const user = {
  userName: "ada@acme.com",
  name: { familyName: "Lovelace" },
  active: false,
  emails: [{ value: "a@acme.com" }, { value: "b@acme.com" }],
  [urn]: { loomMemberRole: "admin" }
}

describe("rows", () => {
  it("find what stands at a path, in any case, in lists and in extensions", () => {
    assert.strictEqual(cell(user, "USERNAME"), "ada@acme.com")
    assert.strictEqual(cell(user, "name.familyname"), "Lovelace")
    assert.strictEqual(cell(user, "emails.value"), "a@acme.com b@acme.com")
    assert.strictEqual(cell(user, `${urn}:loomMemberRole`), "admin")
    assert.strictEqual(cell(user, "active"), "false")
    assert.strictEqual(cell(user, "nothing.here"), "")
    assert.strictEqual(heading(`${urn}:loomMemberRole`), "loomMemberRole")
  })

  it("are CSV that no spreadsheet runs as a formula", () => {
    assert.strictEqual(csvLine(['say "hi"', "a,b", "=1+1", "plain"]), '"say ""hi""","a,b",\'=1+1,plain')
  })

  it("are columns without control characters", () => {
    assert.deepStrictEqual(lines(["a", "b"], [["x\u001B[31my", "2"]]), ["a       b", "x[31my  2"])
  })

  it("keeps a column in line whatever is in it, when it may be as wide as that", () => {
    const long = `https://hooks.example.com/${"a".repeat(60)}`
    const [head = "", first = "", second = ""] = lines(
      ["address", "hears of"],
      [
        [long, "x"],
        ["b", "y"]
      ],
      Number.POSITIVE_INFINITY
    )
    const column = head.indexOf("hears of")
    assert.deepStrictEqual([first.slice(column), second.slice(column)], ["x", "y"])
  })
})
