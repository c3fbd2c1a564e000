/** The guided set-up. Each answer shows the journey after the change. */
import { Api } from "@loom-scim/contract/Api"
import { defaultLimit } from "@loom-scim/contract/Page"
import { NotFoundProblem } from "@loom-scim/contract/Problem"
import { EventCursor } from "@loom-scim/contract/Setup"
import { ofStore } from "@loom-scim/contract/problemOf"
import { Ledger } from "@loom-scim/core/ports/Ledger"
import type { MemberList } from "@loom-scim/core/ports/MemberList"
import * as Answer from "@loom-scim/core/setup/Answer"
import * as BridgeUrl from "@loom-scim/core/setup/BridgeUrl"
import type { PersonCommand } from "@loom-scim/core/setup/Command"
import type { ConnectionId } from "@loom-scim/core/setup/ConnectionId"
import { SetupRefused } from "@loom-scim/core/setup/SetupRefused"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import { DateTime, Effect, Result } from "effect"
import type { TaskAnswer } from "@loom-scim/contract/SetupTask"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import type { Changes } from "../Changes.ts"
import type { Readiness } from "../Readiness.ts"
import { follow } from "./follow.ts"
import { group } from "./group.ts"
import { pageOf } from "./paging.ts"
import { findTask, permissions, setupView } from "./setupView.ts"
import { actor, changingIn, reading, versioned } from "./support.ts"

const answerOf = (answer: typeof TaskAnswer.Type): Answer.Answer =>
  answer._tag === "Secret" ? { _tag: "Secret", value: answer.secret } : answer

/** An address in a command has the form of one already; whether it may be used is asked here as everywhere. */
const checked = (command: PersonCommand, options: Answer.Options): Effect.Effect<PersonCommand, SetupRefused> => {
  if (command._tag !== "RecordEndpoint") return Effect.succeed(command)
  const parsed = BridgeUrl.parse(command.endpoint, options)
  return Result.isSuccess(parsed)
    ? Effect.succeed({ _tag: "RecordEndpoint", endpoint: parsed.success })
    : Effect.fail(
        new SetupRefused({
          command: command._tag,
          reason: "invalidInput",
          missing: null,
          detail: parsed.failure.message,
          next: "Correct the endpoint and submit it again."
        })
      )
}

/** The handlers; `options` is what the server, not the caller, allows. */
export const setupHandlers = (options: Answer.Options) =>
  group(
    Effect.gen(function* () {
      const setup = yield* SetupService
      const changing = changingIn(setup)
      const ledger = yield* Ledger
      const services = yield* Effect.context<Changes | Ledger | MemberList | Readiness | SetupService>()

      const answerTask = Effect.fnUntraced(function* (id: ConnectionId, name: string) {
        const { state } = yield* reading(setup.get(id))
        const task = findTask(state, name)
        if (task !== undefined) return task
        const detail = "There is no such task at this point of the set-up."
        return yield* new NotFoundProblem({ detail, next: `See which there are: GET /v1/connections/${id}/setup` })
      })

      return HttpApiBuilder.group(Api, "setup", (handlers) =>
        handlers.handleAll({
          get: Effect.fnUntraced(function* ({ params }) {
            const connection = yield* reading(setup.get(params.connection))
            return versioned(connection, setupView(connection))
          }),
          commands: Effect.fnUntraced(function* ({ params }) {
            const { state } = yield* reading(setup.get(params.connection))
            return permissions(state, { actor: yield* actor, at: yield* DateTime.now })
          }),
          submit: Effect.fnUntraced(function* ({ headers, params, payload }) {
            const id = params.connection
            const by = yield* actor
            const change = Effect.flatMap(checked(payload, options), (command) => setup.submit(id, command, by))
            const connection = yield* changing(id, headers["if-match"], change)
            return versioned(connection, setupView(connection))
          }),
          answer: Effect.fnUntraced(function* ({ headers, params, payload }) {
            const id = params.connection
            const task = yield* answerTask(id, params.task)
            const change = Answer.perform(id, task, answerOf(payload), options, yield* actor)
            const connection = yield* changing(id, headers["if-match"], Effect.provideContext(change, services))
            return versioned(connection, setupView(connection))
          }),
          events: Effect.fnUntraced(function* ({ params, query }) {
            const limit = query.limit ?? defaultLimit
            const after = query.cursor?.eventsAfter ?? 0
            const found = yield* Effect.mapError(ledger.log(params.connection, after, limit + 1), ofStore)
            if (found.length === 0) yield* reading(setup.get(params.connection))
            const { nextCursor, rows } = yield* pageOf(found, limit, EventCursor, ({ sequence }) => ({
              eventsAfter: sequence
            }))
            return { items: rows, nextCursor }
          }),
          follow: Effect.fnUntraced(function* ({ headers, params }) {
            yield* reading(setup.get(params.connection))
            return yield* Effect.provideContext(follow(params.connection, headers["last-event-id"] ?? 0), services)
          })
        })
      )
    })
  )
