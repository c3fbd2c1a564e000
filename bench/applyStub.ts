// A plain node:http server that creates users, run as a process of its own: `POST /Users` gives a new id, everything else
// an empty list. LATENCY is the milliseconds that each answer takes. Says on request how many requests it has met.
import { createServer } from "node:http"

const latency = Number(process.env["LATENCY"] ?? 0)
let requests = 0
let ids = 0

const empty = Buffer.from(JSON.stringify({ totalResults: 0, Resources: [] }))

const server = createServer((request, response) => {
  requests++
  const parts: Array<Buffer> = []
  request.on("data", (part: Buffer) => parts.push(part))
  request.on("end", () => {
    const isCreation = request.method === "POST"
    const text = Buffer.concat(parts).toString()
    // The resource as it was sent, with an id in front of its other attributes.
    const body = isCreation ? Buffer.from(`{"id":"u${ids++}",${text.slice(1)}`) : empty
    const answer = () =>
      response
        .writeHead(isCreation ? 201 : 200, { "content-type": "application/scim+json", "content-length": body.length })
        .end(body)
    if (latency > 0) setTimeout(answer, latency)
    else answer()
  })
})
server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
process.on("message", () => {
  process.send?.({ requests })
  requests = 0
})
process.on("disconnect", () => process.exit())
