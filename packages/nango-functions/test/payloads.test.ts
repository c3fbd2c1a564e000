import * as E from "@loom-scim/core/scim/ScimError"
import { assert, describe, it } from "vitest"
import { invalidInput, isTold, payloadOf } from "../src/Failure.ts"
import { toScim, toUser } from "../src/Unified.ts"

const answered = { operation: "POST /Users", status: 409, scimType: null, detail: null }

describe("the payload of an error", () => {
  it("has words for a person, a type for a program, and only what there is to say", () => {
    assert.deepStrictEqual(payloadOf(new E.Unauthorized({ ...answered, status: 401 })), {
      type: "unauthorized",
      message: "POST /Users: the server does not accept the token (401).",
      next: "Copy the bearer token again from the set-up console; a token that was renewed there replaces the old one.",
      operation: "POST /Users",
      status: 401
    })
  })

  it("names who is in the way by id, and nobody's attributes", () => {
    const error = new E.Conflict({ ...answered, resource: { id: "7", userName: "ada@example.com" } })
    assert.deepInclude(payloadOf(error), { type: "conflict", existingId: "7" })
    assert.notInclude(JSON.stringify(payloadOf(error)), "ada@example.com")
  })

  it("says in whole seconds how long to wait, when it is known", () => {
    const limited = (retryAfterMillis: number | null) =>
      payloadOf(new E.RateLimited({ ...answered, status: 429, retryAfterMillis }))
    assert.deepInclude(limited(1001), { type: "rate_limited", retryAfterSeconds: 2 })
    assert.doesNotHaveAnyKeys(limited(null), ["retryAfterSeconds"])
  })

  it("is not made of a defect", () => {
    assert.isFalse(isTold(new Error("x")))
    assert.isFalse(isTold({ _tag: "X", message: "m" }))
    assert.isTrue(isTold(new E.NotFound({ ...answered, status: 404 })))
  })

  it("says where an input is wrong", () => {
    const { message } = invalidInput([
      { path: "", message: "a" },
      { path: "b.0", message: "c" }
    ])
    assert.strictEqual(message, "The input is not as this function wants it: input: a; b.0: c")
  })
})

describe("unified models", () => {
  for (const [what, attributes, email] of [
    ["the primary address", { emails: [{ value: "a@x" }, { value: "b@x", primary: true }] }, "b@x"],
    ["the one for work", { emails: [{ value: "a@x" }, { value: "b@x", type: "work" }] }, "b@x"],
    ["the first", { emails: [{ value: "a@x" }, { value: "b@x" }] }, "a@x"],
    ["the user name, when there is none", { userName: "c@x" }, "c@x"],
    ["nothing, when there is nothing", {}, ""]
  ] as const) {
    it(`have as e-mail address ${what}`, () => {
      assert.deepStrictEqual(toUser({ id: "1", name: { givenName: "Ada" }, ...attributes }), {
        id: "1",
        email,
        firstName: "Ada",
        lastName: ""
      })
    })
  }

  it("become users of SCIM, with whatever more is known", () => {
    const person = { firstName: "Ada", lastName: "King", email: "ada@x", active: false, title: "Countess" }
    assert.deepStrictEqual(toScim(person), {
      userName: "ada@x",
      active: false,
      title: "Countess",
      name: { givenName: "Ada", familyName: "King" },
      emails: [{ value: "ada@x", type: "work", primary: true }]
    })
  })
})
