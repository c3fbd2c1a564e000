import { assert, describe, it } from "vitest"
import { ENTERPRISE_USER } from "../src/Schemas.ts"
import { control, createUser, patchBody, rows, sandbox, scim, userBody } from "./helpers.ts"

const ROLE = `${ENTERPRISE_USER}:loomMemberRole`

describe("users", () => {
  it("are created with a lower-case userName, an absolute location and their Loom role", async () => {
    const at = await sandbox()
    const made = await scim(at, "POST", "/Users", userBody("Ada.L"))
    assert.strictEqual(made.status, 201)
    assert.match(made.headers.get("content-type") ?? "", /^application\/scim\+json/)
    assert.strictEqual(made.headers.get("etag"), null)
    assert.strictEqual(made.json["userName"], "ada.l")
    assert.deepStrictEqual(made.json[ENTERPRISE_USER], { loomMemberRole: "creator" })
    const read = await scim(at, "GET", `/Users/${String(made.json["id"])}`)
    assert.deepStrictEqual(read.json, made.json)
    assert.propertyVal(read.json["meta"], "location", `${at.scimUrl}/Users/${String(made.json["id"])}`)
  })

  it("are refused on create and replace when a rule is broken", async () => {
    const at = await sandbox()
    await createUser(at, "taken")
    const id = await createUser(at, "other")
    const cases: ReadonlyArray<readonly [string, object, number, string]> = [
      ["no userName", userBody("x", { userName: undefined }), 400, "'userName' is required"],
      ["empty userName", userBody("x", { userName: " " }), 400, "'userName' is required"],
      ["null", userBody("x", { displayName: null }), 400, "'displayName' is expected to have a value, received null"],
      ["null active", userBody("x", { active: null }), 400, "'active' is expected to have a value, received null"],
      ["string active", userBody("x", { active: "False" }), 400, "'active' is expected boolean, received string"],
      ["no e-mail", userBody("x", { emails: undefined }), 400, "Required attributes missing: emails"],
      ["blank e-mail", userBody("x", { emails: [{ value: " " }] }), 400, "Required attributes missing: emails"],
      ["userName in use", userBody("TAKEN", { emails: [{ value: "n@example.com" }] }), 409, "username 'taken'"],
      ["e-mail in use", userBody("x", { emails: [{ value: "TAKEN@mail.example.com" }] }), 409, "this email 'TAKEN@"],
      ["unknown role", userBody("x", { [ENTERPRISE_USER]: { loomMemberRole: "king" } }), 400, "loomMemberRole"]
    ]
    for (const [name, body, status, detail] of cases) {
      for (const [method, path] of [
        ["POST", "/Users"],
        ["PUT", `/Users/${id}`]
      ] as const) {
        const answer = await scim(at, method, path, body)
        assert.strictEqual(answer.status, status, `${name}, ${method}`)
        assert.strictEqual(answer.json["status"], String(status), name)
        assert.include(String(answer.json["detail"]), detail, name)
        if (status === 409) assert.strictEqual(answer.json["scimType"], "uniqueness")
      }
    }
    assert.strictEqual((await control(at, "GET", "/state")).json["users"], 2)
  })

  it("get the userName as e-mail when it is an address", async () => {
    const at = await sandbox()
    const made = await scim(at, "POST", "/Users", userBody("ada@example.com", { emails: undefined }))
    assert.deepStrictEqual(made.json["emails"], [{ value: "ada@example.com", type: "work", primary: true }])
  })

  it("may share the e-mail of an inactive user, until that one is activated again", async () => {
    const at = await sandbox()
    const emails = [{ value: "shared@example.com", type: "work" }]
    const first = await createUser(at, "first", { emails, active: false })
    await createUser(at, "second", { emails })
    const again = await scim(at, "PATCH", `/Users/${first}`, patchBody({ op: "replace", path: "active", value: true }))
    assert.strictEqual(again.status, 409)
    assert.strictEqual(again.json["scimType"], "uniqueness")
  })

  it("are patched by path, without path and with the role's full name; nulls and wrong types are refused", async () => {
    const at = await sandbox()
    const id = await createUser(at, "ada")
    const patch = (operation: Record<string, unknown>) => scim(at, "PATCH", `/Users/${id}`, patchBody(operation))
    const role = await patch({ op: "Replace", path: ROLE, value: "admin" })
    assert.strictEqual(role.status, 200)
    assert.deepStrictEqual(role.json[ENTERPRISE_USER], { loomMemberRole: "admin" })
    assert.strictEqual((await patch({ op: "replace", value: { displayName: "Ada" } })).json["displayName"], "Ada")
    assert.strictEqual((await patch({ op: "replace", path: "displayName", value: "Ada" })).status, 204)
    assert.strictEqual((await patch({ op: "replace", path: "displayName", value: null })).status, 400)
    assert.strictEqual((await patch({ op: "replace", path: "active", value: "no" })).status, 400)
    assert.strictEqual((await patch({ op: "replace", path: "nonsense", value: 1 })).json["scimType"], "invalidPath")
    const view = await scim(
      at,
      "PATCH",
      `/Users/${id}?attributes=userName`,
      patchBody({ op: "replace", path: "title", value: "Dr" })
    )
    assert.notProperty(view.json, "name")
    assert.property((await scim(at, "GET", `/Users/${id}`)).json, "name")
  })

  it("are deleted, and are then not there", async () => {
    const at = await sandbox()
    const id = await createUser(at, "ada")
    assert.strictEqual((await scim(at, "DELETE", `/Users/${id}`)).status, 204)
    for (const [method, body] of [["GET"], ["DELETE"], ["PUT", userBody("ada")]] as const) {
      assert.strictEqual((await scim(at, method, `/Users/${id}`, body)).status, 404, method)
    }
    assert.match(await createUser(at, "ada"), /^directory_user_/)
  })

  it("with soft delete off cannot be created inactive, and deactivation deletes", async () => {
    const at = await sandbox()
    await control(at, "POST", "/settings", { softDelete: false })
    const refused = await scim(at, "POST", "/Users", userBody("ada", { active: false }))
    assert.strictEqual(refused.status, 400)
    assert.notProperty(refused.json, "detail")
    const id = await createUser(at, "ada")
    const off = await scim(
      at,
      "PATCH",
      `/Users/${id}?attributes=active`,
      patchBody({ op: "replace", path: "active", value: false })
    )
    assert.strictEqual(off.status, 200)
    assert.strictEqual(off.json["active"], false)
    assert.strictEqual((await scim(at, "GET", `/Users/${id}`)).status, 404)
  })

  it("are listed in pages that add up, filtered, sorted, and no longer than advertised", async () => {
    const at = await sandbox({ users: 450 })
    const ids = new Set<unknown>()
    for (let startIndex = 1; startIndex <= 450; startIndex += 150) {
      const answer = await scim(at, "GET", `/Users?startIndex=${startIndex}&count=150&attributes=userName`)
      assert.include(answer.json, { totalResults: 450, startIndex, itemsPerPage: 150 })
      for (const row of rows(answer)) ids.add(row["id"])
    }
    assert.strictEqual(ids.size, 450)
    assert.lengthOf(rows(await scim(at, "GET", "/Users?count=1000")), 200)
    const none = await scim(at, "GET", "/Users?count=0")
    assert.lengthOf(rows(none), 0)
    assert.strictEqual(none.json["totalResults"], 450)
    const query = new URLSearchParams({ filter: 'userName eq "ada.abara.1@example.com"' })
    assert.strictEqual((await scim(at, "GET", `/Users?${query}`)).json["totalResults"], 1)
    const last = await scim(at, "GET", "/Users?count=1&sortBy=externalId&sortOrder=descending")
    assert.strictEqual(rows(last)[0]?.["externalId"], "seed-99")
    assert.strictEqual((await scim(at, "GET", "/Users?filter=userName%20is%20x")).json["scimType"], "invalidFilter")
  })

  it("are seeded the same way every time", async () => {
    const [one, two] = await Promise.all([
      sandbox({ users: 5, domain: "acme.test" }),
      sandbox({ users: 5, domain: "acme.test" })
    ])
    const names = async (at: typeof one) =>
      rows(await scim(at, "GET", "/Users")).map((row) => [row["id"], row["userName"]])
    assert.deepStrictEqual(await names(one), await names(two))
    assert.match(String((await names(one))[0]?.[1]), /@acme\.test$/)
  })
})

describe("the endpoint", () => {
  it("describes itself", async () => {
    const at = await sandbox()
    const config = await scim(at, "GET", "/ServiceProviderConfig")
    assert.deepInclude(config.json, { patch: { supported: true }, etag: { supported: false } })
    assert.propertyVal(config.json["meta"], "location", `${at.scimUrl}/ServiceProviderConfig`)
    assert.include((await scim(at, "GET", "/Schemas")).text, "loomMemberRole")
    assert.include((await scim(at, "GET", "/ResourceTypes")).text, ENTERPRISE_USER)
    assert.strictEqual((await scim(at, "GET", "/Nope")).status, 404)
  })

  it("refuses bodies above 2,000 KB with a plain 413, and broken JSON", async () => {
    const at = await sandbox()
    const large = await scim(at, "POST", "/Users", userBody("ada", { displayName: "x".repeat(2_000 * 1024) }))
    assert.strictEqual(large.status, 413)
    assert.match(large.headers.get("content-type") ?? "", /^text\/plain/)
    const broken = await scim(at, "POST", "/Users", '{"userName":')
    assert.include(broken.json, { status: "400", scimType: "invalidSyntax" })
  })

  it("takes bulk requests, with the same rules", async () => {
    const at = await sandbox()
    const answer = await scim(at, "POST", "/Bulk", {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
      Operations: [
        { method: "POST", path: "/Users", bulkId: "u", data: userBody("ada") },
        {
          method: "POST",
          path: "/Groups",
          bulkId: "g",
          data: { displayName: "All", members: [{ value: "bulkId:u" }] }
        },
        { method: "POST", path: "/Users", bulkId: "v", data: userBody("ADA") }
      ]
    })
    assert.strictEqual(answer.status, 200)
    const statuses = answer.json["Operations"]
    assert.deepStrictEqual(
      Array.isArray(statuses) ? statuses.map((operation: { status: unknown }) => operation.status) : [],
      ["201", "201", "409"]
    )
    assert.lengthOf(rows(await scim(at, "GET", '/Groups?filter=displayName%20eq%20"All"')), 1)
  })
})
