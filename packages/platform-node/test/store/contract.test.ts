/** The one contract, on both databases. */
import { Effect } from "effect"
import { vaultContract } from "../vault/contract.ts"
import { apiContract } from "./api.ts"
import { postgres, postgresAnswers, sqlite } from "./backend.ts"
import { contract } from "./contract.ts"
import { jobsContract } from "./jobs.ts"
import { reportsContract } from "./reports.ts"

const backends = (await Effect.runPromise(postgresAnswers)) ? [sqlite, postgres] : [sqlite]
if (!backends.includes(postgres)) {
  console.warn("Left out: the store contract on PostgreSQL (none answers; see LOOM_SCIM_TEST_POSTGRES).")
}

for (const backend of backends) {
  contract(backend)
  vaultContract(backend)
  apiContract(backend)
  reportsContract(backend)
  jobsContract(backend)
}
