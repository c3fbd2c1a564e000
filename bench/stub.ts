// A plain node:http server that knows 100,000 users by heart, run as a process of its own: what it sends is made before
// the first request, so that a benchmark measures its client. `/Users/<id>` answers one user, `/Users` a page.
import { createServer } from "node:http"

/** How many users there are. */
export const people = Number(process.env["STUB_PEOPLE"] ?? 100_000)

const user = (index: number): string => {
  const name = `user-${String(index).padStart(6, "0")}`
  return JSON.stringify({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    id: `2819c223-7f76-453a-919d-${String(index).padStart(12, "0")}`,
    externalId: `external-${index}`,
    userName: `${name}@example.com`,
    name: { formatted: `Given ${name}`, givenName: "Given", familyName: name },
    displayName: `Given ${name}`,
    emails: [{ value: `${name}@example.com`, type: "work", primary: true }],
    active: index % 10 !== 0,
    meta: {
      resourceType: "User",
      created: "2026-01-23T04:56:22Z",
      lastModified: "2026-05-13T04:42:34Z",
      location: `https://example.com/v2/Users/${index}`,
      version: `W/"${index}"`
    }
  })
}

const page = (start: number, count: number): Buffer => {
  const rows: Array<string> = []
  for (let index = start; index < Math.min(start + count, people); index++) rows.push(user(index))
  const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":${people},"startIndex":${start + 1},"itemsPerPage":${rows.length}`
  return Buffer.from(`${head},"Resources":[${rows.join(",")}]}`)
}

if (process.send !== undefined) {
  const one = Buffer.from(user(1))
  const pages = new Map<string, Buffer>()
  for (const count of [100, 1000]) {
    for (let start = 0; start <= people; start += count) pages.set(`${start + 1},${count}`, page(start, count))
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stub")
    const body =
      pathname === "/Users" ? pages.get(`${searchParams.get("startIndex") ?? "1"},${searchParams.get("count")}`) : one
    if (body === undefined) return void response.writeHead(400).end()
    response.writeHead(200, { "content-type": "application/scim+json", "content-length": body.length }).end(body)
  })
  server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
  process.on("disconnect", () => process.exit())
}
