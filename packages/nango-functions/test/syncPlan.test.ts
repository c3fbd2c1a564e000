import { unknown } from "@loom-scim/core/scim/Profile"
import { assert, describe, it } from "vitest"
import { afterChanges, afterWhole, Latest, since } from "../src/SyncPlan.ts"

const hour = 3_600_000
const now = Date.parse("2026-11-28T12:00:00.000Z")
const iso = (millis: number) => new Date(millis).toISOString()

const latestOf = (...moments: ReadonlyArray<string>): Latest => {
  const latest = new Latest()
  for (const lastModified of moments) latest.take({ meta: { lastModified } })
  return latest
}

describe("where the next run begins", () => {
  it("is the last change that was seen, so that it has to come again", () => {
    const latest = latestOf("2026-11-01T00:00:00Z", "2026-11-20T08:00:00+01:00", "2026-11-19T00:00:00Z")
    assert.strictEqual(latest.next(now), "2026-11-20T07:00:00.000Z")
  })

  it("is the latest change, in whatever order and form they come", () => {
    for (const moments of [
      ["2026-11-20T07:00:00Z", "2026-11-20T06:00:00Z", "2026-11-20T05:00:00Z"],
      ["2026-11-20T05:00:00Z", "2026-11-20T07:00:00Z", "2026-11-20T06:00:00Z"],
      ["2026-11-20T06:00:00Z", "2026-11-20T07:00:00.000Z", "2026-11-20T07:00:00Z"],
      ["soon and not at once", "2026-11-20T07:00:00Z"]
    ]) {
      assert.strictEqual(latestOf(...moments).next(now), "2026-11-20T07:00:00.000Z")
    }
  })

  it("is before the list was begun: what had gone by may have changed before the end", () => {
    assert.strictEqual(latestOf(iso(now + 60_000)).next(now), iso(now - hour / 6))
  })

  it("is nowhere when the server dates nothing", () => {
    assert.strictEqual(latestOf("soon").next(now), "")
    assert.strictEqual(new Latest().next(now), "")
  })
})

describe("whether changes are asked for", () => {
  const checkpoint = { since: "2026-11-20T07:00:00.000Z", readAt: iso(now - hour), refusedAt: "" }

  it("they are, within a day of a whole list", () => {
    assert.strictEqual(since(checkpoint, unknown, now), checkpoint.since)
    assert.isNull(since(null, unknown, now))
    for (const readAt of [iso(now - 25 * hour), iso(now + hour), "", "soon"]) {
      assert.isNull(since({ ...checkpoint, readAt }, unknown, now))
    }
  })

  it("they are not of a server that ignores filters", () => {
    assert.isNull(since(checkpoint, { ...unknown, quirks: { filterIgnored: 1 } }, now))
  })

  it("they are not for a day after the server could not tell them, and then again", () => {
    const latest = latestOf("2026-11-20T07:00:00Z")
    const refused = afterWhole(checkpoint, latest, now, true)
    assert.deepStrictEqual(refused, { since: "", readAt: iso(now), refusedAt: iso(now) })
    const later = afterWhole(refused, latest, now + hour, false)
    assert.deepStrictEqual(later, { since: "", readAt: iso(now + hour), refusedAt: iso(now) })
    assert.strictEqual(afterWhole(later, latest, now + 25 * hour, false).since, "2026-11-20T07:00:00.000Z")
  })

  it("the day of the whole list stays, however often changes are told", () => {
    assert.deepStrictEqual(afterChanges(checkpoint, latestOf("2026-11-21T00:00:00Z"), now), {
      ...checkpoint,
      since: "2026-11-21T00:00:00.000Z"
    })
  })
})
