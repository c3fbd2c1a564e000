/** The user browser outside React: loads the directory page by page, filters it as one types, carries out actions. */
import { rolePath } from "@loom-scim/core/scim/Schemas"
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import type { Operation } from "@loom-scim/core/operations/Operation"
import * as Operations from "@loom-scim/core/operations/Operation"
import type { JsonObject } from "@loom-scim/core/scim/Json"
import type { ListVerdict } from "@loom-scim/core/scim/List"
import { Effect, Exit, Cause, Fiber, Option, Stream } from "effect"
import * as Table from "../plain/Table.ts"

/** A user as a row. The whole resource is read when it is opened, so that 100,000 rows stay small. */
export interface Row {
  readonly id: string
  readonly userName: string
  readonly displayName: string
  readonly active: string
  readonly role: string
  /** Lower case, what the search looks in. */
  readonly key: string
}

/** What is on the screen. */
export interface Browse {
  readonly loaded: number
  readonly loading: boolean
  /** Why the list is not whole; null while it loads and when it is. */
  readonly incomplete: string | null
  readonly query: string
  readonly rows: ReadonlyArray<Row>
  readonly selected: number
  readonly opened: JsonObject | null
  /** The action that waits for a y. */
  readonly pending: { readonly label: string; readonly operation: Operation } | null
  readonly busy: boolean
  readonly message: { readonly tone: "good" | "bad"; readonly text: string } | null
}

const toRow = (user: JsonObject): Row => {
  const userName = Table.cell(user, "userName")
  const displayName = Table.cell(user, "displayName") || Table.cell(user, "name.formatted")
  return {
    id: Operations.idIn(user),
    userName,
    displayName,
    active: Table.cell(user, "active"),
    role: Table.cell(user, rolePath),
    key: `${userName} ${displayName} ${Table.cell(user, "emails.value")}`.toLowerCase()
  }
}

const reasonOf = (verdict: ListVerdict): string | null => (verdict._tag === "Incomplete" ? verdict.reason : null)

/** The store behind the browser screen. */
export class BrowseStore {
  #state: Browse = {
    loaded: 0,
    loading: true,
    incomplete: null,
    query: "",
    rows: [],
    selected: 0,
    opened: null,
    pending: null,
    busy: false,
    message: null
  }
  #all: Array<Row> = []
  readonly #listeners = new Set<() => void>()
  readonly #connected: Connected
  readonly #loader: Fiber.Fiber<unknown, unknown>

  constructor(connected: Connected) {
    this.#connected = connected
    const pages = connected.client.pages("Users", { count: 200 })
    const load = Stream.runForEach(pages, ({ resources, verdict }) =>
      Effect.sync(() => {
        for (const user of resources) this.#all.push(toRow(user))
        this.#set({ loaded: this.#all.length, ...(verdict === null ? {} : { incomplete: reasonOf(verdict) }) })
        this.#filter()
      })
    )
    this.#loader = Effect.runFork(load)
    this.#loader.addObserver((exit) => {
      this.#set({ loading: false, ...(Exit.isSuccess(exit) ? {} : { message: this.#bad(exit) }) })
    })
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly getSnapshot = (): Browse => this.#state

  /** Stops loading. */
  readonly interrupt = (): Promise<void> => Effect.runPromise(Fiber.interrupt(this.#loader))

  #set(change: Partial<Browse>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }

  #bad(exit: Exit.Exit<unknown, unknown>): Browse["message"] {
    const failure = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
    return { tone: "bad", text: failure instanceof Error ? failure.message : "It was stopped." }
  }

  #filter(): void {
    const words = this.#state.query
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "")
    const rows =
      words.length === 0 ? this.#all : this.#all.filter(({ key }) => words.every((word) => key.includes(word)))
    this.#set({ rows: [...rows], selected: Math.max(0, Math.min(this.#state.selected, rows.length - 1)) })
  }

  readonly search = (query: string): void => {
    this.#set({ query, selected: 0, message: null })
    this.#filter()
  }

  readonly move = (by: number): void => {
    const { rows, selected } = this.#state
    this.#set({ selected: Math.max(0, Math.min(rows.length - 1, selected + by)) })
  }

  /** Reads the selected user whole. */
  readonly open = (): void => {
    const row = this.#state.rows[this.#state.selected]
    if (row === undefined || this.#state.busy) return
    this.#run(
      Effect.map(this.#connected.client.get("Users", row.id), ({ resource }) => resource),
      (opened) => this.#set({ opened, message: null })
    )
  }

  readonly back = (): void =>
    this.#set(this.#state.pending === null ? { opened: null, message: null } : { pending: null })

  /** Asks for an action on the opened user. */
  readonly ask = (label: string, make: (id: string) => Operation): void => {
    const { busy, opened } = this.#state
    if (opened === null || busy) return
    this.#set({ pending: { label, operation: make(Operations.idIn(opened)) }, message: null })
  }

  /** Does what was asked for. */
  readonly confirm = (): void => {
    const { pending } = this.#state
    if (pending === null || this.#state.busy) return
    const { operation } = pending
    this.#run(Operations.execute(this.#connected.client, operation), ({ doubt, id, resource }) => {
      this.#all =
        operation._tag === "Delete"
          ? this.#all.filter((row) => row.id !== id)
          : this.#all.map((row) => (row.id === id && resource !== null ? toRow(resource) : row))
      this.#set({
        pending: null,
        loaded: this.#all.length,
        opened: operation._tag === "Delete" ? null : (resource ?? this.#state.opened),
        message: doubt === null ? { tone: "good", text: `Done: ${pending.label}.` } : { tone: "bad", text: doubt }
      })
      this.#filter()
    })
  }

  #run<A>(effect: Effect.Effect<A, Error>, arrived: (value: A) => void): void {
    this.#set({ busy: true })
    Effect.runFork(effect).addObserver((exit) => {
      this.#set({ busy: false })
      if (Exit.isSuccess(exit)) arrived(exit.value)
      else this.#set({ pending: null, message: this.#bad(exit) })
    })
  }
}
