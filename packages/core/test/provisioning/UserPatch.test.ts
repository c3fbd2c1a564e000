import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { userPatch } from "../../src/provisioning/UserPatch.ts"
import type { JsonObject } from "../../src/scim/Json.ts"
import * as Patch from "../../src/scim/Patch.ts"
import { enterpriseUserUrn, loomUser } from "../../src/scim/Schemas.ts"

const mail = (value: string) => ({ emails: [{ value, type: "work", primary: true }] })

describe("userPatch", () => {
  it("gives every list a path of its own, and no operation without a value", () => {
    const custom = "urn:example:2.0:User"
    const before = { userName: "a", ...mail("a@example.com"), [custom]: { badges: ["x"], desk: "1" } }
    const after = { userName: "b", ...mail("b@example.com"), [custom]: { badges: ["x", "y"], desk: "2" } }
    assert.deepStrictEqual(userPatch(before, after, {}), [
      { op: "replace", value: { userName: "b", [custom]: { desk: "2" } } },
      { op: "replace", path: "emails", value: after.emails },
      { op: "replace", path: `${custom}:badges`, value: ["x", "y"] }
    ])
    assert.deepStrictEqual(userPatch(mail("a@example.com"), mail("b@example.com"), {}), [
      { op: "replace", path: "emails", value: after.emails }
    ])
  })

  it("leads where it is to lead, and is as short as may be where there is no list", () => {
    const before: JsonObject = { userName: "a", title: "T", ...mail("a@example.com") }
    const after: JsonObject = { userName: "b", ...mail("b@example.com"), [enterpriseUserUrn]: { department: "D" } }
    const applied = Patch.apply(before, userPatch(before, after, {}), loomUser)
    const { schemas: _, ...user } = Result.isSuccess(applied) ? applied.success : assert.fail(applied.failure.detail)
    assert.deepStrictEqual(user, after)
    assert.deepStrictEqual(userPatch({ userName: "a" }, { userName: "b", title: "T" }, {}), [
      { op: "replace", value: { userName: "b", title: "T" } }
    ])
  })
})
