// A Fastify server that answers GET /v1/connections/:id with the bytes it was given, after the key look-up that the API
// does: the same form of key, the same hash, the same row read from SQLite, compared in constant time.
import { fastify } from "fastify"
import { createHash, timingSafeEqual } from "node:crypto"
import { DatabaseSync } from "node:sqlite"

const [, , database = "", body = "{}", etag = ""] = process.argv
const db = new DatabaseSync(database, { readOnly: true })
const find = db.prepare("SELECT * FROM api_keys WHERE id = ?")
const pattern = /^Bearer lsk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/

const isValid = (authorization: string | undefined): boolean => {
  const [, id, secret] = pattern.exec(authorization ?? "") ?? []
  if (id === undefined || secret === undefined) return false
  const given = createHash("sha256").update(secret).digest()
  const stored = Buffer.from(String(find.get(id)?.["hash"]), "hex")
  return given.length === stored.length && timingSafeEqual(given, stored)
}

const server = fastify()
server.get("/v1/connections/:connection", (request, reply) => {
  if (!isValid(request.headers.authorization)) return reply.code(401).send()
  return reply.header("content-type", "application/json").header("etag", etag).send(body)
})
await server.listen({ port: 0, host: "127.0.0.1" })
process.send?.(server.server.address())
process.on("disconnect", () => process.exit())
