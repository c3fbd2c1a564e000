/** The Runs port in memory, for tests of what is above it. It can be made to fail. */
import { type DateTime, Effect, Layer, Option, Stream } from "effect"
import type { JournalFailure } from "../../src/ports/Journal.ts"
import { type ItemQuery, type ManagedResource, Runs, RunUnfinished } from "../../src/ports/Runs.ts"
import type { Decision } from "../../src/provisioning/Decision.ts"
import type { Actor } from "../../src/setup/Evidence.ts"
import { isOfMany, isOver, type Run, type RunId, type RunStatus } from "../../src/runs/Run.ts"
import { phaseOf, type RunItem, stateOf } from "../../src/runs/RunItem.ts"

/** What is kept; tests look at it and change it. */
export class Kept {
  readonly runs = new Map<RunId, Run>()
  readonly items = new Map<RunId, Array<RunItem>>()
  readonly decisions = new Map<RunId, Array<Decision>>()
  readonly managed = new Map<string, ManagedResource>()
  readonly pausers = new Map<RunId, Actor | null>()
  /** Runs that another process carries out. */
  readonly held = new Set<RunId>()
  /** What every operation fails with while it is set. */
  failure: JournalFailure | null = null
}

const matches = (item: RunItem, query: ItemQuery): boolean =>
  (query.phase === undefined || item.phase === query.phase) &&
  (query.states === undefined || query.states.includes(item.state)) &&
  item.position > (query.after ?? -1)

/** The port over what is kept. */
export const layer = (kept: Kept): Layer.Layer<Runs> => {
  const act = <A>(body: () => A): Effect.Effect<A, JournalFailure> =>
    Effect.suspend(() => (kept.failure === null ? Effect.sync(body) : Effect.fail(kept.failure)))
  const change = (id: RunId, edit: (item: RunItem) => RunItem) =>
    kept.items.set(id, (kept.items.get(id) ?? []).map(edit))
  const edit = (id: RunId, changed: (run: Run) => Run) => {
    const run = kept.runs.get(id)
    if (run !== undefined) kept.runs.set(id, changed(run))
  }
  const withStatus = (status: RunStatus, at: DateTime.Utc) => (run: Run) =>
    isOver(run.status) ? run : { ...run, status, endedAt: isOver(status) ? at : null }
  const items = (id: RunId, query: ItemQuery = {}) =>
    (kept.items.get(id) ?? []).filter((item) => matches(item, query)).slice(0, query.limit)
  return Layer.succeed(
    Runs,
    Runs.of({
      begin: (run, actions) =>
        Effect.suspend((): Effect.Effect<void, JournalFailure | RunUnfinished> => {
          if (kept.failure !== null) return Effect.fail(kept.failure)
          const other = [...kept.runs.values()].find(
            (one) => isOfMany(one) && one.connectionId === run.connectionId && !isOver(one.status)
          )
          if (isOfMany(run) && other !== undefined) {
            return Effect.fail(new RunUnfinished({ connectionId: run.connectionId, runId: other.id }))
          }
          kept.runs.set(run.id, run)
          kept.items.set(
            run.id,
            actions.map((action, position): RunItem => {
              const phase = phaseOf(action)
              const common = { position, phase, action, intendedAt: null }
              return phase === null
                ? {
                    ...common,
                    state: "dropped",
                    settledAt: run.startedAt,
                    outcome: { _tag: "Dropped", reason: "conflict" }
                  }
                : { ...common, state: "planned", settledAt: null, outcome: null }
            })
          )
          return Effect.void
        }),
      find: (id) => act(() => Option.fromUndefinedOr(kept.runs.get(id))),
      list: ({ connectionId, limit, unfinished }) =>
        act(() =>
          [...kept.runs.values()]
            .filter((run) => connectionId === undefined || run.connectionId === connectionId)
            .filter(({ status }) => unfinished !== true || !isOver(status))
            .toReversed()
            .slice(0, limit)
        ),
      setStatus: (id, status, at) => act(() => edit(id, withStatus(status, at))),
      stop: (id, stops, status, at) => act(() => edit(id, (run) => ({ ...withStatus(status, at)(run), stops }))),
      askToCancel: (id, by) => act(() => edit(id, (run) => ({ ...run, cancelledBy: run.cancelledBy ?? by }))),
      askToPause: (id, by) => act(() => void kept.pausers.set(id, by === null ? null : (kept.pausers.get(id) ?? by))),
      pauserOf: (id) => act(() => kept.pausers.get(id) ?? null),
      items: (id, query) => act(() => items(id, query)),
      streamItems: (id, query) => Stream.unwrap(act(() => Stream.fromIterable(items(id, query)))),
      counts: (id) =>
        act(() =>
          [...Map.groupBy(kept.items.get(id) ?? [], ({ phase, state }) => `${phase} ${state}`).values()].flatMap(
            (all) => all.slice(0, 1).map(({ phase, state }) => ({ phase, state, count: all.length }))
          )
        ),
      record: (id, { at, intended, settled, withdrawn }) =>
        act(() => {
          const chosen = new Map(settled.map((one) => [one.position, one]))
          const connectionId = kept.runs.get(id)?.connectionId ?? ""
          change(id, (item) => {
            const found = chosen.get(item.position)
            if (found === undefined || item.outcome !== null) return item
            for (const managed of found.managed) {
              if (managed._tag === "Keep") {
                kept.managed.set(
                  `${connectionId} ${managed.resource.endpoint} ${managed.resource.id}`,
                  managed.resource
                )
              } else kept.managed.delete(`${connectionId} ${managed.endpoint} ${managed.id}`)
            }
            return { ...item, state: stateOf(found.outcome), settledAt: found.at, outcome: found.outcome }
          })
          change(id, (item) =>
            item.state === "intended" && withdrawn.includes(item.position)
              ? { ...item, state: "planned", intendedAt: null }
              : item
          )
          change(id, (item) =>
            item.state === "planned" && intended.includes(item.position)
              ? { ...item, state: "intended", intendedAt: at }
              : item
          )
        }),
      drop: (id, reason, at) =>
        act(() =>
          change(id, (item) =>
            item.state === "planned"
              ? { ...item, state: "dropped", settledAt: at, outcome: { _tag: "Dropped", reason } }
              : item
          )
        ),
      // Numbered as they stand in the plan, for readers who do not mind in which order they were kept.
      outcomes: (id, after, limit) =>
        act(() =>
          (kept.items.get(id) ?? [])
            .filter(({ outcome, position }) => outcome !== null && position >= after)
            .map((item) => ({ number: item.position + 1, item }))
            .slice(0, limit)
        ),
      // One process has it all to itself.
      hold: (id) => act(() => ({ epoch: 0, beat: kept.held.has(id) ? 1 : 0 })),
      take: () => act(() => true),
      renew: () => act(() => true),
      release: () => act(() => true),
      decide: (id, decision) => act(() => void kept.decisions.set(id, [...(kept.decisions.get(id) ?? []), decision])),
      decisions: (id) => act(() => kept.decisions.get(id) ?? []),
      managed: (id) =>
        act(() => [...kept.managed].flatMap(([key, resource]) => (key.startsWith(`${id} `) ? [resource] : []))),
      manage: (id, changes) =>
        act(() => {
          for (const managed of changes) {
            if (managed._tag === "Keep") {
              kept.managed.set(`${id} ${managed.resource.endpoint} ${managed.resource.id}`, managed.resource)
            } else kept.managed.delete(`${id} ${managed.endpoint} ${managed.id}`)
          }
        })
    })
  )
}
