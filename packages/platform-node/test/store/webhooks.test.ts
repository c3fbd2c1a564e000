/** The contract of the store of webhooks, on both databases. */
import { Effect } from "effect"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"
import { webhooksContract } from "./webhooks.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]

for (const backend of backends) webhooksContract(backend)
