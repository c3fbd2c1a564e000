/** A small SCIM server in memory whose faults a test decides, and the doctor pointed at it. */
import { Effect } from "effect"
import type { Connected } from "../../src/operations/ConnectedClient.ts"
import * as Doctor from "../../src/scim/Doctor.ts"
import type { CheckName, Finding } from "../../src/scim/DoctorFinding.ts"
import { ConnectionId } from "../../src/setup/ConnectionId.ts"
import type { Behaviour, Seen } from "./ScimClient.harness.ts"
import { baseUrl, list, withClient } from "./ScimClient.harness.ts"

type Row = Record<string, unknown> & { readonly id: string }

/** The state of the server, for what a fault does to it. */
export interface Rows {
  readonly Users: Map<string, Row>
  readonly Groups: Map<string, Row>
  /** Counts what was created; ids are never used twice. */
  created: number
}

/** Answers in the place of the server, or lets it answer what was asked or something else. */
export type Fault = (seen: Seen, rows: Rows, serve: (other?: Seen) => Behaviour) => Behaviour

interface Member {
  readonly value: string
}

/** The doctor sends one operation at a time. */
const patched = (row: Row, body: string): Row => {
  const {
    Operations: [{ op, path, value }]
  } = JSON.parse(body)
  const members: ReadonlyArray<Member> = Array.isArray(row["members"]) ? row["members"] : []
  if (path === undefined) return { ...row, ...value }
  if (path === "members" && op === "add") return { ...row, members: [...members, ...value] }
  if (path === "members") {
    const gone = new Set(value.map((member: Member) => member.value))
    return { ...row, members: members.filter((member) => !gone.has(member.value)) }
  }
  if (path.startsWith("members[")) return { ...row, members: members.filter((member) => !path.includes(member.value)) }
  return op === "replace" ? { ...row, [path]: value } : row
}

/** Serves users and groups; filters know `eq` on the attribute they name. */
const serve = ({ body, method, path, query }: Seen, rows: Rows): Behaviour => {
  const [, type = "", id] = path.split("/")
  if (type !== "Users" && type !== "Groups") return { status: 404, body: { detail: "no such endpoint" } }
  const table = rows[type]
  if (method === "POST") {
    if (id !== undefined) return { status: 404, body: { detail: "no such endpoint" } }
    rows.created++
    const row = { ...JSON.parse(body), id: `${type}-${rows.created}` }
    table.set(row.id, row)
    return { status: 201, body: row }
  }
  if (id === undefined) {
    const [, attribute = "", value] = /^(\w+) eq "([^"]*)"$/.exec(query.get("filter") ?? "") ?? []
    const start = Number(query.get("startIndex") ?? 1) - 1
    const all = [...table.values()].filter((row) => value === undefined || row[attribute] === value)
    const page = all.slice(start, start + Number(query.get("count") ?? 100))
    return { body: { totalResults: all.length, Resources: page } }
  }
  const row = table.get(id)
  if (row === undefined) return { status: 404, body: { detail: "no such resource" } }
  if (method === "DELETE") {
    table.delete(id)
    return { status: 204 }
  }
  const next = method === "PATCH" ? patched(row, body) : method === "PUT" ? { ...JSON.parse(body), id } : row
  table.set(id, next)
  return { body: next }
}

/** A list of everything, whatever was asked for. */
export const everything = (rows: Rows): Behaviour => list(...rows.Users.values())

/** Examines a server with two people and such a fault; yields the findings and what is left. */
export const examine = (fault: Fault) => {
  const person = (name: string): Row => ({ id: name, userName: `${name}@example.com`, active: true })
  const people = ["ada", "bob"].map((name) => [name, person(name)] as const)
  const rows: Rows = { Users: new Map(people), Groups: new Map(), created: 0 }
  return withClient(
    (seen) => fault(seen, rows, (other = seen) => serve(other, rows)),
    (client) => {
      const connected: Connected = {
        id: ConnectionId.make("acme"),
        url: baseUrl,
        deprovisioning: "deactivate",
        client
      }
      const options = { write: true, removeLeftovers: false, domain: "example.com", probe: null, readBackDelay: 0 }
      return Effect.map(Doctor.run(connected, options), (findings) => ({ findings, rows }))
    },
    { maxRetries: 0, retryDelay: 0 }
  )
}

/** The finding of one check; throws without it. */
export const findingOf = (findings: ReadonlyArray<Finding>, name: CheckName): Finding => {
  const found = findings.find(({ check }) => check === name)
  if (found === undefined) throw new Error(`no finding ${name}`)
  return found
}
