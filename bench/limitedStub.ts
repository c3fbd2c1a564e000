// A plain node:http server that takes 100 requests per second of each caller and kind of limit, run as a process of its
// own: `/bucket/…` holds a hundred tokens, `/window/…` counts by the second of its clock. A refusal says Retry-After: 1;
// more than 20 of them in ten seconds ban for a minute. Callers are told apart by their token; `/tally/…` tells theirs.
import { createServer } from "node:http"

const perSecond = 100
const banAbove = 20
const banWindow = 10_000
const banMillis = 60_000

/** What a caller came to. */
export interface Tally {
  readonly accepted: number
  readonly refused: number
  readonly bans: number
}

const bucket = () => {
  let tokens = perSecond
  let filledAt = performance.now()
  return (now: number): boolean => {
    tokens = Math.min(perSecond, tokens + ((now - filledAt) * perSecond) / 1000)
    filledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

const window = () => {
  let current = 0
  let count = 0
  return (now: number): boolean => {
    const second = Math.floor(now / 1000)
    if (second !== current) count = 0
    current = second
    return ++count <= perSecond
  }
}

const caller = (takes: (now: number) => boolean) => {
  let accepted = 0
  let refused = 0
  let bans = 0
  let bannedUntil = 0
  let refusals: ReadonlyArray<number> = []
  return {
    tally: (): Tally => ({ accepted, refused, bans }),
    /** Seconds to wait; 0 when it takes the request. */
    ask: (now: number): number => {
      if (now >= bannedUntil) {
        if (takes(now)) {
          accepted++
          return 0
        }
        refusals = [...refusals.filter((at) => at > now - banWindow), now]
        if (refusals.length > banAbove) {
          bans++
          bannedUntil = now + banMillis
        }
      }
      refused++
      return Math.max(1, Math.ceil((bannedUntil - now) / 1000))
    }
  }
}

if (process.send !== undefined) {
  const body = Buffer.from('{"id":"1","userName":"ada@example.com"}')
  const callers = new Map<string, ReturnType<typeof caller>>()
  const callerOf = (kind: string, token: string) => {
    const key = `${kind} ${token}`
    const known = callers.get(key) ?? caller(kind === "bucket" ? bucket() : window())
    callers.set(key, known)
    return known
  }
  const server = createServer((request, response) => {
    const [, first = "", second = ""] = (request.url ?? "").split("/")
    const token = request.headers.authorization ?? ""
    if (first === "tally") return void response.end(JSON.stringify(callerOf(second, token).tally()))
    const wait = callerOf(first, token).ask(performance.now())
    if (wait > 0) return void response.writeHead(429, { "retry-after": String(wait) }).end()
    response.writeHead(200, { "content-type": "application/scim+json", "content-length": body.length }).end(body)
  })
  server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
  process.on("disconnect", () => process.exit())
}
