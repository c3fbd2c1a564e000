/** PostgreSQL for servers in this process, where one answers. */
import { Effect, Exit, Scope } from "effect"
import { postgres, postgresAnswers } from "../../../../packages/platform-node/test/store/backend.ts"
import { closing } from "./api.ts"

/** Whether one answers. */
export const isPostgres = await Effect.runPromise(postgresAnswers)

/** A database of its own for every server that is started until the end of the test. */
export const onPostgres = async (): Promise<void> => {
  const scope = Scope.makeUnsafe()
  const { location } = await Effect.runPromise(Effect.provideService(postgres.fresh, Scope.Scope, scope))
  const before = process.env["DATABASE_URL"]
  process.env["DATABASE_URL"] = location[1]
  closing(async () => {
    if (before === undefined) delete process.env["DATABASE_URL"]
    else process.env["DATABASE_URL"] = before
    await Effect.runPromise(Scope.close(scope, Exit.void))
  })
}
