import { assert, beforeEach, describe, it } from "vitest"
import { failsWell } from "./support/failures.ts"
import { harness } from "./support/harness.ts"

const at = await harness()

beforeEach(at.reset)

describe("discovery", () => {
  it("get-service-provider-config reads what the server claims", async () => {
    const { output } = await at.action("get-service-provider-config", {})
    assert.deepInclude(Object(output).patch, { supported: true })
    assert.hasAnyKeys(output, ["bulk", "filter", "etag", "authenticationSchemes"])
  })

  it("list-schemas lists them with their attributes", async () => {
    const { output } = await at.action("list-schemas", {})
    const { schemas }: { schemas: ReadonlyArray<{ id: string; attributes: ReadonlyArray<unknown> }> } = Object(output)
    const user = schemas.find(({ id }) => id === "urn:ietf:params:scim:schemas:core:2.0:User")
    assert.isNotEmpty(user?.attributes)
  })

  it("list-resource-types lists users and groups", async () => {
    const { output } = await at.action("list-resource-types", {})
    const { Resources }: { Resources: ReadonlyArray<{ endpoint: string }> } = Object(output)
    assert.sameMembers(
      Resources.map(({ endpoint }) => endpoint),
      ["/Users", "/Groups"]
    )
  })

  for (const name of ["get-service-provider-config", "list-schemas", "list-resource-types"]) {
    failsWell(at, name, () => ({}))
  }
})
