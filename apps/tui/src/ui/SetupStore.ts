/**
 * What the screen shows, outside React: runs answers through core, keeps what came back, tells subscribers. All
 * decisions are core's; this only remembers which screen of it a person looks at.
 */
import type { Answer, Options } from "@loom-scim/core/setup/Answer"
import { perform } from "@loom-scim/core/setup/Answer"
import type { MemberList } from "@loom-scim/core/ports/MemberList"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import * as Progress from "@loom-scim/core/setup/Progress"
import type { Connection } from "@loom-scim/core/setup/SetupService"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as Step from "@loom-scim/core/setup/Step"
import * as Task from "@loom-scim/core/setup/Task"
import type { Context } from "effect"
import { Cause, Effect, Exit, Fiber, Option } from "effect"

/** What is on the screen. */
export interface Snapshot {
  /** Null until a connection has been begun. */
  readonly connection: Connection | null
  readonly step: Step.Step
  /** The task in focus; null when its step has nothing to do. */
  readonly taskId: string | null
  /** What runs right now, in a word for the spinner. */
  readonly busy: string | null
  readonly message: { readonly tone: "good" | "bad"; readonly text: string } | null
  readonly help: boolean
}

/** The services an answer may need. */
export type Services = SetupService | MemberList

const focus = (connection: Connection | null, step: Step.Step): string | null => {
  if (connection === null) return null
  const tasks = Task.of(connection.state, step)
  return (Task.next(connection.state, step) ?? tasks[0])?.id ?? null
}

/** The store behind the setup screen. */
export class SetupStore {
  #snapshot: Snapshot
  #fiber: Fiber.Fiber<unknown, unknown> | null = null
  readonly #listeners = new Set<() => void>()
  readonly #services: Context.Context<Services>
  readonly #actor: Actor
  readonly options: Options

  constructor(services: Context.Context<Services>, connection: Connection | null, actor: Actor, options: Options) {
    this.#services = services
    this.#actor = actor
    this.options = options
    const step = connection === null ? "prerequisites" : Progress.current(connection.state)
    this.#snapshot = { connection, step, taskId: focus(connection, step), busy: null, message: null, help: false }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly getSnapshot = (): Snapshot => this.#snapshot

  #set(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change }
    for (const listener of this.#listeners) listener()
  }

  /** The task in focus. */
  get task(): Task.Task | undefined {
    const { connection, step, taskId } = this.#snapshot
    return connection === null ? undefined : Task.of(connection.state, step).find(({ id }) => id === taskId)
  }

  /** Another task of the same step, `by` places on, around the end. */
  readonly moveTask = (by: number): void => {
    const { connection, step, taskId } = this.#snapshot
    if (connection === null) return
    const tasks = Task.of(connection.state, step)
    const at = tasks.findIndex(({ id }) => id === taskId)
    const next = tasks[(at + by + tasks.length) % tasks.length]
    this.#set({ taskId: next?.id ?? null, message: null })
  }

  /** Another step, `by` places on, not past the ends. */
  readonly moveStep = (by: number): void => {
    const { connection, step } = this.#snapshot
    const next = Step.all[Math.min(Step.all.length - 1, Math.max(0, Step.all.indexOf(step) + by))] ?? step
    this.#set({ step: next, taskId: focus(connection, next), message: null })
  }

  readonly toggleHelp = (): void => this.#set({ help: !this.#snapshot.help })

  /** Begins a connection by its name. */
  readonly begin = (name: string): void => {
    this.#run(
      "Beginning",
      SetupService.use((setup) => setup.begin(name, this.#actor)),
      null
    )
  }

  /** Answers the task in focus. */
  readonly answer = (answer: Answer): void => {
    const { connection } = this.#snapshot
    const { task } = this
    if (connection === null || task === undefined) return
    const busy = task.input._tag === "Run" ? task.label : "Saving"
    this.#run(busy, perform(connection.id, task, answer, this.options, this.#actor), task)
  }

  /** Interrupts what runs; what it had recorded stays recorded. */
  readonly interrupt = (): Promise<void> =>
    this.#fiber === null ? Promise.resolve() : Effect.runPromise(Fiber.interrupt(this.#fiber))

  #run(
    busy: string,
    effect: Effect.Effect<Connection, { readonly _tag: string; readonly message: string }, Services>,
    task: Task.Task | null
  ): void {
    if (this.#snapshot.busy !== null) return
    this.#set({ busy, message: null })
    const fiber = Effect.runFork(Effect.provideContext(effect, this.#services))
    this.#fiber = fiber
    fiber.addObserver((exit) => {
      this.#fiber = null
      if (Exit.isSuccess(exit)) return this.#arrived(exit.value, task)
      const failure = Cause.findErrorOption(exit.cause)
      if (Cause.hasInterruptsOnly(exit.cause)) return this.#set({ busy: null, message: null })
      const text = Option.isSome(failure)
        ? failure.value.message
        : "Something unexpected happened; nothing was changed."
      return this.#set({ busy: null, message: { tone: "bad", text } })
    })
  }

  #arrived(connection: Connection, task: Task.Task | null): void {
    const { step } = this.#snapshot
    const answered = task === null ? undefined : Task.of(connection.state, step).find(({ id }) => id === task.id)
    if (answered !== undefined && answered.input._tag === "Run" && !answered.done) {
      const text = answered.problem ?? "That did not succeed."
      return this.#set({ connection, busy: null, message: { tone: "bad", text } })
    }
    const next = Progress.isDone(connection.state, step) ? Progress.current(connection.state) : step
    const text = answered?.evidence?._tag === "Checked" ? `Checked: ${answered.evidence.saw}` : "Saved."
    return this.#set({
      connection,
      step: next,
      taskId: focus(connection, next),
      busy: null,
      message: task === null ? null : { tone: "good", text }
    })
  }
}
