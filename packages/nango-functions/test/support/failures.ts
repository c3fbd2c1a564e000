/** What every function has to do when its server fails: one table, run for each function. */
import { assert, it } from "vitest"
import type { Harness } from "./harness.ts"

/** Which requests fail; all of them when it says nothing. */
export interface Where {
  readonly method?: string
  readonly pathIncludes?: string
}

/** A fault of the sandbox, and what the caller is told. */
interface Case {
  readonly fault: Readonly<Record<string, unknown>>
  readonly told: Readonly<Record<string, unknown>>
}

// Longer than a function waits, so that each is told at once.
const hour = 3600

/** Every case, by name. */
export const cases: Readonly<Record<string, Case>> = {
  "401, with the token in its answer": {
    fault: { kind: "status", status: 401, echoToken: true },
    told: { type: "unauthorized", status: 401 }
  },
  "403": { fault: { kind: "status", status: 403 }, told: { type: "forbidden", status: 403 } },
  "404": { fault: { kind: "status", status: 404 }, told: { type: "not_found", status: 404 } },
  "409": {
    fault: { kind: "status", status: 409, scimType: "uniqueness" },
    told: { type: "conflict", status: 409, scimType: "uniqueness" }
  },
  "429 with seconds": {
    fault: { kind: "rateLimit", retryAfter: "seconds", seconds: hour },
    told: { type: "rate_limited", status: 429, retryAfterSeconds: hour }
  },
  "429 with a date": {
    fault: { kind: "rateLimit", retryAfter: "date", seconds: hour },
    told: { type: "rate_limited", status: 429 }
  },
  "a redirect": { fault: { kind: "redirect", location: "/elsewhere" }, told: { type: "redirected" } },
  "a web page": { fault: { kind: "html" }, told: { type: "malformed", reason: "webPage" } },
  "cut-off JSON": { fault: { kind: "garbage" }, told: { type: "malformed", reason: "notJson" } }
}

/** The names of the cases. */
export type CaseName = keyof typeof cases

/**
 * Tests that an action fails as it should in every case. `input` is made when the test runs; `changed` says otherwise for
 * a case where this function does something better than to fail, or fails in another way.
 */
export const failsWell = (
  at: Harness,
  name: string,
  input: () => unknown,
  where: Where = {},
  changed: Readonly<Partial<Record<CaseName, Readonly<Record<string, unknown>>>>> = {}
): void => {
  for (const [title, { fault, told }] of Object.entries(cases)) {
    it(`${name}: ${title}`, async () => {
      await at.fault({ ...fault, match: where })
      const { failure } = await at.action(name, input())
      assert.deepInclude(failure, changed[title] ?? told)
      for (const words of ["message", "next"]) assert.match(String(failure?.[words]), /^[A-Z].+[.)]$/s)
      assert.notInclude(JSON.stringify(failure), at.connection.token)
      assert.isTrue(at.connection.calls.every(({ retries }) => retries === 0))
    })
  }
}
