/** A connected workspace, sources of any size for it, and everything that the program has said about it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Place } from "./connected.ts"
import { connected } from "./connected.ts"
import { type Ran, run } from "./run.ts"

/** What the sandbox says of itself. */
export interface State {
  readonly users: number
  readonly activeUsers: number
  readonly groups: number
}

export interface Scene {
  readonly place: Place
  readonly mapping: string
  /** Which connection's data, for whoever starts the program in another way. */
  readonly flags: ReadonlyArray<string>
  /** A file of the people with these numbers, all of them in one group, with a surname. */
  readonly people: (first: number, last: number, surname?: string) => string
  readonly loom: (...args: ReadonlyArray<string>) => Promise<Ran>
  readonly plan: (source: string, ...args: ReadonlyArray<string>) => Promise<Ran>
  readonly apply: (source: string, ...args: ReadonlyArray<string>) => Promise<Ran>
  readonly state: () => Promise<State>
  /** All that was printed so far. */
  readonly outputs: () => string
}

const isState = (value: unknown): value is State =>
  typeof value === "object" && value !== null && "users" in value && "activeUsers" in value && "groups" in value

/** With three members that nobody manages. */
export const sceneOf = async (): Promise<Scene> => {
  const place = await connected(3)
  const mapping = join(place.directory, "mapping.yaml")
  writeFileSync(
    mapping,
    "attributes:\n  externalId: id\n  userName: email\n  emails: email\n  name.familyName: last\ngroups:\n  - from: team\n"
  )
  const flags = ["--allow-private-network", "--data-dir", place.directory]
  let outputs = ""
  const loom = async (...args: ReadonlyArray<string>): Promise<Ran> => {
    const ran = await run([...args, ...flags])
    outputs += ran.stdout + ran.stderr
    return ran
  }
  return {
    place,
    mapping,
    flags,
    loom,
    people: (first, last, surname = "Q") => {
      const file = join(place.directory, `people-${first}-${last}-${surname}.csv`)
      const rows = Array.from({ length: last - first + 1 }, (_, at) => {
        const id = first + at
        return `e${id},p${id}@example.com,${surname}${id},Crew`
      })
      writeFileSync(file, ["id,email,last,team", ...rows].join("\n"))
      return file
    },
    plan: (source, ...args) => loom("plan", "--source", source, "--mapping", mapping, ...args),
    apply: (source, ...args) => loom("apply", "--source", source, "--mapping", mapping, ...args),
    state: async () => {
      const state = await place.control("GET", "/state")
      if (!isState(state)) throw new Error("the sandbox says something else")
      return state
    },
    outputs: () => outputs
  }
}
