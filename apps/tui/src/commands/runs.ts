/** `loom-scim runs`: which runs there were, and how one of them went. Only reads: no engine is started by looking. */
import type { JournalFailure } from "@loom-scim/core/ports/Journal"
import { isOver, type Run } from "@loom-scim/core/runs/Run"
import type { RunItem } from "@loom-scim/core/runs/RunItem"
import { ItemState } from "@loom-scim/core/runs/RunItem"
import type { RunReport } from "@loom-scim/core/runs/RunService"
import { RunRefused } from "@loom-scim/core/runs/RunService"
import { Console, DateTime, Effect, Layer, Option, Schema, Stream } from "effect"
import { codes, Ended } from "../Exit.ts"
import * as RunMarkdown from "../plain/RunMarkdown.ts"
import * as RunProgress from "../plain/RunProgress.ts"
import * as RunReports from "../plain/RunReport.ts"
import { statusText, whoText } from "../plain/RunText.ts"
import { lines } from "../plain/Table.ts"
import { find } from "../Selection.ts"
import { elsewhere, type Environment, layer } from "../Services.ts"
import { Looks } from "./looks.ts"
import { runIdFrom } from "./runId.ts"
import type { SharedFlags } from "./shared.ts"
import { oneForm, outputOf, within } from "./shared.ts"

const places = {
  here: (environment: Environment) => Layer.provideMerge(Looks.layer, layer(environment)),
  there: elsewhere
}

/** The flags of the list. */
export interface ListFlags {
  readonly connection: Option.Option<string>
  readonly unfinished: boolean
  readonly limit: number
}

/** The flags of one run. */
export interface ShowFlags {
  readonly run: Option.Option<string>
  readonly state: Option.Option<string>
  readonly markdown: boolean
}

const reportOf = Effect.fnUntraced(function* (run: Run) {
  const { counts, decisions } = yield* Looks
  return { run, counts: yield* counts(run.id), decisions: yield* decisions(run.id) }
})

const header = ["run", "connection", "kind", "started", "by", "status", "done/failed/left"]

const row = ({ counts, run }: RunReport): ReadonlyArray<string> => {
  const { done, doubtful, failed, left } = RunProgress.total(RunProgress.start(run, counts, 0))
  return [
    run.id,
    run.connectionId,
    run.kind,
    DateTime.formatIso(run.startedAt).slice(0, 16).replace("T", " "),
    whoText(run.startedBy),
    statusText(run),
    `${done}/${failed + doubtful}/${left}`
  ]
}

export const list = (flags: SharedFlags, own: ListFlags) =>
  within(
    flags,
    "cli",
    places,
    Effect.gen(function* () {
      const connection = Option.isSome(own.connection) ? yield* find(own.connection) : Option.none()
      const of = Option.isSome(connection) ? { connectionId: connection.value.id } : {}
      const { list } = yield* Looks
      const runs = yield* list({
        ...of,
        ...(own.unfinished ? { unfinished: true } : {}),
        limit: own.limit
      })
      const reports = yield* Effect.forEach(runs, reportOf)
      if (flags.json) return yield* Console.log(JSON.stringify(reports.map(RunReports.json)))
      if (reports.length === 0) {
        return yield* Console.log(
          own.unfinished ? "Every run is over." : "No runs yet. Begin one with: loom-scim apply"
        )
      }
      return yield* Console.log(lines(header, reports.map(row)).join("\n"))
    })
  )

const isState = Schema.is(ItemState)

/** Which items: by default those that a person should know of. */
const statesOf = (given: Option.Option<string>): Effect.Effect<ReadonlyArray<ItemState>, Ended> => {
  const all = ItemState.literals
  if (Option.isNone(given)) return Effect.succeed(all.filter((state) => state !== "done" && state !== "planned"))
  if (given.value.trim() === "all") return Effect.succeed(all)
  const names = given.value.split(",").map((name) => name.trim())
  const states = names.filter(isState)
  if (states.length === names.length) return Effect.succeed(states)
  const wrong = names.filter((name) => !isState(name)).join(", ")
  const detail = `"${wrong}" is no state. There are ${all.join(", ")}; and all.`
  return Effect.fail(new Ended({ code: codes.usage, reason: "UnknownState", detail }))
}

/** As one JSON document that is printed while it is read, since a run may have any number of items. */
const printJson = Effect.fnUntraced(function* (report: RunReport, items: Stream.Stream<RunItem, JournalFailure>) {
  const head = JSON.stringify(RunReports.json(report)).slice(0, -1)
  let isFirst = true
  yield* Console.log(`${head},"items":[`)
  yield* Stream.runForEach(items, (item) => {
    const text = `${isFirst ? "" : ","}${JSON.stringify(RunReports.itemJson(item))}`
    isFirst = false
    return Console.log(text)
  })
  yield* Console.log("]}")
})

const named = Effect.fnUntraced(function* (text: string) {
  const id = yield* runIdFrom(text)
  const found = yield* Looks.use(({ find }) => find(id))
  if (Option.isSome(found)) return found.value
  const next = "See which there are: loom-scim runs"
  return yield* new RunRefused({ runId: id, reason: "unknown", detail: `There is no run ${id}.`, next })
})

const newest = Effect.gen(function* () {
  const [run] = yield* Looks.use(({ list }) => list({ limit: 1 }))
  if (run !== undefined) return run
  const detail = "There are no runs yet. Begin one with: loom-scim apply"
  return yield* new Ended({ code: codes.refused, reason: "NoRun", detail })
})

export const show = (flags: SharedFlags, own: ShowFlags) =>
  within(
    flags,
    "cli",
    places,
    Effect.gen(function* () {
      yield* oneForm({ json: flags.json, markdown: own.markdown })
      const states = yield* statesOf(own.state)
      const run = yield* Option.isSome(own.run) ? named(own.run.value) : newest
      const { id } = run
      const report = yield* reportOf(run)
      const items = (yield* Looks).streamItems(id, { states })
      const { glyphs, json } = outputOf(flags)
      if (json) return yield* printJson(report, items)
      const now = yield* DateTime.now
      const isWanted = (state: ItemState) => states.includes(state)
      const hidden = report.counts.reduce((sum, { count, state }) => (isWanted(state) ? sum : sum + count), 0)
      const shown = report.counts.reduce((sum, { count, state }) => (isWanted(state) ? sum + count : sum), 0)
      if (own.markdown) {
        yield* Console.log(RunMarkdown.summary(report, now))
        if (shown > 0) yield* Console.log(RunMarkdown.itemsHead)
        yield* Stream.runForEach(items, (item) => Console.log(RunMarkdown.itemRow(item, id)))
      } else {
        yield* Console.log(RunReports.summary(report, now))
        if (shown > 0) yield* Console.log("")
        yield* Stream.runForEach(items, (item) => Console.log(RunReports.itemLines(item, id, glyphs).join("\n")))
      }
      if (hidden > 0) yield* Console.log(`\n${hidden} more are not listed here; see them with --state all`)
      const steps = RunReports.nextSteps(report).filter((text) => !text.includes("runs show"))
      if (steps.length > 0 && !(isOver(report.run.status) && shown === 0)) {
        yield* Console.log(`\n${steps.join("\n")}`)
      }
      return undefined
    })
  )
