/** The run screen outside React: lets the run go on, folds what it tells, and takes what a person decides. */
import type { Decision } from "@loom-scim/core/provisioning/Decision"
import type { Run } from "@loom-scim/core/runs/Run"
import { isOver } from "@loom-scim/core/runs/Run"
import type { RunEvent, RunEvents } from "@loom-scim/core/runs/RunEvent"
import type { RunRefused, RunReport } from "@loom-scim/core/runs/RunService"
import { RunService } from "@loom-scim/core/runs/RunService"
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import type { Actor } from "@loom-scim/core/setup/Evidence"
import type { Context } from "effect"
import { Cause, Effect, Exit, Fiber } from "effect"
import { follow } from "../commands/follow.ts"
import * as RunProgress from "../plain/RunProgress.ts"

/** What is on the screen. */
export interface RunView {
  readonly run: Run
  readonly progress: RunProgress.RunProgress
  /** Whether it is being carried out right now. */
  readonly following: boolean
  /** Whether it was asked to stop. */
  readonly stopping: boolean
  /** What a person is about to say, and how far they are. */
  readonly deciding: { readonly verdict: Decision["verdict"]; readonly confirmed: boolean } | null
  /** Whether there is nothing more to be seen. */
  readonly left: boolean
}

/** The services that the screen uses. */
export type Services = RunService | RunEvents

/** What can keep a run from going on. */
export type Trouble = JournalFailure | RunRefused

/** How often the screen is drawn anew while events come in by the thousand, in milliseconds. */
const frame = 80

/** The store behind the run screen. */
export class RunStore {
  #view: RunView
  #progress: RunProgress.RunProgress
  #fiber: Fiber.Fiber<unknown, unknown> | null = null
  #timer: NodeJS.Timeout | null = null
  /** Why it could not go on, for the command that shows the screen. */
  failure: Cause.Cause<Trouble> | null = null
  readonly #listeners = new Set<() => void>()
  readonly #services: Context.Context<Services>
  readonly #actor: Actor

  constructor(
    services: Context.Context<Services>,
    { counts, run }: RunReport,
    actor: Actor,
    options: { readonly isResumed: boolean }
  ) {
    this.#services = services
    this.#actor = actor
    this.#progress = RunProgress.start(run, counts, Date.now())
    this.#view = {
      run,
      progress: this.#progress,
      following: true,
      stopping: false,
      deciding: null,
      left: false
    }
    this.#follow(options.isResumed)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly getSnapshot = (): RunView => this.#view

  /** Lets a paused run try again. */
  readonly goOn = (): void => {
    if (!this.#view.following) this.#follow(true)
  }

  /** Asks for a decision about what the guard holds. */
  readonly ask = (verdict: Decision["verdict"]): void => {
    if (this.#view.progress.status._tag === "Waiting" && !this.#view.following) {
      this.#set({ deciding: { verdict, confirmed: false } })
    }
  }

  /** The verdict was typed; the note is missing. */
  readonly confirm = (): void => {
    const { deciding } = this.#view
    if (deciding !== null) this.#set({ deciding: { ...deciding, confirmed: true } })
  }

  /** Takes the decision back before it is made. */
  readonly back = (): void => this.#set({ deciding: null })

  /** Records the decision with its reason, and lets the run go on with it. */
  readonly decide = (note: string): void => {
    const { deciding, run } = this.#view
    if (deciding === null || !deciding.confirmed) return
    const made = { verdict: deciding.verdict, by: this.#actor, note }
    this.#goesOn()
    this.#run(
      Effect.andThen(
        RunService.use((service) => service.decide(run.id, made)),
        this.#followed(false)
      )
    )
  }

  /** Leaves the run as it stands. */
  readonly leave = (): void => this.#set({ left: true })

  /** Stops the run cleanly: what was sent is settled first. */
  readonly stop = (): void => {
    this.#set({ stopping: true })
    void this.interrupt()
  }

  /** Stops what runs, and waits until it has. */
  readonly interrupt = (): Promise<void> =>
    this.#fiber === null ? Promise.resolve() : Effect.runPromise(Fiber.interrupt(this.#fiber))

  #set(change: Partial<RunView>): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#view = { ...this.#view, progress: this.#progress, ...change }
    for (const listener of this.#listeners) listener()
  }

  #take(events: ReadonlyArray<RunEvent>): void {
    for (const event of events) this.#progress = RunProgress.step(this.#progress, event)
    this.#timer ??= setTimeout(() => this.#set({}), frame)
  }

  /** Until it tells of itself, it is taken to be at work. */
  #goesOn(): void {
    this.#progress = { ...this.#progress, status: { _tag: "Running" }, workingSince: Date.now(), recent: [] }
    this.#set({ deciding: null, following: true })
  }

  #followed(isResumed: boolean) {
    return follow(this.#view.run, { isResumed }, (events) => Effect.sync(() => this.#take(events)))
  }

  #follow(isResumed: boolean): void {
    this.#goesOn()
    this.#run(this.#followed(isResumed))
  }

  #run(effect: Effect.Effect<Run, Trouble, Services>): void {
    const fiber = Effect.runFork(Effect.provideContext(effect, this.#services))
    this.#fiber = fiber
    fiber.addObserver((exit) => {
      this.#fiber = null
      if (Exit.isSuccess(exit)) {
        const run = exit.value
        this.#progress = { ...this.#progress, status: run.status }
        return this.#set({ run, following: false, left: this.#view.stopping || isOver(run.status) })
      }
      if (!Cause.hasInterruptsOnly(exit.cause)) this.failure = exit.cause
      return this.#set({ following: false, left: true })
    })
  }
}
