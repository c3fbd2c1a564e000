/** People and calls for the tests of plan-reconcile and apply-reconcile. */
import { assert, beforeEach } from "vitest"
import type { Harness } from "./harness.ts"

/** A function's answer. */
export interface Answer {
  readonly plan: string
  readonly status: string
  readonly counts: Readonly<Record<string, number>>
  readonly [field: string]: unknown
}

/** On an empty server before each test. */
export const reconciling = (at: Harness) => {
  let generation = 0

  const listed = async (path: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
    const { Resources = [] } = Object(await at.scim("GET", `${path}?count=200`))
    return Resources
  }
  const call = async (name: string, input: object): Promise<Answer> => {
    const { failure, output } = await at.action(name, { policy: "deactivate", ...input })
    assert.isUndefined(failure)
    return Object(output)
  }

  beforeEach(async () => {
    await at.reset()
    for (const path of ["/Users", "/Groups"]) {
      for (const { id } of await listed(path)) await at.scim("DELETE", `${path}/${String(id)}`)
    }
    generation++
  })

  return {
    /** People who are different ones in every test. */
    team: (size: number) =>
      Array.from({ length: size }, (_, index) => ({
        externalId: `g${generation}-p${index}`,
        email: `g${generation}-p${index}@example.com`,
        givenName: "P",
        familyName: `Q${index}`
      })),
    /** What the server has. */
    listed,
    /** The calls of the proxy that change something. */
    writes: () => at.connection.calls.filter(({ method }) => method !== "GET"),
    plan: (input: object) => call("plan-reconcile", input),
    apply: (input: object) => call("apply-reconcile", input),
    /** Calls apply-reconcile, which is expected to be ended by Nango; what it threw. */
    stopped: async (input: object): Promise<unknown> => {
      try {
        await call("apply-reconcile", input)
        return undefined
      } catch (error) {
        return error
      }
    }
  }
}
