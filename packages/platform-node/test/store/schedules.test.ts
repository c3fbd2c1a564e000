/** The contract of the store of schedules, on both databases. */
import { Effect } from "effect"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"
import { schedulesContract } from "./schedules.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

for (const backend of backends) schedulesContract(backend)
