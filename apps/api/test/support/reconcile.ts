/** A connection that is set up to a sandbox, through the API, and what tests on runs send and read. */
import { assert } from "@effect/vitest"
import type { Sandbox, SandboxOptions } from "@loom-scim/sandbox/Sandbox"
import { startSandbox } from "@loom-scim/sandbox/Sandbox"
import { Predicate } from "effect"
import { answersFor, nextOf, txt } from "./answers.ts"
import { closing } from "./api.ts"
import type { Answer, Call } from "./api.ts"

/** What opens the sandbox. */
export const token = "tok_api-runs-secret-0123456789abcdef"

/** Sends to a server, in this process or another. */
export type Send = (method: string, path: string, options?: Call) => Promise<Answer>

/** A sandbox with five users, and the domain's record in its DNS. */
export const sandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const running = await startSandbox({ users: 5, domain: "acme.com", ...options, token })
  closing(() => running.close())
  await control(running, "dns", { name: "acme.com", type: "TXT", values: [txt] })
  return running
}

/** Tells the sandbox what to do. */
export const control = async ({ controlUrl }: Sandbox, what: string, body: unknown, method = "POST") => {
  const response = await fetch(`${controlUrl}/${what}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(method === "DELETE" ? {} : { body: JSON.stringify(body) })
  })
  assert.isTrue(response.ok, what)
}

/** How a server on the sandbox is started. */
export const labArgs = (directory: string, { dns }: Sandbox): ReadonlyArray<string> => [
  "--data-dir",
  directory,
  "--allow-private-network",
  "--dns-server",
  `${dns.host}:${dns.port}`
]

/** Begins and completes a connection, `acme` if it has no other name. */
export const connect = async (
  send: Send,
  { idpMetadataUrl, scimUrl }: Pick<Sandbox, "idpMetadataUrl" | "scimUrl">,
  name = "Acme"
): Promise<void> => {
  const answers = answersFor({ idpMetadataUrl, scimUrl }, { members: "none", token })
  const setup = `/v1/connections/${name.toLowerCase()}/setup`
  await send("POST", "/v1/connections", { body: { name } })
  for (let turns = 0; turns < 40; turns++) {
    const { json } = await send("GET", setup)
    const task = nextOf(json)
    if (task === undefined) return
    const [kind = ""] = task.split(":")
    const path = `${setup}/tasks/${encodeURIComponent(task)}`
    const answer = await send("POST", path, { body: answers[kind] ?? { _tag: "Confirm" } })
    assert.strictEqual(answer.status, 200, `${task}: ${answer.text}`)
  }
}

/** The mapping of {@link people}. */
export const mapping = "attributes:\n  externalId: id\n  userName: email\n  emails: email\n  name.familyName: last\n"

/** CSV with people 1 to `count`. */
export const people = (count: number, from = 1): string => {
  const rows = Array.from({ length: count }, (_, index) => {
    const n = index + from
    return `${n},person${n}@acme.com,Last${n}`
  })
  return `id,email,last\n${rows.join("\n")}\n`
}

/** The form that an upload is. */
export const form = (source: string, more: Readonly<Record<string, string>> = {}): FormData => {
  const parts = new FormData()
  parts.set("source", new Blob([source], { type: "text/csv" }), "people.csv")
  parts.set("mapping", new Blob([mapping]), "mapping.yaml")
  for (const [name, text] of Object.entries(more)) parts.set(name, text)
  return parts
}

/** Uploads, and reads the answer. */
export const upload = async (
  base: string,
  key: string,
  path: string,
  body: FormData,
  headers: Readonly<Record<string, string>> = {}
): Promise<Answer> => {
  const response = await fetch(`${base}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
    body
  })
  const text = await response.text()
  const isJson = (response.headers.get("content-type") ?? "").includes("json")
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
}

/** A value in the depth of an answer. */
export const at = (from: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce((inner: unknown, name) => (Predicate.hasProperty(inner, name) ? inner[name] : undefined), from)

/** The id of the run that an answer is about. */
export const runIdOf = ({ json, text }: Answer): string => {
  const id = at(json, "report", "run", "id") ?? at(json, "run", "id")
  assert.isString(id, text)
  return String(id)
}

/** Asks until a run stands so. */
export const until = async (send: Send, id: string, status: string): Promise<Answer> => {
  for (let turns = 0; turns < 600; turns++) {
    const answer = await send("GET", `/v1/connections/acme/runs/${id}`)
    if (at(answer.json, "run", "status", "_tag") === status) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`run ${id} does not become ${status}`)
}

/** Follows the events of a run, at most to `enough` items; says which item came under which id, and whether it ended. */
export const listen = async (base: string, key: string, id: string, lastEventId = "0", enough = Infinity) => {
  const abort = new AbortController()
  const response = await fetch(`${base}/v1/connections/acme/runs/${id}/events`, {
    headers: { authorization: `Bearer ${key}`, "last-event-id": lastEventId },
    signal: abort.signal
  })
  assert.strictEqual(response.status, 200)
  const positions: Array<number> = []
  const statuses: Array<string> = []
  let last = lastEventId
  let isEnd = true
  let rest = ""
  const take = (block: string) => {
    const data = /^data: (.*)$/m.exec(block)?.[1] ?? "{}"
    if (/^event: status$/m.test(block)) statuses.push(String(at(JSON.parse(data), "_tag")))
    if (!/^event: item$/m.test(block)) return
    last = /^id: (.*)$/m.exec(block)?.[1] ?? last
    positions.push(Number(at(JSON.parse(data), "position")))
  }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const next = await reader?.read()
    if (next === undefined || next.done) break
    const blocks = (rest + next.value).split("\n\n")
    rest = blocks.pop() ?? ""
    for (const block of blocks) if (positions.length < enough) take(block)
    if (positions.length < enough) continue
    isEnd = false
    break
  }
  abort.abort()
  return { positions, statuses, last, isEnd }
}
