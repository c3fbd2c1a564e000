/** Random and mutated server answers, the same for the same seed. */

/** What the client sends and no error may show. */
export const token = "Qx7/Se+cret~To=kEn-0123456789"

/** mulberry32: small, and the same everywhere. */
export const random = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  const pick = <A>(first: A, ...others: ReadonlyArray<A>): A => [first, ...others][below(others.length + 1)] ?? first
  return { below, pick, chance: (share: number) => next() < share }
}
type Rng = ReturnType<typeof random>

export const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64")
const echo = (rng: Rng) =>
  rng.pick(
    token,
    token.toUpperCase(),
    `Bearer ${token}`,
    `İ ${token}`,
    encodeURIComponent(token),
    base64(token),
    base64(`user:${token}`),
    base64(`Bearer ${token}`).replaceAll("+", "-").replaceAll("/", "_")
  )

// Written into the text as they are, since JSON.stringify has no way to say them.
const raw: Readonly<Record<string, string>> = {
  "@huge@": "1e999",
  "@long@": "9007199254740993",
  "@deep@": "[".repeat(20_000) + "]".repeat(20_000),
  "@deepValue@": '{"value":'.repeat(20_000) + "1" + "}".repeat(20_000)
}
const toText = (value: unknown) =>
  JSON.stringify(value).replace(/"(@\w+@)"/g, (whole, name: string) => raw[name] ?? whole)

const oddKeys = ["__proto__", "constructor", "toString", "then", "id", "schemas", "detail", "status", "nextCursor"]
const odd = (rng: Rng): unknown =>
  rng.pick<() => unknown>(
    () => null,
    () => rng.chance(0.5),
    () => rng.pick(-1, 0, 1.5, 404, 1e300),
    () => rng.pick("@huge@", "@long@", "@deep@", "@deepValue@"),
    () => rng.pick("", "NaN", "409", "İ", "\u0000"),
    () => echo(rng),
    () => [],
    () => ({ toString: 1, valueOf: null }),
    () => [{ toString: 1 }]
  )()

/** Changes one place of a JSON value, in depth. */
const mutate = (rng: Rng, value: unknown): unknown => {
  if (typeof value !== "object" || value === null || rng.chance(0.15)) return odd(rng)
  if (Array.isArray(value)) {
    if (value.length === 0) return [odd(rng)]
    const at = rng.below(value.length)
    return value.map((entry: unknown, index) => (index === at ? mutate(rng, entry) : entry))
  }
  const entries: Array<[string, unknown]> = Object.entries(value)
  if (entries.length === 0 || rng.chance(0.3)) {
    entries.push([rng.pick("x", ...oddKeys, echo(rng)), odd(rng)])
    return Object.fromEntries(entries)
  }
  const at = rng.below(entries.length)
  return Object.fromEntries(
    entries.flatMap(([key, entry], index) =>
      index !== at ? [[key, entry]] : rng.chance(0.15) ? [] : [[key, mutate(rng, entry)]]
    )
  )
}

/** Flips, cuts and doubles bytes; the result may be no UTF-8. */
const damage = (rng: Rng, bytes: Uint8Array): Uint8Array => {
  const at = rng.below(bytes.length + 1)
  if (rng.chance(0.4)) return bytes.slice(0, at)
  if (rng.chance(0.2)) return Buffer.concat([bytes.slice(0, at), bytes.slice(at >> 1)])
  return bytes.map((byte, index) => (index === at ? byte ^ (1 << rng.below(8)) : byte))
}

export const user = (rng: Rng, index: number) => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  id: rng.chance(0.03) ? "@long@" : `u${index}`,
  userName: "ada@example.com",
  externalId: rng.pick("e1", "e2", token),
  meta: { version: rng.pick('W/"1"', "1", echo(rng)) }
})

const error = (rng: Rng) => {
  const detail = rng.chance(0.7) ? `no ${echo(rng)} here` : odd(rng)
  const scimType = rng.pick("uniqueness", "invalidFilter", "tooMany", token)
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
  return rng.pick<unknown>(
    { schemas, status: "409", scimType, detail },
    { errors: [{ message: { value: detail } }] },
    { error: detail }
  )
}

const ways = ["honest", "loops", "overlaps", "skips", "cursor", "cursorLoops", "cursorForever"]

/** A server with some people and one way of getting lists wrong. */
export const listServer = (rng: Rng) => {
  const people = Array.from({ length: rng.below(12) }, (_, index) => user(rng, index))
  const cap = rng.pick(1, 3, 5, 100)
  const way = rng.pick("honest", ...ways)
  const totalOf = rng.pick<(rows: number) => unknown>(
    () => people.length,
    () => people.length,
    (rows) => rows,
    () => rng.pick<unknown>(undefined, "NaN", null, -1, "@huge@", String(people.length)),
    () => people.length + rng.below(5) - 2
  )
  return (query: URLSearchParams) => {
    const byCursor = way.startsWith("cursor")
    const asked = byCursor ? Number(query.get("cursor") ?? 0) + 1 : Number(query.get("startIndex") ?? 1)
    const shift = way === "overlaps" && asked > 1 ? -1 : way === "skips" && asked > 1 ? 1 : 0
    const from = way === "loops" ? 0 : Math.max(asked - 1 + shift, 0)
    const Resources = people.slice(from, from + cap)
    const end = from + Resources.length
    const next = way === "cursorForever" || end < people.length ? String(way === "cursorLoops" ? 0 : end) : undefined
    return {
      totalResults: totalOf(Resources.length),
      startIndex: asked,
      Resources,
      nextCursor: byCursor ? next : undefined
    }
  }
}

export const bulkAnswer = (rng: Rng) => ({
  Operations: [
    {
      bulkId: "a",
      method: "POST",
      location: `/Users/${echo(rng)}`,
      status: rng.pick("201", "409"),
      response: error(rng)
    },
    { method: "DELETE", location: "/Users/1", status: { code: "204" } }
  ]
})

const statuses = [200, 201, 204, 206, 302, 304, 400, 401, 404, 409, 412, 413, 418, 429, 500, 503]

export const answerOf = (rng: Rng, value: unknown, share: number) => {
  const isPlain = !rng.chance(share)
  const other = rng.chance(0.4) ? error(rng) : mutate(rng, value)
  const text = isPlain
    ? toText(value)
    : rng.pick(toText(other) ?? "", toText(other) ?? "", `<html><title>${echo(rng)}</title>`, echo(rng), "")
  const bytes = new TextEncoder().encode(text)
  const body = isPlain || rng.chance(0.6) ? bytes : damage(rng, bytes)
  const status = isPlain ? 200 : rng.pick(200, ...statuses)
  const wild = rng.pick("", "garbage", "-5", "1e999", "99999999999999999999", '"', encodeURIComponent(token), token)
  const headers: Record<string, string> = { "content-type": rng.pick("application/scim+json", "text/html", wild) }
  if (!isPlain && rng.chance(0.5)) {
    headers["retry-after"] = rng.pick("0", "3", "86400", "Sun, 06 Nov 1994 08:49:37 GMT", wild)
    headers["etag"] = rng.pick('W/"x"', wild)
    headers["location"] = rng.pick("/Users/u1", `https://${encodeURIComponent(token)}.example/`, `//x/${token}`, wild)
  }
  return { status, headers, body: status === 204 || status === 304 ? null : Uint8Array.from(body) }
}
